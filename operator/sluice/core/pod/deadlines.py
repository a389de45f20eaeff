"""How long a stuck pod may live before the operator deletes it, and the outcome its attempt then gets.

The operator gives up only on what waiting cannot fix: a full cluster is not a failed task, but an image that does not
exist is, and a name that can be no image's at once. A pod that is on its node and does not start, for a mount that
fails or a sidecar that never gets ready, is taken away, which costs a retry of the infrastructure. The kubelet enforces
an attempt's `timeout` (as `activeDeadlineSeconds`), so it holds while the operator is down; the operator is the
backstop for a node that does not respond.

A pod with a scheduling gate has no deadline, nor has one in a Kueue queue: Kueue admits it when there is room, and
evicts it again (`waitForPodsReady`) if it does not become ready.
"""

import math
from dataclasses import dataclass

from sluice.core import Instant
from sluice.core.base.times import span
from sluice.core.pod.view import PodView
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.task import TaskDefinition

IMAGE_S = 600.0
STARTING_S = 600.0  # on its node: its volumes, its image, the containers before it
SCHEDULING_S = 24 * 3600.0
SCHEDULING_WITH_SLOTS_S = 3600.0  # shorter, since it holds pool slots that others wait for
_LOOK_S = 30.0  # few pods take longer from their node to their start, and then somebody wonders
GRACE_S = 60.0  # twice the kubelet's default grace period

NO_SUCH_IMAGE = {
    "InvalidImageName": "write its image as NAME, NAME:TAG or NAME@DIGEST, in lower case and without https://",
    "ErrImageNeverPull": "with imagePullPolicy Never the image must be on the node: load it there, or let it be pulled",
}
"""What no waiting mends, and what to do."""
IMAGE_TROUBLE = frozenset({"ErrImagePull", "ImagePullBackOff", "ImageInspectError", *NO_SUCH_IMAGE})
CONTAINER_TROUBLE = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})
_TROUBLE = IMAGE_TROUBLE | CONTAINER_TROUBLE


@dataclass(frozen=True, slots=True)
class Deadline:
    at: Instant
    outcome: Outcome


def seconds_allowed(task: TaskDefinition, first_started_at: Instant | None, now: Instant) -> int | None:
    """The pod's `activeDeadlineSeconds`: the earlier of the task's `timeout` and what is left of its `deadline`. Before
    the first attempt has started, all of it is; None for no limit.
    """
    left_s = task.deadline_s
    if left_s is not None and first_started_at is not None:
        left_s = max(1, math.ceil(first_started_at + left_s - now))
    return min((limit_s for limit_s in (task.timeout_s, left_s) if limit_s is not None), default=None)


def pod_deadline(
    task: TaskDefinition, pod: PodView, ungated_at: Instant | None = None, warning: str = ""
) -> Deadline | None:
    """When to delete the pod unless it changes, and the attempt's outcome then. None if it may go on.

    `ungated_at`: when its last scheduling gate was lifted, if it had one; `warning`: its newest Warning Event.
    """
    if pod.attempt_over or pod.deleting:
        return None
    if pod.scheduled_at is None:
        if pod.gated or pod.queue:
            return None
        limit_s = task.pending_timeout_s or (SCHEDULING_WITH_SLOTS_S if task.pools else SCHEDULING_S)
        return _give_up(ungated_at or pod.created_at, limit_s, f"found no node: {pod.unschedulable or 'not scheduled'}")
    if mend := NO_SUCH_IMAGE.get(pod.container.waiting):
        words = f"{pod.container.waiting}: {pod.container.message}; {mend}"
        return Deadline(pod.scheduled_at, Outcome(Ending.GAVE_UP, words))
    if pod.container.waiting in _TROUBLE:
        reason = f"{pod.container.waiting}: {pod.container.message}"
        return _give_up(pod.pullable_at or pod.scheduled_at, task.pending_timeout_s or IMAGE_S, reason)
    if is_starting(pod):
        limit_s = task.pending_timeout_s or STARTING_S
        state = ": ".join(filter(None, (pod.container.waiting, pod.container.message, warning)))
        words = (
            f"did not start in {span(limit_s)} on node {pod.node or 'without a name'}{f': {state}' if state else ''}"
        )
        at = (pod.pullable_at or pod.scheduled_at) + limit_s
        if task.timeout_s is not None:
            at = min(at, pod.scheduled_at + task.timeout_s + GRACE_S)
        return Deadline(at, Outcome(Ending.INFRASTRUCTURE, words))
    if task.timeout_s is not None:
        at = pod.scheduled_at + task.timeout_s + GRACE_S
        if pod.begun_at is None:  # an init container runs
            words = "its timeout was over before its program had started, and its node did not end it"
            return Deadline(at, Outcome(Ending.INFRASTRUCTURE, words))
        return Deadline(at, Outcome(Ending.TIMEOUT, "took longer than its timeout, and its node did not end it"))
    return None


def is_starting(pod: PodView) -> bool:
    """Is it on its node, with nothing that runs there and nothing that says why?"""
    return (
        not (pod.terminal or pod.deleting or pod.initializing)
        and pod.scheduled_at is not None
        and pod.container.started_at is None
        and pod.container.exit_code is None
        and pod.container.waiting not in _TROUBLE
    )


def look_into_start_at(pod: PodView, now: Instant | None = None) -> Instant:
    """When to look into a pod that is starting: half a minute after it could, and again after twice that time. `now`:
    it is being looked into at this moment.
    """
    since = pod.pullable_at or pod.scheduled_at or pod.created_at
    return since + _LOOK_S if now is None else now + max(_LOOK_S, now - since)


def log_deadline(task: TaskDefinition, pod: PodView, asked_at: Instant) -> Deadline | None:
    """Until when the log of a program that has ended well is tried to be read, which its attempt waits for. `asked_at`:
    since when, for the operator may have been away until then.
    """
    if task.timeout_s is None or pod.scheduled_at is None:
        return None
    words = "took longer than its timeout: its log, which has its outputs, cannot be read"
    return Deadline(max(pod.scheduled_at + task.timeout_s, asked_at) + GRACE_S, Outcome(Ending.TIMEOUT, words))


def _give_up(since: Instant, limit_s: float, reason: str) -> Deadline:
    return Deadline(since + limit_s, Outcome(Ending.GAVE_UP, f"gave up after {span(limit_s)}: {reason}"))
