"""How long a pod may stand still before the operator takes it away, and with which words.

Only an attempt that cannot get better by waiting is given up: a full cluster is not a failed task, but an image that
does not exist is. An attempt's own timeout is enforced by the kubelet (`activeDeadlineSeconds`), so that it holds
while the operator is down; the operator is the backstop, in case the node does not answer.

A pod that somebody keeps from the scheduler waits as long as they like. So does one in a queue of Kueue's: Kueue admits
it when there is room for it, and takes it back (`waitForPodsReady`) where it then finds none.
"""

from dataclasses import dataclass

from sluice.core import Instant
from sluice.core.base.times import span
from sluice.core.pod.view import PodView
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.task import TaskDefinition

IMAGE_S = 600.0
SCHEDULING_S = 24 * 3600.0
SCHEDULING_WITH_SLOTS_S = 3600.0  # of a pool: others wait for what it holds and does not use
_GRACE_S = 60.0  # the kubelet's own 30 s to end the container, and as much again

IMAGE_TROUBLE = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"}
)
CONTAINER_TROUBLE = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})


@dataclass(frozen=True, slots=True)
class Deadline:
    at: Instant
    outcome: Outcome


def pod_deadline(task: TaskDefinition, pod: PodView) -> Deadline | None:
    """When to delete a pod that goes on as it is, and how its attempt has then ended."""
    if pod.terminal or pod.deleting:
        return None
    if pod.scheduled_at is None:
        if pod.gated or pod.queue:
            return None
        limit_s = task.pending_timeout_s or (SCHEDULING_WITH_SLOTS_S if task.pools else SCHEDULING_S)
        return _give_up(pod.created_at, limit_s, f"found no node: {pod.unschedulable or 'not scheduled'}")
    if pod.container.waiting in IMAGE_TROUBLE | CONTAINER_TROUBLE:
        words = f"{pod.container.waiting}: {pod.container.message}"
        return _give_up(pod.scheduled_at, task.pending_timeout_s or IMAGE_S, words)
    if task.timeout_s is not None:
        at = pod.scheduled_at + task.timeout_s + _GRACE_S
        return Deadline(at, Outcome(Ending.TIMEOUT, "took longer than its timeout, and its node did not end it"))
    return None


def _give_up(since: Instant, limit_s: float, words: str) -> Deadline:
    return Deadline(since + limit_s, Outcome(Ending.GAVE_UP, f"gave up after {span(limit_s)}: {words}"))
