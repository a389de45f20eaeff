"""Pods as the API server shows them: what `build_pod` made, the server's metadata, and a status as a kubelet writes it.

Times are seconds after START. By default a pod is created at 0, scheduled at 1, and its container starts at 2.
"""

from typing import Any

from sluice.core.base.naming import LABEL_ATTEMPT, LABEL_TASK, owner_reference, pod_name
from sluice.core.base.ownership import RunRef
from sluice.core.base.times import rfc3339
from sluice.core.pod.builder import Item, build_pod
from sluice.core.pod.view import PodView, pod_view
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.task import TaskDefinition

Json = dict[str, Any]

START = 1767225600  # 2026-01-01T00:00:00Z
RUN = RunIdentity("etl-g1-4f7a9", "team", "0d5c2b8e-7a11-4a52-9a55-5d1a37bf5a01", "etl", {}, started_at=START)
(TASK,) = Definition.of({"tasks": [{"name": "a", "image": "busybox"}]}).tasks


def at(second: float) -> str:
    return rfc3339(START + second)


def of_child(run: RunRef, task: str = "call") -> Json:
    """Of the metadata of a child run what says that it is one."""
    return {
        "name": pod_name(run.name, run.uid, task, 1),
        "namespace": run.namespace,
        "labels": {LABEL_TASK: task, LABEL_ATTEMPT: "1"},
        "ownerReferences": [owner_reference("WorkflowRun", run.name, run.uid)],
    }


def seen(
    status: Json,
    task: TaskDefinition = TASK,
    attempt: int = 1,
    *,
    run: RunIdentity = RUN,
    version: int = 1,
    item: Item | None = None,
) -> PodView:
    """The view of a pod with this status."""
    return pod_view(pod(status, task, attempt, run=run, version=version, item=item))


def pod(
    status: Json,
    task: TaskDefinition = TASK,
    attempt: int = 1,
    *,
    run: RunIdentity = RUN,
    version: int = 1,
    item: Item | None = None,
) -> Json:
    """The whole pod. A `deletion` in the status becomes the metadata's deletion timestamp: see `being_deleted`."""
    made = build_pod(run, task, attempt, item=item)
    status = dict(status)
    deletion = status.pop("deletion", None)
    metadata = made["metadata"] | {
        "uid": f"uid-of-{made['metadata']['name']}",
        "resourceVersion": str(version),
        "creationTimestamp": at(0),
    }
    if deletion is not None:
        asked, grace = deletion
        metadata |= {"deletionTimestamp": at(asked + grace), "deletionGracePeriodSeconds": grace}
    placed = any(c["type"] == "PodScheduled" and c["status"] == "True" for c in status.get("conditions", ()))
    spec = made["spec"] | ({"nodeName": "node-1"} if placed else {})
    return made | {"metadata": metadata, "spec": spec, "status": status}


def accepted() -> Json:
    """The status in the API server's response to a create."""
    return {"phase": "Pending", "qosClass": "BestEffort"}


def unschedulable(message: str = "0/3 nodes are available: 3 Insufficient cpu.") -> Json:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return {"phase": "Pending", "conditions": [condition]}


def waiting(reason: str = "ContainerCreating", message: str = "", *, placed: float = 1) -> Json:
    return _placed("Pending", {"waiting": {"reason": reason, "message": message}}, placed=placed)


def running(started: float = 2, *, placed: float = 1) -> Json:
    return _placed("Running", {"running": {"startedAt": at(started)}}, placed=placed)


def exited(code: int = 0, reason: str = "", message: str = "", *, started: float = 2, ended: float = 10) -> Json:
    terminated = {
        "exitCode": code,
        "reason": reason or ("Error" if code else "Completed"),
        "startedAt": at(started),
        "finishedAt": at(ended),
        "containerID": "containerd://5ca0",
    }
    if message:
        terminated["message"] = message
    return _placed("Failed" if code else "Succeeded", {"terminated": terminated})


def with_sandbox(status: Json, *, made: float) -> Json:
    """What the pod mounts is there."""
    condition = {"type": "PodReadyToStartContainers", "status": "True", "lastTransitionTime": at(made)}
    return status | {"conditions": [*status.get("conditions", ()), condition]}


def beside(status: Json, *, others_end: float | None = None) -> Json:
    """The pod has a second container, which goes on unless it has ended."""
    state: Json = {"running": {"startedAt": at(2)}}
    if others_end is not None:
        state = {"terminated": {"exitCode": 0, "startedAt": at(2), "finishedAt": at(others_end)}}
    containers = [*status["containerStatuses"], {"name": "proxy", "state": state}]
    return status | {"containerStatuses": containers} | ({"phase": "Running"} if others_end is None else {})


def turned_away(reason: str, message: str) -> Json:
    """A pod that its node rejected, or that lost its node, before a container ran."""
    return {"phase": "Failed", "reason": reason, "message": message, "startTime": at(1)}


def past_deadline(status: Json) -> Json:
    words = "Pod was active on the node longer than the specified deadline"
    return status | {"phase": "Failed", "reason": "DeadlineExceeded", "message": words}


def disrupted(
    status: Json, message: str = "Eviction API: evicting", *, type_: str = "DisruptionTarget", asked: float = 5
) -> Json:
    condition = {"type": type_, "status": "True", "reason": "EvictionByEvictionAPI", "message": message}
    condition["lastTransitionTime"] = at(asked)
    return status | {"conditions": [*status.get("conditions", ()), condition]}


def being_deleted(status: Json, *, asked: float = 5, grace: int = 30) -> Json:
    """A pod whose deletion was requested at second `asked`, with `grace` seconds to terminate."""
    return status | {"deletion": (asked, grace)}


def _placed(phase: str, state: Json, *, placed: float = 1) -> Json:
    container = {"name": "main", "state": state, "ready": "running" in state, "restartCount": 0, "image": "busybox"}
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": at(placed)}
    return {"phase": phase, "startTime": at(placed), "conditions": [scheduled], "containerStatuses": [container]}
