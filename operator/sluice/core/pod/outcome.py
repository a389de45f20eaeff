"""How an attempt ended, from what Kubernetes reports of its pod. The first match counts.

1. The pod's deadline passed: Timeout.
2. The cluster or a person took the pod away before its container had ended: Infrastructure, even with exit code 0,
   since a program that answers SIGTERM with 0 has not done its work.
   https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
   If it was Kueue, which takes pods away as a matter of course: Preempted.
3. Killed for its memory: OutOfMemory.
4. Exit code 0: Success.
5. Any other exit code: Error.

A container whose end its node does not know (ContainerStatusUnknown) is the cluster's as well. A pod that failed
without its container ever having ended was turned away by its node: Infrastructure. A pod that is gone before its end
was seen is Lost.
"""

from sluice.core.pod.view import PodView
from sluice.core.spec.ending import Ending, Outcome


def pod_outcome(pod: PodView) -> Outcome:
    """Of a pod that is terminal, or was deleted."""
    container = pod.container
    finished_at, exit_code = container.finished_at, container.exit_code
    if pod.reason == "DeadlineExceeded":
        return Outcome(Ending.TIMEOUT, "took longer than its timeout", finished_at, exit_code)
    if pod.preempted:
        return Outcome(Ending.PREEMPTED, f"Kueue took the pod away: {pod.disruption}", finished_at, exit_code)
    if pod.disruption:
        return Outcome(Ending.INFRASTRUCTURE, f"the pod was evicted: {pod.disruption}", finished_at, exit_code)
    if _taken_away(pod):
        return Outcome(Ending.INFRASTRUCTURE, "the pod was deleted before it had finished", finished_at, exit_code)
    if container.reason == "ContainerStatusUnknown":
        return Outcome(Ending.INFRASTRUCTURE, "the node lost track of the container", finished_at)
    if container.reason == "OOMKilled":
        return Outcome(
            Ending.OUT_OF_MEMORY, "ran out of memory (OOMKilled); raise resources.limits.memory", finished_at, exit_code
        )
    if container.exit_code == 0:
        return Outcome(Ending.SUCCESS, "", finished_at, exit_code)
    if container.exit_code is not None:
        words = f": {container.message}" if container.message else ""
        why = f" ({container.reason})" if container.reason not in ("", "Error") else ""
        return Outcome(Ending.ERROR, f"exit code {container.exit_code}{why}{words}", finished_at, exit_code)
    words = ": ".join(filter(None, (pod.reason, pod.message))) or "no reason given"
    return Outcome(Ending.INFRASTRUCTURE, f"the node turned the pod away: {words}")


def _taken_away(pod: PodView) -> bool:
    if pod.deletion_asked_at is None:
        return False
    finished_at = pod.container.finished_at
    return finished_at is None or finished_at >= pod.deletion_asked_at  # whole seconds: in doubt, run it again


POD_LOST = Outcome(Ending.LOST, "the pod is gone and nobody saw how it ended")
