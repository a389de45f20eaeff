"""A pod reduced to what decisions need, since the operator holds thousands in memory."""

from dataclasses import dataclass, replace

from sluice.api.pool import MAX_SLOTS
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.naming import (
    LABEL_QUEUE,
    MAIN,
    POOLS,
    RUN_POOLS,
)
from sluice.core.base.ownership import AttemptRef, RunRef, attempt_of
from sluice.core.base.times import instant
from sluice.core.spec.identity import PoolClaim
from sluice.core.spec.outputs import OutputsFile

_DISRUPTIONS = frozenset({"DisruptionTarget", "TerminationTarget"})
_STOPPED_BY_KUEUE = "StoppedByKueue"  # https://kueue.sigs.k8s.io/docs/tasks/run/plain_pods/
MESSAGE_MAX = 256
_OUTPUTS_MAX, _OUTPUTS_MAX_OF_ALL = (
    4096,
    12288,
)  # bytes of termination messages the kubelet keeps: a container's, a pod's


@dataclass(frozen=True, slots=True)
class ContainerState:
    """The state of `main`, or of the init container that failed or is stuck before it. `exit_code` is None until it
    has exited; `waiting` is the reason why it has not started.
    """

    started_at: Instant | None = None
    finished_at: Instant | None = None
    exit_code: int | None = None
    reason: str = ""
    message: str = ""
    waiting: str = ""
    written: OutputsFile | None = None
    """The termination message of a `main` that exited with 0. After any other exit the text is in `message`."""


@dataclass(frozen=True, slots=True)
class PodView:
    """One pod. `version` is its resourceVersion, which grows with each change. Times are Unix seconds."""

    name: str
    namespace: str
    uid: str
    version: int
    attempt_of: AttemptRef | None
    """None if it only says that it is a run's: whatever else stands here, it is no run's pod."""
    phase: str
    created_at: Instant
    container: ContainerState
    node: str = ""
    reason: str = ""
    message: str = ""
    scheduled_at: Instant | None = None
    unschedulable: str = ""
    disruption: str = ""
    deletion_asked_at: Instant | None = None
    pools: PoolClaim = ()
    """The slots that it holds until it is terminal or gone."""
    run_pools: PoolClaim = ()
    """The slots that its run holds."""
    queue: str = ""
    """Its Kueue LocalQueue."""
    gated: bool = False
    """Whether a scheduling gate holds it back."""
    preempted: bool = False
    """Whether Kueue evicted it."""

    @property
    def run(self) -> RunRef | None:
        """The run that it belongs to."""
        return None if self.attempt_of is None else self.attempt_of.run

    @property
    def attempt(self) -> int:
        return 0 if self.attempt_of is None else self.attempt_of.number

    @property
    def terminal(self) -> bool:
        return self.phase in ("Succeeded", "Failed")

    @property
    def deleting(self) -> bool:
        return self.deletion_asked_at is not None


def pod_view(pod: Json) -> PodView:
    """The view of one of our pods, from the whole object or from its metadata alone."""
    metadata, spec, status = pod["metadata"], pod.get("spec", {}), pod.get("status", {})
    scheduled_at, unschedulable, disruption = None, "", ""
    gated = preempted = False
    for condition in status.get("conditions", ()):
        if condition["type"] == "PodScheduled":
            if condition["status"] == "True":
                scheduled_at = instant(condition.get("lastTransitionTime"))
            else:
                unschedulable = condition.get("message") or condition.get("reason", "")
                gated = condition.get("reason") == "SchedulingGated"
        elif condition["type"] in _DISRUPTIONS and condition["status"] == "True":
            disruption = condition.get("message") or condition.get("reason", "")
            preempted = preempted or condition.get("reason") == _STOPPED_BY_KUEUE
    return PodView(
        name=metadata["name"],
        namespace=metadata["namespace"],
        uid=metadata["uid"],
        version=int(metadata["resourceVersion"]),
        attempt_of=attempt_of(metadata),
        phase=status.get("phase", "Pending"),
        created_at=instant(metadata["creationTimestamp"]) or 0.0,
        container=_container(spec, status),
        node=spec.get("nodeName", ""),
        reason=status.get("reason", ""),
        message=_cut(status.get("message", "")),
        scheduled_at=scheduled_at,
        unschedulable=_cut(unschedulable),
        disruption=_cut(disruption),
        deletion_asked_at=_deletion_asked_at(metadata),
        pools=_pools(metadata.get("annotations", {}).get(POOLS)),
        run_pools=_pools(metadata.get("annotations", {}).get(RUN_POOLS)),
        queue=metadata.get("labels", {}).get(LABEL_QUEUE, ""),
        gated=gated,
        preempted=preempted,
    )


def _pools(annotation: str | None) -> PoolClaim:
    """The claim that `build_pod` wrote; empty for a malformed annotation, which is not ours."""
    try:
        claim = foreign.parse(annotation) if annotation else {}
    except ValueError:
        return ()
    slots = claim.items() if isinstance(claim, dict) else ()
    return tuple(sorted((name, count) for name, count in slots if type(count) is int and 0 < count <= MAX_SLOTS))


def _container(spec: Json, status: Json) -> ContainerState:
    state: Json = next((s.get("state", {}) for s in status.get("containerStatuses", ()) if s["name"] == MAIN), {})
    if terminated := state.get("terminated"):
        if terminated["exitCode"] == 0 and terminated.get("message"):
            written = OutputsFile(terminated["message"], _outputs_limit(spec))
            return replace(_terminated(terminated | {"message": ""}), written=written)
        return _terminated(terminated)
    if running := state.get("running"):
        return ContainerState(started_at=instant(running.get("startedAt")))
    for init in status.get("initContainerStatuses", ()):  # only the user's own: we add none
        origin = f"init container {init['name']}"
        init_state = init.get("state", {})
        if init_state.get("terminated", {}).get("exitCode", 0) != 0:
            return _terminated(init_state["terminated"], origin)
        if init_state.get("waiting", {}).get("reason", "PodInitializing") != "PodInitializing":
            return _waiting(init_state["waiting"], origin)
    return _waiting(state.get("waiting", {}))


def _outputs_limit(spec: Json) -> int:
    """Bytes the kubelet keeps of each container's termination message.

    https://github.com/kubernetes/kubernetes/blob/v1.35.4/pkg/kubelet/status/status_manager.go (normalizeStatus)
    """
    containers = sum(len(spec.get(kind) or ()) for kind in ("containers", "initContainers", "ephemeralContainers"))
    return min(_OUTPUTS_MAX, _OUTPUTS_MAX_OF_ALL // max(1, containers))


def _terminated(state: Json, origin: str = "") -> ContainerState:
    return ContainerState(
        started_at=instant(state.get("startedAt")),
        finished_at=instant(state.get("finishedAt")),
        exit_code=state["exitCode"],
        reason=state.get("reason", ""),
        message=_prefixed(origin, state.get("message", "")),
    )


def _waiting(state: Json, origin: str = "") -> ContainerState:
    return ContainerState(waiting=state.get("reason", ""), message=_prefixed(origin, state.get("message", "")))


def _prefixed(origin: str, message: str) -> str:
    return _cut(": ".join(filter(None, (origin, message))))


def _deletion_asked_at(metadata: Json) -> Instant | None:
    """When the deletion was requested. `deletionTimestamp` is later: it is when the grace period ends."""
    ends_at = instant(metadata.get("deletionTimestamp"))
    return None if ends_at is None else ends_at - (metadata.get("deletionGracePeriodSeconds") or 0)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MESSAGE_MAX else text[: MESSAGE_MAX - 1] + "…"
