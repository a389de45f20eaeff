"""How an attempt ended, from its pod's status. The first match counts.

1. The pod exceeded its deadline: Timeout.
2. The cluster or a person removed the pod before its container had exited: Infrastructure, even with exit code 0,
   since a program that exits with 0 on SIGTERM has not done its work. Preempted if Kueue removed it, as it often does.
   https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
3. The node lost track of the container (ContainerStatusUnknown): Infrastructure.
4. Killed for its memory: OutOfMemory.
5. Exit code 0: Success. Any other: Error.
6. The pod failed and its container has no exit code: its node rejected it, so Infrastructure.

A pod that disappeared before its end was seen is Lost.
"""

from sluice.core.pod.view import PodView
from sluice.core.spec.ending import Ending, Outcome


def pod_outcome(pod: PodView) -> Outcome:
    """The outcome of an attempt whose pod is terminal or deleted."""
    container = pod.container
    finished_at, exit_code = container.finished_at, container.exit_code
    if pod.reason == "DeadlineExceeded":
        return Outcome(Ending.TIMEOUT, "took longer than its timeout", finished_at, exit_code)
    if pod.preempted:
        return Outcome(Ending.PREEMPTED, f"Kueue took the pod away: {pod.disruption}", finished_at, exit_code)
    if pod.disruption:
        return Outcome(Ending.INFRASTRUCTURE, f"the pod was evicted: {pod.disruption}", finished_at, exit_code)
    if _deleted_early(pod):
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
        message = f": {container.message}" if container.message else ""
        reason = f" ({container.reason})" if container.reason not in ("", "Error") else ""
        return Outcome(Ending.ERROR, f"exit code {container.exit_code}{reason}{message}", finished_at, exit_code)
    message = ": ".join(filter(None, (pod.reason, pod.message))) or "no reason given"
    return Outcome(Ending.INFRASTRUCTURE, f"the node turned the pod away: {message}")


def _deleted_early(pod: PodView) -> bool:
    if pod.deletion_asked_at is None:
        return False
    finished_at = pod.container.finished_at
    return (
        finished_at is None or finished_at >= pod.deletion_asked_at
    )  # times are whole seconds; if equal, run it again


POD_LOST = Outcome(Ending.LOST, "the pod is gone and nobody saw how it ended")
