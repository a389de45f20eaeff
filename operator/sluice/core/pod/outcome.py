"""How an attempt ended, from its pod's status: what the container `main` did decides, not the pod's phase.

1. If `main` ended before the pod's deadline and the task's, before anybody asked for the pod's deletion and before the
   pod was to be disrupted (see `PodView.ended_by_itself`), its own end decides: exit code 0 is Success, killed for its
   memory OutOfMemory, any other exit code Error. Other containers may go on.
2. Otherwise the deadline has struck: Timeout, or Infrastructure if `main` had not started.
3. Otherwise the cluster or a person ended it: Infrastructure. Preempted if Kueue did, as it often does.
   https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions

A node that lost track of `main` (ContainerStatusUnknown, or Unknown after the node was restarted) knows no end of its
own, and a pod that failed before `main` began is the cluster's. A pod that disappeared before its end was seen is Lost.
"""

from sluice.core import Instant
from sluice.core.pod.view import END_UNKNOWN, PodView
from sluice.core.spec.ending import Ending, Outcome

POD_LOST = Outcome(Ending.LOST, "the pod is gone and nobody saw how it ended")
POD_DISOWNED = Outcome(
    Ending.LOST, "somebody has changed the owner or the labels of its pod, which is no longer its own; delete that pod"
)


def pod_outcome(pod: PodView, deadline_at: Instant | None = None) -> Outcome:
    """The outcome of an attempt that is over, or whose pod is deleted. `deadline_at` is when its task's time was up."""
    finished_at, exit_code = pod.container.finished_at, pod.container.exit_code
    late = deadline_at is not None and finished_at is not None and finished_at >= deadline_at
    if pod.ended_by_itself and not late:
        return _own_end(pod)
    started = pod.container.started_at is not None and not pod.container.init
    if started and late:
        return Outcome(Ending.TIMEOUT, "was not done by its deadline", finished_at, exit_code)
    if pod.reason == "DeadlineExceeded" and started:
        return Outcome(Ending.TIMEOUT, "took longer than its timeout", finished_at, exit_code)
    if pod.preempted:
        return Outcome(Ending.PREEMPTED, f"Kueue took the pod away: {pod.disruption}", finished_at, exit_code)
    return Outcome(Ending.INFRASTRUCTURE, _what_the_cluster_did(pod), finished_at, exit_code)


def _own_end(pod: PodView) -> Outcome:
    main = pod.container
    if main.exit_code == 0:
        return Outcome(Ending.SUCCESS, "", main.finished_at, main.exit_code)
    if main.reason == "OOMKilled":
        words = "ran out of memory (OOMKilled); raise resources.limits.memory"
        return Outcome(Ending.OUT_OF_MEMORY, words, main.finished_at, main.exit_code)
    return Outcome(Ending.ERROR, f"{_exit(pod)}{_own_words(pod)}", main.finished_at, main.exit_code)


def _exit(pod: PodView) -> str:
    """`exit code 3 (StartError): its words`."""
    container = pod.container
    reason = f" ({container.reason})" if container.reason not in ("", "Error", "Completed") else ""
    return ": ".join(filter(None, (f"exit code {container.exit_code}{reason}", container.message)))


def _what_the_cluster_did(pod: PodView) -> str:
    own = _own_words(pod)
    if pod.disruption:
        return f"the pod was evicted: {pod.disruption}{own}"
    if pod.deletion_asked_at is not None:
        return f"the pod was deleted before it had finished{own}"
    if pod.container.init:
        return f"init container {pod.container.init} failed: {_exit(pod)}{own}"
    if pod.container.reason in END_UNKNOWN:
        return f"the node lost track of the container{own}"
    if pod.reason == "DeadlineExceeded":
        return "its timeout was over before its program had started"
    return f"the node turned the pod away{own or ': no reason given'}"


def _own_words(pod: PodView) -> str:
    """What the pod says of itself beside its containers: `: Evicted: The node was low on resource: memory.`"""
    said = () if pod.reason == "DeadlineExceeded" else (pod.reason, pod.message)
    return "".join(f": {word}" for word in said if word)
