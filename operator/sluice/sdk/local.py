"""Runs a workflow here: the operator's own decisions, with functions called in threads in place of pods.

Values go through JSON and back, as they would on a cluster. Scripts run by this machine's bash. Where nothing runs the
clock is moved to what comes next, so backoffs and waits take no time. Nothing can be killed: `timeout` ends nothing.
A pool has as many slots as its largest request.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sluice.api.run import ApprovalDecision, WorkflowRunSpec
from sluice.api.task import ApprovalVerdict
from sluice.api.workflow import WorkflowSettings, WorkflowSpec
from sluice.core import Instant, Json
from sluice.core.base.naming import graph_of
from sluice.core.pod.builder import Item, build_pod
from sluice.core.pod.mounted_files import INPUTS, SCRIPT
from sluice.core.pod.view import PodView
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.decide import decide
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.run.outputs import outputs_so_far, results_before
from sluice.core.run.state import RunState
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.outputs import OutputsFile
from sluice.core.spec.parameter import texts, values_of_run
from sluice.core.spec.run_limits import RunLimits
from sluice.core.status.run_phase import expected_phase, run_end, run_message
from sluice.core.status.run_status import compose, task_status
from sluice.core.whatif.simulate import running_pod, see, stuck
from sluice.sdk.task import OUTPUT
from sluice.stub import call as stub

_AT_ONCE = 256  # threads
_NAMESPACE = "local"


@dataclass(frozen=True, slots=True)
class TaskResult:
    """How a task ended. `outputs` are those of a pod; of a fan-out each is the list of what its items handed on."""

    phase: str
    outputs: Mapping[str, Any]
    message: str = ""

    @property
    def value(self) -> Any:
        """What its function returned, as JSON. None if it returned nothing."""
        return self.outputs.get(OUTPUT)


@dataclass(frozen=True, slots=True)
class Run:
    """How a local run ended. `message` says why it failed."""

    phase: str
    message: str
    tasks: Mapping[str, TaskResult]


@dataclass(frozen=True, slots=True)
class _Ended:
    """What became of one attempt: what it wrote for its outputs, or the words of its failure."""

    exit_code: int
    text: str


def run_locally(
    manifest: Json,
    functions: Mapping[str, Callable[..., Any]],
    arguments: Mapping[str, Any],
    answers: Mapping[str, ApprovalVerdict],
) -> Run:
    """`functions` are by task, `answers` decide the approvals. Raises ValueError for what only a cluster can do."""
    spec = manifest["spec"]
    for task in spec["tasks"]:
        if not task.keys() & {"function", "bash", "approval", "join", "wait"}:
            raise ValueError(f"task '{task['name']}' is a container or another workflow, and needs a cluster")
    started_at = _now()
    run = _new_run(manifest, arguments, started_at)
    run.set_approvals({name: ApprovalDecision(decision=verdict) for name, verdict in answers.items()})
    skipped_s = 0.0
    calls: dict[Future[_Ended], PodView] = {}
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        while True:
            now = _now() + skipped_s
            decision = decide(run, now)
            if decision.finished:
                break
            for create in decision.create:
                pod = running_pod(run, create.number, now)
                see(run, pod)
                calls[threads.submit(_attempt(run, create.number, functions, now))] = pod
            if run.creates.recording:
                compose(run, {}, 1, now).commit()
                continue
            wake_in_s = None if decision.wake_at is None else max(0.0, decision.wake_at - now)
            if calls:
                ended, _ = wait(calls, wake_in_s, FIRST_COMPLETED)
                for call in ended:
                    see(run, _ended(calls.pop(call), call.result(), _now() + skipped_s))
            elif wake_in_s is not None:
                skipped_s += wake_in_s
            else:
                raise ValueError(stuck(run))
    tasks = {task.definition.name: _result(run, number) for number, task in enumerate(run.tasks.named)}
    return Run(expected_phase(run), run_message(run), tasks)


def _now() -> Instant:
    return datetime.now(UTC).timestamp()


def _new_run(manifest: Json, arguments: Mapping[str, Any], now: Instant) -> RunState:
    spec, name = manifest["spec"], manifest["metadata"]["name"]
    definition = Definition.of(graph_of(spec))
    values = values_of_run(definition.parameters, arguments)
    settings = WorkflowSettings.read({key: each for key, each in spec.items() if key not in _GRAPH_ONLY})
    placeholders = {f"params.{key}": text for key, text in texts(values).items()}
    limits = RunLimits.of(settings, WorkflowRunSpec(workflow=name), placeholders)
    shared = SharedLimits()
    slots: dict[str, int] = {}
    for task in definition.tasks:
        for pool, count in task.pools:
            slots[pool] = max(slots.get(pool, 1), count)
    for pool, count in slots.items():
        shared.set_pool(PoolKey(_NAMESPACE, pool), count)
    identity = RunIdentity(f"{name}-local", _NAMESPACE, "local", name, values, started_at=now)
    return restore(
        identity, "local", definition, status={}, pods=[], now=now, orders=Orders(limits=limits), shared=shared
    )


_GRAPH_ONLY = set(WorkflowSpec.model_fields) - set(WorkflowSettings.model_fields)


def _attempt(
    run: RunState, number: int, functions: Mapping[str, Callable[..., Any]], now: Instant
) -> Callable[[], _Ended]:
    """To be called in a thread: what the pod of this unit would do. The run itself is read only here."""
    task = run.tasks[number]
    pod = build_pod(
        run.identity,
        task.definition,
        task.attempt,
        item=None if task.group is None else Item(task.index, run.tasks.item(number)),
        now=now,
        end=run_end(run, now) if task.definition.final else None,
        before=results_before(run, task),
    )
    inputs = pod["metadata"]["annotations"][INPUTS]
    if task.definition.function is not None:
        return lambda: _call(functions[task.definition.name], json.loads(inputs)["function"])
    env = {
        each["name"]: each["value"].replace("$$", "$")
        for each in pod["spec"]["containers"][0]["env"]
        if "value" in each
    }
    script = pod["metadata"]["annotations"][SCRIPT]
    return lambda: _script(script, env, inputs)


def _call(function: Callable[..., Any], call: Json) -> _Ended:
    try:
        value = stub.run(function, stub.arguments(function, call["arguments"]))  # type: ignore[no-untyped-call]
        if not call["outputs"]:
            return _Ended(0, "")
        found = stub.outputs(value, call["outputs"], stub.hint_of(function, "return"))  # type: ignore[no-untyped-call]
        return _Ended(0, json.dumps(found, ensure_ascii=False, allow_nan=False))
    except stub.Fault as fault:
        return _Ended(1, f"{call['name']}: {fault}")
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the author's function raises
        return _Ended(1, f"{type(error).__name__}: {error}")


def _script(script: str, env: Mapping[str, str], inputs: str) -> _Ended:
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, "outputs")
        written.touch()
        Path(folder, "inputs.json").write_text(inputs, encoding="utf-8")
        own = {"SLUICE_OUTPUTS": str(written), "SLUICE_INPUTS": str(Path(folder, "inputs.json"))}
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], check=False, env={**os.environ, **env, **own})
        return _Ended(done.returncode, written.read_text(encoding="utf-8"))


def _ended(pod: PodView, what: _Ended, now: Instant) -> PodView:
    container = replace(
        pod.container,
        finished_at=now,
        exit_code=what.exit_code,
        message=what.text if what.exit_code else "",
        written=OutputsFile(what.text, len(what.text.encode()) + 1) if what.text and not what.exit_code else None,
    )
    return replace(pod, version=2, phase="Failed" if what.exit_code else "Succeeded", container=container)


def _result(run: RunState, number: int) -> TaskResult:
    entry = task_status(run, number)
    words = ": ".join(entry[each] for each in ("reason", "message") if each in entry)
    return TaskResult(entry["phase"], outputs_so_far(run, number) or {}, words)
