"""Runs on this machine: their decisions start programs, and are told how these ended."""

import base64
import json
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sluice.api.run import ApprovalDecision, WorkflowRunSpec
from sluice.api.task import ApprovalVerdict
from sluice.api.workflow import WorkflowSettings
from sluice.core import Instant, Json
from sluice.core.base.faults import listed
from sluice.core.base.naming import graph_of
from sluice.core.base.ownership import AttemptRef
from sluice.core.graph.placeholders import TooLong
from sluice.core.pod.builder import Item, build_pod
from sluice.core.pod.create_errors import CreateError
from sluice.core.pod.mounted_files import INPUTS, SCRIPT
from sluice.core.pod.view import PodView
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.run_tree import tree_of
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.actions import ReadLog
from sluice.core.reconcile.decide import Decision, decide
from sluice.core.reconcile.intents import CreateIntent
from sluice.core.run.children import ChildView
from sluice.core.run.outputs import results_before
from sluice.core.run.state import RunState
from sluice.core.spec.arguments import argument_faults
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.outputs import OutputsFile
from sluice.core.spec.parameter import stored_declarations
from sluice.core.status.run_outputs import run_outputs
from sluice.core.status.run_phase import expected_phase, run_end, run_message
from sluice.core.status.run_status import compose
from sluice.core.whatif.begin import started
from sluice.core.whatif.kubelet import running_pod, see
from sluice.core.whatif.simulate import stuck
from sluice.sdk.local.programs import AttemptEnd, Call, LocalProgram, Process
from sluice.sdk.local.results import Run

_AT_ONCE = 256  # threads
_NAMESPACE = "local"
_KILLED = 137


@dataclass(frozen=True, slots=True)
class LocalWorkflow:
    """A Workflow, the functions of its tasks by their names, and the Workflows that may be run, by theirs."""

    manifest: Json
    functions: Mapping[str, Callable[..., Any]]
    known: Mapping[str, "LocalWorkflow"]

    @property
    def name(self) -> str:
        return str(self.manifest["metadata"]["name"])

    def sources(self) -> dict[str, bytes]:
        spec = self.manifest["spec"]
        text = {path: content.encode() for path, content in spec.get("files", {}).items()}
        return text | {path: base64.b64decode(content) for path, content in spec.get("binaryFiles", {}).items()}


def run_locally(
    workflow: LocalWorkflow,
    arguments: Mapping[str, Any],
    answers: Mapping[str, ApprovalVerdict],
    *,
    in_processes: bool = False,
) -> Run:
    """`answers` decide the approvals. Raises ValueError for arguments that do not fit, and for what needs a cluster."""
    given = {name: value for name, value in arguments.items() if value is not None}
    if wrong := listed(argument_faults(given, stored_declarations(workflow.manifest["spec"]), "arguments")):
        raise ValueError("; ".join(map(str, wrong)))
    for each in workflow.known.values():
        for task in each.manifest["spec"]["tasks"]:
            called = task.get("workflow", {}).get("name") in workflow.known
            if not called and not task.keys() & {"function", "bash", "approval", "join", "wait"}:
                raise ValueError(
                    f"task '{task['name']}' is a container or a Workflow of elsewhere, and needs a cluster"
                )
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return _Cluster(threads, answers, in_processes=in_processes).run(workflow, given)


@dataclass(slots=True, eq=False)
class _Live:
    """A run under way. `parent` is the one that called it, which sees it as `seen`."""

    run: RunState
    workflow: LocalWorkflow
    parent: "_Live | None" = None
    seen: ChildView | None = None

    @property
    def name(self) -> str:
        return self.run.identity.name


@dataclass(slots=True, eq=False)
class _Attempt:
    """A program under way."""

    live: _Live
    pod: PodView
    program: LocalProgram
    kill_at: Instant | None
    """When its timeout is over. None without one, and for what cannot be killed."""


class _Cluster:
    def __init__(
        self, threads: ThreadPoolExecutor, answers: Mapping[str, ApprovalVerdict], *, in_processes: bool
    ) -> None:
        self._threads, self._in_processes = threads, in_processes
        self._answers = {name: ApprovalDecision(decision=verdict) for name, verdict in answers.items()}
        self._shared = SharedLimits()
        self._shared.subscribe(wake=lambda _: self._again_at_once(), changed=lambda _: None)
        self._slots: dict[PoolKey, int] = {}
        self._skipped_s = 0.0
        self._live: list[_Live] = []
        self._attempts: dict[Future[AttemptEnd], _Attempt] = {}
        self._logs: dict[str, str] = {}
        """Of the pods that have ended, what they handed on by their logs."""
        self._again = False

    def run(self, workflow: LocalWorkflow, arguments: Mapping[str, Any]) -> Run:
        root = self._begin(workflow, arguments, f"{workflow.name}-local")
        while True:
            self._again = False
            wakes = [self._decide(live) for live in list(self._live)]  # parents before their children
            if root.run.finished_at is not None:
                return Run.of(root.run)
            if not self._again:
                self._pass_time(min((at for at in wakes if at is not None), default=None))

    def _now(self) -> Instant:
        return datetime.now(UTC).timestamp() + self._skipped_s

    def _again_at_once(self) -> None:
        self._again = True

    def _begin(
        self,
        workflow: LocalWorkflow,
        arguments: Mapping[str, Any],
        name: str,
        parent: _Live | None = None,
    ) -> _Live:
        spec, now = workflow.manifest["spec"], self._now()
        definition = Definition.of(graph_of(spec))
        values = definition.values(arguments)
        for task in definition.tasks:
            for pool, count in task.pools:
                self._make_room(PoolKey(_NAMESPACE, pool), count)
        depth = 0 if parent is None else parent.run.identity.depth + 1
        identity = RunIdentity(name, _NAMESPACE, name, workflow.name, values, started_at=now, depth=depth)
        if parent is not None or any(task.is_sub_workflow for task in definition.tasks):
            above = () if parent is None else parent.run.identity.tree
            identity = replace(identity, tree=tree_of(identity.ref, above))
        settings = WorkflowSettings.read_usable(spec)
        run = started(identity, definition, settings, WorkflowRunSpec(workflow=workflow.name), self._shared, now)
        run.set_approvals({name: each for name, each in self._answers.items() if _asks(definition, name)})
        live = _Live(run, workflow, parent)
        self._live.append(live)
        self._again = True
        return live

    def _make_room(self, pool: PoolKey, slots: int) -> None:
        self._slots[pool] = max(slots, self._slots.get(pool, 1))
        self._shared.set_pool(pool, self._slots[pool])

    def _decide(self, live: _Live) -> Instant | None:
        """When it is to be decided about again."""
        if live.parent is not None:
            live.run.set_state(*live.parent.run.children.desired_state(live.name, live.parent.run.state))
        decision = decide(live.run, self._now())
        for create in decision.create:
            try:
                (self._call if create.is_child_run else self._start)(live, create)
            except TooLong as error:
                create.failed(CreateError.TOO_LARGE, str(error), self._now())
                self._again = True
        for delete in decision.delete:
            self._kill(delete.name)
        self._read_logs(live, decision)
        if live.run.creates.recording:
            compose(live.run, {}, 1, self._now()).commit()
            self._again = True
        if decision.finished:
            self._finish(live)
        return decision.wake_at

    def _read_logs(self, live: _Live, decision: Decision) -> None:
        for read in decision.read:
            if isinstance(read, ReadLog):
                live.run.log_read(read.number, read.attempt, self._logs.pop(read.pod, ""))
                self._again = True

    def _pass_time(self, wake_at: Instant | None) -> None:
        """Until a program ends, is to be killed, or a run is to be decided about."""
        times = [at for at in (wake_at, *(each.kill_at for each in self._attempts.values())) if at is not None]
        wait_s = max(0.0, min(times) - self._now()) if times else None
        if self._attempts:
            ended, _ = wait(self._attempts, wait_s, FIRST_COMPLETED)
            for future in ended:
                self._ended(self._attempts.pop(future), future.result())
            self._end_late_ones()
        elif wait_s is not None:
            self._skipped_s += wait_s
        else:
            raise ValueError(stuck(self._live[-1].run))

    # Pods.

    def _start(self, live: _Live, create: CreateIntent) -> None:
        now, run, number = self._now(), live.run, create.number
        task = run.tasks[number]
        pod = build_pod(
            run.identity,
            task.definition,
            task.attempt,
            item=None if task.group is None else Item(task.index, run.tasks.item(number)),
            first_started_at=task.first_started_at,
            now=now,
            end=run_end(run, now) if task.definition.final else None,
            before=results_before(run, task),
        )
        program = self._program(live, task.definition.name, pod)
        allowed_s = None if isinstance(program, Call) else pod["spec"].get("activeDeadlineSeconds")
        view = running_pod(run, number, now)
        see(run, view)
        attempt = _Attempt(live, view, program, None if allowed_s is None else now + allowed_s)
        self._attempts[self._threads.submit(program.run)] = attempt

    def _program(self, live: _Live, task: str, pod: Json) -> LocalProgram:
        annotations, workflow = pod["metadata"]["annotations"], live.workflow
        inputs = annotations[INPUTS]
        listed = pod["spec"]["containers"][0]["env"]
        env = {each["name"]: each["value"].replace("$$", "$") for each in listed if "value" in each}
        if task not in workflow.functions:
            return Process.script(annotations[SCRIPT], env, inputs)
        if self._in_processes:
            return Process.function(env, inputs, workflow.sources())
        return Call(workflow.functions[task], json.loads(inputs)["function"])

    def _ended(self, attempt: _Attempt, what: AttemptEnd) -> None:
        pod, now = attempt.pod, self._now()
        if what.log:
            self._logs[pod.name] = what.log
        late = attempt.kill_at is not None and now >= attempt.kill_at
        code = _KILLED if what.exit_code < 0 else what.exit_code
        written = OutputsFile(what.text, len(what.text.encode()) + 1) if what.text and not code else None
        container = replace(
            pod.container, finished_at=now, exit_code=code, message=what.text if code else "", written=written
        )
        see(
            attempt.live.run,
            replace(
                pod,
                version=pod.version + 1,
                phase="Failed" if code or late else "Succeeded",
                reason="DeadlineExceeded" if late else "",
                deadline_at=attempt.kill_at,
                container=container,
            ),
        )

    def _end_late_ones(self) -> None:
        for attempt in self._attempts.values():
            if attempt.kill_at is not None and self._now() >= attempt.kill_at:
                attempt.program.kill()

    def _kill(self, pod: str) -> None:
        for attempt in self._attempts.values():
            if attempt.pod.name == pod and not attempt.pod.deletion_asked_at:
                attempt.pod = replace(attempt.pod, version=attempt.pod.version + 1, deletion_asked_at=self._now())
                attempt.program.kill()

    # Child runs.

    def _call(self, live: _Live, create: CreateIntent) -> None:
        run, task = live.run, live.run.tasks[create.number]
        index = None if task.group is None else task.index
        child = create.child_run(self._now())
        spec = WorkflowRunSpec.read(child["spec"])
        made = self._begin(live.workflow.known[spec.workflow], spec.arguments or {}, child["metadata"]["name"], live)
        attempt = AttemptRef(run.identity.ref, task.definition.name, index, task.attempt)
        started_at = made.run.identity.started_at
        made.seen = ChildView(made.name, made.name, 1, attempt, "Running", "", started_at)
        run.children.observe(made.seen)

    def _finish(self, live: _Live) -> None:
        self._live.remove(live)
        if live.parent is None or live.seen is None:
            return
        outputs = run_outputs(live.run)
        ended = replace(
            live.seen,
            version=2,
            phase=expected_phase(live.run),
            message=run_message(live.run),
            finished_at=self._now(),
            outputs=outputs if isinstance(outputs, str) else "",
        )
        live.parent.run.children.observe(ended)
        self._again = True


def _asks(definition: Definition, name: str) -> bool:
    return any(task.name == name and task.approval is not None for task in definition.tasks)
