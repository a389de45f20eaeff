"""Builds the pod of one attempt.

Five layers, each overriding the one before: our defaults, the chart's, the user's podTemplate, the task's fields, and
what every attempt needs (command, labels, owner). The user's pod is the user's: one container, no init container, no
sidecar, and no ServiceAccount token unless the task names a ServiceAccount.

The script and its inputs are annotations that the downward API projects as files: no ConfigMap to create, no quoting,
nothing for the kubelet to expand. It is the child of a small launcher that passes a stop on to all of its processes.
https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from sluice.core import Instant, Json
from sluice.core.base.merge import merge
from sluice.core.base.naming import (
    FIRST_STARTED_AT,
    LABEL_ATTEMPT,
    LABEL_INDEX,
    LABEL_QUEUE,
    LABEL_REVISION,
    LABEL_RUN,
    LABEL_RUN_UID,
    LABEL_TASK,
    LABEL_WORKFLOW,
    MAIN,
    POOLS,
    RUN_POOLS,
    graph_hash,
    owner_reference,
    pod_name,
)
from sluice.core.base.text import as_text
from sluice.core.base.times import rfc3339
from sluice.core.cel.variables import TaskVariable
from sluice.core.graph.placeholders import SCRIPT_FIELDS, Values, fill, kubelet_literal
from sluice.core.pod.deadlines import seconds_allowed
from sluice.core.pod.defaults import NO_DEFAULTS, PodDefaults
from sluice.core.pod.function_call import function_call
from sluice.core.pod.memory import grown_resources
from sluice.core.pod.mounted_files import FOLDER, INPUTS, SCRIPT, SCRIPT_PATH, STUB_PATH, VOLUME, FileSources, volume
from sluice.core.pod.node_affinity import prefer_other_node
from sluice.core.pod.size import EXEC_MAX_BYTES
from sluice.core.pod.volumes import claim_volumes
from sluice.core.spec.for_each import ItemValues
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.parameter import texts
from sluice.core.spec.scheduled_time import NOT_SCHEDULED
from sluice.core.spec.task import TaskDefinition

_OUTPUTS_PATH = "/dev/termination-log"  # the kubelet's default terminationMessagePath


def _launcher(file: str) -> str:
    """The text of a launcher as it must stand in a container's command, where the kubelet expands variables."""
    lines = resources.files("sluice.core.pod").joinpath(file).read_text(encoding="utf-8").splitlines()
    return kubelet_literal("\n".join(line for line in lines if line and not line.lstrip().startswith("#")))


_WITH_BASH_OR_SH = kubelet_literal(
    '[ -z "$SLUICE_STDOUT" ] || { command -v dd && command -v tee && command -v cat; } >/dev/null || '
    '{ echo "outputsFrom: Stdout takes dd, tee and cat, and the image lacks one of them" >&2; exit 127; }; '
    "if command -v bash >/dev/null 2>&1; "
    # -p: what BASH_ENV names is the script's to run, and only once.
    'then exec bash -pc "$1" "$0" bash -eo pipefail; else exec sh -c "$2" "$0" sh -e; fi'
)
_BASH = ["sh", "-c", _WITH_BASH_OR_SH, SCRIPT_PATH, _launcher("launcher.bash"), _launcher("launcher.sh")]
_PYTHON = ["python3", "-ISc", _launcher("launcher.py")]

_MAIN_FIELDS = ("image", "command", "args", "env", "envFrom", "resources", "volumeMounts")
_POD_FIELDS = ("nodeSelector", "tolerations", "serviceAccountName", "volumes")

_DO_NOT_EVICT = {
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
}
"""Stops autoscalers from draining a node under a running pod, which would lose its work.

https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md
https://karpenter.sh/docs/concepts/disruption/#pod-level-controls
"""

NOBODY = 65534


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The run's result as its `finally` tasks see it. `failed` names the tasks that failed; `duration_s` is how long it
    has taken so far.
    """

    phase: str
    failed: tuple[str, ...]
    duration_s: int

    @property
    def values(self) -> dict[str, str]:
        """The values of the placeholders that only `finally` tasks have."""
        return {"run.phase": self.phase, "run.duration": str(self.duration_s)}


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a fan-out. With `batch`, `value` is the list of the batch's items."""

    index: int
    value: Any

    @property
    def typed(self) -> Json:
        """What `$(item)` and `$(item.FIELD)` stand for."""
        fields = self.value.items() if isinstance(self.value, dict) else ()
        return {"item": self.value} | {f"item.{name}": value for name, value in fields}


_NO_FILES = FileSources({}, "", "")


def build_pod(
    run: RunIdentity,
    task: TaskDefinition,
    attempt: int,
    *,
    item: Item | None = None,
    out_of_memory: int = 0,
    avoid_node: str = "",
    first_started_at: Instant | None = None,
    now: Instant = 0.0,
    hardened: bool = False,
    end: RunEnd | None = None,
    before: Mapping[str, TaskVariable] | None = None,
    defaults: PodDefaults = NO_DEFAULTS,
    files: FileSources = _NO_FILES,
    revision: str = "",
) -> Json:
    """The pod manifest of attempt number `attempt` (from 1).

    `out_of_memory` counts the earlier attempts that ended as OutOfMemory. `avoid_node` is the node on which the cluster
    ended the last attempt. `first_started_at` is when the first attempt started: what is left `now` of the deadline
    counts from there. `hardened` adds what the Pod Security level `restricted` requires. `before` says how the task's
    dependencies ended, and others that it reads. `defaults` are the chart's, `files` those of the run's `revision`.
    """
    before = before or {}
    values = run.values | task.reads.values(before)
    if end is not None:
        values |= end.values
    if item is not None:
        values |= ItemValues(item.value)
    written = task.fields
    fields = fill(written, values)
    if out_of_memory:
        fields["resources"] = grown_resources(fields, out_of_memory)
    template = fields.get("podTemplate", {})
    spec = merge(_defaults(fields, hardened=hardened), defaults.spec)
    spec = merge(spec, template.get("spec", {}))
    spec = merge(spec, {name: fields[name] for name in _POD_FIELDS if name in fields})
    if avoid_node:
        spec = prefer_other_node(avoid_node, spec)
    spec["restartPolicy"] = "Never"
    if (allowed_s := seconds_allowed(task, first_started_at, now)) is not None:
        spec["activeDeadlineSeconds"] = allowed_s
    if hardened:
        for containers in ("initContainers", "containers"):
            spec[containers] = [_hardened(container) for container in spec.get(containers, ())]
    spec["containers"] = [
        _main(container, fields, task, _environment(run, task, attempt, item, end))
        if _is_main(container)
        else container
        for container in spec["containers"]
    ]

    protection = {} if fields.get("safeToEvict") else {"annotations": _DO_NOT_EVICT}
    metadata = merge(merge(protection, defaults.metadata), template.get("metadata", {}))
    metadata = merge(metadata, _metadata(run, task, attempt, item))
    if revision:
        metadata["labels"][LABEL_REVISION] = graph_hash(revision)
    if "queueName" in fields:
        metadata["labels"][LABEL_QUEUE] = fields["queueName"]
    for annotation, claim in ((POOLS, task.pools), (RUN_POOLS, run.pools)):
        if claim:
            metadata["annotations"] = metadata.get("annotations", {}) | {annotation: json.dumps(dict(claim))}
    if first_started_at is not None:
        metadata["annotations"] = metadata.get("annotations", {}) | {FIRST_STARTED_AT: rfc3339(first_started_at)}
    script = fields.get("bash", fields.get("python"))
    if script is not None:
        metadata["annotations"] = metadata.get("annotations", {}) | {SCRIPT: script}
    if script is not None or task.function is not None:
        inputs = inputs_json(run, task, attempt, before, item, end, values)
        metadata["annotations"] = metadata.get("annotations", {}) | {INPUTS: inputs}
    if (ours := volume(task, files, script=script is not None)) is not None:
        spec = merge(spec, {"volumes": [ours]})
    if mounts := claim_volumes(written, run.claims):
        spec = merge(spec, {"volumes": mounts})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def inputs_json(
    run: RunIdentity,
    task: TaskDefinition,
    attempt: int,
    before: Mapping[str, TaskVariable],
    item: Item | None = None,
    end: RunEnd | None = None,
    values: Values | None = None,
) -> str:
    """The contents of `/sluice/inputs.json`. `values` are those of the placeholders, as text.

    An item has only the outputs that its task refers to: the list that it is an item of, in the pods of all items,
    would be as large as the square of its length. Of many dependencies little is shown, as all must fit into the pod:
    the messages share their room, and successes without outputs are left out.
    """
    shown = before if len(before) <= _ALL_SHOWN else {name: it for name, it in before.items() if _is_notable(it)}
    room = _MESSAGES_MAX // max(1, len(shown))
    inputs: Json = {
        "params": dict(run.parameters),
        "run": run.fields | {"workflow": run.workflow},
        "task": {"name": task.name, "attempt": attempt},
        "tasks": {name: _ended(name, ended, task, room, of_item=item is not None) for name, ended in shown.items()},
    }
    if end is not None:
        inputs["run"] |= {"phase": end.phase, "duration": end.duration_s}
    if item is not None:
        inputs["task"]["index"] = item.index
        inputs["item"] = item.value
    if task.function is not None:
        typed = {} if item is None else item.typed
        inputs["function"] = function_call(task.function, run, task, before, typed, values or {})
    return json.dumps(inputs, ensure_ascii=False)


_RESTARTS = frozenset({"restartPolicy", "restartPolicyRules"})  # of a container: each attempt is a pod of its own

_ALL_SHOWN = 200
_MESSAGES_MAX = 64 * 1024


def _is_notable(ended: TaskVariable) -> bool:
    return ended.phase != "Succeeded" or bool(ended.outputs)


def _ended(name: str, ended: TaskVariable, task: TaskDefinition, room: int, *, of_item: bool) -> Json:
    """How a dependency ended, its message in that many characters."""
    outputs = ended.outputs
    if of_item:
        outputs = {key: value for key, value in outputs.items() if (name, key) in task.reads.of_items}
    return replace(ended, message=ended.message[:room]).ends | {"outputs": outputs}


def parameter_variable(parameter: str) -> str:
    """The environment variable that holds a parameter: `PARAM_DAY` for `day`."""
    return "PARAM_" + parameter.upper().replace("-", "_")


def _defaults(fields: Json, *, hardened: bool) -> Json:
    """The bottom layer: as safe as it can be while common images still run unchanged."""
    security: Json = {"seccompProfile": {"type": "RuntimeDefault"}}
    if hardened:
        security |= {"runAsNonRoot": True, "runAsUser": NOBODY, "runAsGroup": NOBODY}
    return {
        "automountServiceAccountToken": "serviceAccountName" in fields,
        "enableServiceLinks": False,
        "securityContext": security,
        "containers": [{"name": MAIN, "securityContext": {"allowPrivilegeEscalation": False}}],
    }


def _hardened(container: Any) -> Any:
    """Adds what `restricted` requires of a container; the user's own settings win.

    https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
    """
    if not isinstance(container, dict):
        return container
    required = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return merge({"securityContext": required}, container)


def _is_main(container: Any) -> bool:
    return isinstance(container, dict) and container.get("name") == MAIN


def _main(base: Json, fields: Json, task: TaskDefinition, environment: list[Json]) -> Json:
    container = merge({**base, "env": environment}, {"env": base.get("env", [])})
    container = merge(container, {name: fields[name] for name in _MAIN_FIELDS if name in fields})
    container = {name: value for name, value in container.items() if name not in _RESTARTS}
    security = container["securityContext"]
    if _escalates(security):
        container["securityContext"] = {name: security[name] for name in security if name != "allowPrivilegeEscalation"}
    if "bash" in fields or "python" in fields:
        launcher = [*_PYTHON, SCRIPT_PATH] if "python" in fields else _BASH
        container["command"] = [*fields["shell"], SCRIPT_PATH] if "shell" in fields else launcher
    elif task.function is not None:
        container["command"] = [*_PYTHON, STUB_PATH]
    if "bash" in fields or "python" in fields or task.mounts_files:
        container = merge(container, {"volumeMounts": [{"name": VOLUME, "mountPath": FOLDER, "readOnly": True}]})
    return container


def _escalates(security: Any) -> bool:
    """Whether the user asks for something that the API server rejects beside `allowPrivilegeEscalation: false`."""
    match security:
        case {"privileged": True}:
            return True
        case {"capabilities": {"add": [*added]}}:
            return "CAP_SYS_ADMIN" in added
    return False


def _environment(
    run: RunIdentity, task: TaskDefinition, attempt: int, item: Item | None, end: RunEnd | None
) -> list[Json]:
    variables = {
        "SLUICE_RUN": run.name,
        "SLUICE_TASK": task.name,
        "SLUICE_INDEX": str(item.index if item else 0),
        "SLUICE_ATTEMPT": str(attempt),
        # Where standard output is the output, the file is the launcher's.
        "SLUICE_STDOUT" if task.outputs_as_text and not task.outputs_in_log else "SLUICE_OUTPUTS": _OUTPUTS_PATH,
    }
    if run.scheduled != NOT_SCHEDULED:
        variables |= run.scheduled.variables
    if item is not None:
        has_script = not SCRIPT_FIELDS.isdisjoint(task.own)
        batched = task.for_each is not None and task.for_each.batch is not None
        value = as_text(item.value)
        if not (batched and has_script and len(f"ITEMS={value}".encode()) > EXEC_MAX_BYTES):  # the file has it
            variables["ITEMS" if batched else "ITEM"] = kubelet_literal(value)
    if end is not None:
        variables |= {"SLUICE_RUN_PHASE": end.phase, "SLUICE_FAILED_TASKS": " ".join(end.failed)}
    variables |= {parameter_variable(name): kubelet_literal(value) for name, value in texts(run.parameters).items()}
    return [{"name": name, "value": value} for name, value in variables.items()]


def _metadata(run: RunIdentity, task: TaskDefinition, attempt: int, item: Item | None) -> Json:
    index = {LABEL_INDEX: str(item.index)} if item is not None else {}
    return {
        "name": pod_name(run.name, run.uid, task.name, attempt, item.index if item else None),
        "namespace": run.namespace,
        "labels": {
            LABEL_WORKFLOW: run.workflow,
            LABEL_RUN: run.name,
            LABEL_RUN_UID: run.uid,
            LABEL_TASK: task.name,
            **index,
            LABEL_ATTEMPT: str(attempt),
        },
        "ownerReferences": [owner_reference("WorkflowRun", run.name, run.uid)],
    }
