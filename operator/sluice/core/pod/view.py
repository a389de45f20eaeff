"""A pod reduced to what decisions need, since the operator holds thousands in memory."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from sys import intern
from typing import Any

from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.foreign import mapping, mappings, string
from sluice.core.base.naming import FIRST_STARTED_AT, LABEL_QUEUE, LABEL_REVISION, MAIN, POOLS, RUN_POOLS
from sluice.core.base.ownership import AttemptRef, ObjectMeta, RunRef, attempt_of, disowned_attempt
from sluice.core.base.text import one_line
from sluice.core.base.times import instant
from sluice.core.spec.identity import PoolClaim, known_claim
from sluice.core.spec.outputs import OutputsFile

_DISRUPTIONS = frozenset({"DisruptionTarget", "TerminationTarget"})
_STOPPED_BY_KUEUE = "StoppedByKueue"  # https://kueue.sigs.k8s.io/docs/tasks/run/plain_pods/
MESSAGE_MAX = 256
END_UNKNOWN = frozenset({"ContainerStatusUnknown", "Unknown"})
"""The reasons of a container whose end nobody has seen: the kubelet's, and containerd's after its node was restarted.

https://github.com/containerd/containerd/blob/main/internal/cri/server/restart.go
"""
_FINALIZER_MAX = 100
_OUTPUTS_MAX, _OUTPUTS_MAX_OF_ALL = (
    4096,
    12288,
)  # bytes of termination messages the kubelet keeps: a container's, a pod's


@dataclass(frozen=True, slots=True)
class ContainerState:
    """The state of `main`, or of the init container (`init` is its name) that failed or is stuck before it.
    `exit_code` is None until it has exited; `waiting` is the reason why it has not started.
    """

    started_at: Instant | None = None
    finished_at: Instant | None = None
    exit_code: int | None = None
    reason: str = ""
    message: str = ""
    waiting: str = ""
    init: str = ""
    written: OutputsFile | None = None
    """The termination message of a `main` that exited with 0. After any other exit the text is in `message`."""


@dataclass(frozen=True, slots=True)
class Outlived:
    """How to end the containers that go on after `main`. `deadline_s` is the activeDeadlineSeconds that ends them now:
    it still is later than the end of `main`, which therefore decides. `grace_s` is how long they may take to end.
    """

    deadline_s: int
    grace_s: int


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
    accepted_at: Instant | None = None
    """Since when it is its node's: what `activeDeadlineSeconds` counts from."""
    first_started_at: Instant | None = None
    """When the first attempt of its task started, as its annotation says."""
    pullable_at: Instant | None = None
    """Since when the kubelet can pull the image that it waits for: it is on its node, what it mounts is there, and the
    init containers before have ended.
    """
    mounted: bool = False
    """Whether what it mounts is known to be there: the kubelet makes its sandbox after that."""
    initializing: bool = False
    """Whether an init container runs, other than those that go on beside the others."""
    unschedulable: str = ""
    disruption: str = ""
    disrupted_at: Instant | None = None
    deadline_at: Instant | None = None
    """When the kubelet ends it (`activeDeadlineSeconds`)."""
    deletion_asked_at: Instant | None = None
    finalizer: str = ""
    """One that must be taken away before it can go, by whoever set it."""
    disowned: AttemptRef | None = None
    """The attempt that it was until its owner was taken away."""
    pools: PoolClaim = ()
    """The slots that it holds until it is terminal or gone."""
    run_pools: PoolClaim = ()
    """The slots that its run holds."""
    graph: str = ""
    """That by which it was made: see `LABEL_REVISION`."""
    queue: str = ""
    """Its Kueue LocalQueue."""
    gated: bool = False
    """Whether a scheduling gate holds it back."""
    preempted: bool = False
    """Whether Kueue evicted it."""
    outlived: "Outlived | None" = None
    """Set while other containers go on after `main`."""

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
    def begun_at(self) -> Instant | None:
        """When the attempt began, if its program has started: its limits count from then."""
        has_begun = self.container.started_at is not None and not self.container.init
        return (self.accepted_at or self.container.started_at) if has_begun else None

    @property
    def deleting(self) -> bool:
        return self.deletion_asked_at is not None

    @property
    def attempt_over(self) -> bool:
        """Has the attempt ended? It has with `main`, even if the pod goes on."""
        return self.terminal or self.ended_by_itself

    @property
    def ended_by_itself(self) -> bool:
        """Has `main` ended before its deadline, before anybody asked for the pod's deletion, and before the pod was to
        be disrupted? Times are whole seconds, and the same second counts as after: a program that exits with 0 on
        SIGTERM has not done its work.
        """
        main = self.container
        if main.init or main.exit_code is None or main.reason in END_UNKNOWN:
            return False
        deadline_at = None if self.terminal and self.reason != "DeadlineExceeded" else self.deadline_at
        if self.reason == "DeadlineExceeded" and deadline_at is None:
            return False
        others = (at for at in (deadline_at, self.deletion_asked_at, self.disrupted_at) if at is not None)
        return all(main.finished_at is not None and main.finished_at < at for at in others)

    def after(self, before: "PodView | None") -> "PodView":
        """As it is now, with its deletion asked for when it was first: the API server dates that anew when the kubelet,
        which has ended the pod, asks for it without a grace period (seen with v1.35).
        """
        if before is None or before.deletion_asked_at is None or self.deletion_asked_at is None:
            return self
        return replace(self, deletion_asked_at=min(before.deletion_asked_at, self.deletion_asked_at))


def pod_view(pod: Json) -> PodView:
    """The view of one of our pods, from the whole object or from its metadata alone. Raises Unreadable if its metadata
    are none.
    """
    meta, metadata = ObjectMeta.of(pod), pod["metadata"]
    owned = attempt_of(metadata)
    spec, status = mapping(pod.get("spec")), mapping(pod.get("status"))
    annotations, labels = mapping(metadata.get("annotations")), mapping(metadata.get("labels"))
    scheduled_at, sandbox_at, unschedulable = None, None, ""
    disruption, disrupted_at = "", None
    gated = preempted = False
    for condition in mappings(status.get("conditions")):
        type_, holds = string(condition.get("type")), condition.get("status") == "True"
        reason = string(condition.get("reason"))
        message = string(condition.get("message")) or reason
        if type_ == "PodScheduled" and holds:
            scheduled_at = instant(condition.get("lastTransitionTime"))
        elif type_ == "PodScheduled":
            unschedulable, gated = message, reason == "SchedulingGated"
        elif type_ == "PodReadyToStartContainers" and holds:
            sandbox_at = instant(condition.get("lastTransitionTime"))
        elif type_ in _DISRUPTIONS and holds:
            disruption = message
            disrupted_at = min(instant(condition.get("lastTransitionTime")) or 0.0, disrupted_at or math.inf)
            preempted = preempted or reason == _STOPPED_BY_KUEUE
    inits = list(_own_inits(spec, status))
    inits_ended_at = [instant(mapping(state.get("terminated")).get("finishedAt")) for state in inits]
    return PodView(
        name=meta.name,
        namespace=meta.namespace,
        uid=meta.uid,
        version=meta.version,
        attempt_of=owned,
        disowned=disowned_attempt(metadata) if owned is None else None,
        phase=string(status.get("phase")) or "Pending",
        created_at=meta.created_at,
        container=_container(spec, status),
        node=string(spec.get("nodeName")),
        reason=string(status.get("reason")),
        message=_cut(string(status.get("message"))),
        scheduled_at=scheduled_at,
        accepted_at=instant(status.get("startTime")),
        first_started_at=instant(annotations.get(FIRST_STARTED_AT)),
        pullable_at=max((at for at in (scheduled_at, sandbox_at, *inits_ended_at) if at), default=None),
        mounted=sandbox_at is not None,
        initializing=any("running" in state for state in inits),
        unschedulable=_cut(unschedulable),
        disruption=_cut(disruption),
        disrupted_at=disrupted_at,
        deadline_at=_deadline_at(spec, status),
        deletion_asked_at=_deletion_asked_at(metadata),
        finalizer=_finalizer(metadata.get("finalizers")),
        pools=_pools(string(annotations.get(POOLS))),
        run_pools=_pools(string(annotations.get(RUN_POOLS))),
        graph=intern(string(labels.get(LABEL_REVISION))),
        queue=string(labels.get(LABEL_QUEUE)),
        gated=gated,
        preempted=preempted,
        outlived=_outlived(spec, status),
    )


def _finalizer(finalizers: Any) -> str:
    """The first; empty if there is none."""
    return one_line(string(finalizers[0]), _FINALIZER_MAX) if isinstance(finalizers, list) and finalizers else ""


def _deadline_at(spec: Json, status: Json) -> Instant | None:
    started_at, seconds = instant(status.get("startTime")), foreign.integer(spec.get("activeDeadlineSeconds"))
    return None if started_at is None or seconds is None else started_at + seconds


def _outlived(spec: Json, status: Json) -> Outlived | None:
    """Native sidecars, which are init containers, end by themselves."""
    main_ended_at, others_run = None, False
    for container in mappings(status.get("containerStatuses")):
        ended = mapping(mapping(container.get("state")).get("terminated"))
        if container.get("name") == MAIN:
            main_ended_at = instant(ended.get("finishedAt"))
        else:
            others_run = others_run or not ended
    started_at = instant(status.get("startTime"))
    if not others_run or main_ended_at is None or started_at is None or main_ended_at < started_at:
        return None
    grace_s = foreign.integer(spec.get("terminationGracePeriodSeconds")) or 0
    return Outlived(int(main_ended_at - started_at) + 1, grace_s)


def _pools(annotation: str) -> PoolClaim:
    """The claim that `build_pod` wrote; empty for a malformed annotation, which is not ours."""
    try:
        claim = foreign.parse(annotation) if annotation else {}
    except ValueError:
        return ()
    return known_claim(claim)


def _container(spec: Json, status: Json) -> ContainerState:
    main = next((each for each in mappings(status.get("containerStatuses")) if each.get("name") == MAIN), {})
    state = mapping(main.get("state"))
    if terminated := mapping(state.get("terminated")):
        message = string(terminated.get("message"))
        if terminated.get("exitCode") == 0 and message:
            written = OutputsFile(message, _outputs_limit(spec))
            return replace(_terminated(terminated | {"message": ""}), written=written)
        return _terminated(terminated)
    if running := mapping(state.get("running")):
        return ContainerState(started_at=instant(running.get("startedAt")))
    for init in mappings(status.get("initContainerStatuses")):  # only the user's own: we add none
        name = string(init.get("name")) or "without a name"
        init_state = mapping(init.get("state"))
        ended, waits = mapping(init_state.get("terminated")), mapping(init_state.get("waiting"))
        if ended.get("exitCode", 0) != 0:
            return replace(_terminated(ended), init=name)
        if waits.get("reason", "PodInitializing") != "PodInitializing":
            return replace(_waiting(waits, f"init container {name}"), init=name)
    return _waiting(mapping(state.get("waiting")))


def _own_inits(spec: Json, status: Json) -> Iterator[Json]:
    """The states of the user's own init containers, but for those that go on beside the others."""
    inits = mappings(spec.get("initContainers"))
    sidecars = {string(init.get("name")) for init in inits if init.get("restartPolicy") == "Always"}
    for init in mappings(status.get("initContainerStatuses")):
        if string(init.get("name")) not in sidecars:
            yield mapping(init.get("state"))


def _outputs_limit(spec: Json) -> int:
    """Bytes the kubelet keeps of each container's termination message.

    https://github.com/kubernetes/kubernetes/blob/v1.35.4/pkg/kubelet/status/status_manager.go (normalizeStatus)
    """
    containers = sum(len(mappings(spec.get(kind))) for kind in ("containers", "initContainers", "ephemeralContainers"))
    return min(_OUTPUTS_MAX, _OUTPUTS_MAX_OF_ALL // max(1, containers))


def _terminated(state: Json) -> ContainerState:
    return ContainerState(
        started_at=instant(state.get("startedAt")) or None,  # 1970 for a program that could not be started
        finished_at=instant(state.get("finishedAt")),
        exit_code=foreign.integer(state.get("exitCode")),
        reason=string(state.get("reason")),
        message=_cut(string(state.get("message"))),
    )


def _waiting(state: Json, origin: str = "") -> ContainerState:
    words = _cut(": ".join(filter(None, (origin, string(state.get("message"))))))
    return ContainerState(waiting=string(state.get("reason")), message=words)


def _deletion_asked_at(metadata: Json) -> Instant | None:
    """When the deletion was requested. `deletionTimestamp` is later: it is when the grace period ends."""
    ends_at = instant(metadata.get("deletionTimestamp"))
    grace_s = foreign.integer(metadata.get("deletionGracePeriodSeconds")) or 0
    return None if ends_at is None else ends_at - grace_s


def _cut(text: str) -> str:
    return one_line(text, MESSAGE_MAX)
