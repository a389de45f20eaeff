"""When the time of a unit as a whole is up: all its attempts, and what is between them.

The `deadline` counts from its first attempt's start, the `timeout` of `poll` from its first try's. The earlier counts.
"""

from dataclasses import dataclass, replace

from sluice.core import Instant
from sluice.core.base.times import span
from sluice.core.run.task_state import TaskState
from sluice.core.spec.ending import Ending, Outcome


@dataclass(frozen=True, slots=True)
class TimeUp:
    """The unit ends with this `outcome`, whatever retries it has left."""

    at: Instant
    outcome: Outcome
    by_kubelet: bool = False
    """Does the kubelet know of it (`activeDeadlineSeconds`)?"""
    skips: bool = False
    """Is the unit Skipped, and not Failed?"""


def time_up(task: TaskState, by: Instant, last: Outcome | None = None) -> TimeUp | None:
    """The limit that has struck, or will have at `by`. `last` is how the last attempt ended, None if it is cut off."""
    first = min(_limits(task, last), key=lambda limit: limit.at, default=None)
    return first if first is not None and first.at <= by else None


def time_limits(task: TaskState) -> list[Instant]:
    """When each limit strikes that counts by now."""
    return [limit.at for limit in _limits(task, None)]


def _limits(task: TaskState, last: Outcome | None) -> list[TimeUp]:
    found = []
    if task.deadline_at is not None:
        found.append(TimeUp(task.deadline_at, _late(task.definition.deadline_s or 0, last), by_kubelet=True))
    poll, polling = task.definition.poll, task.polling
    if poll is not None and polling is not None and (ends_at := polling.deadline(poll)) is not None:
        found.append(TimeUp(ends_at, polling.timed_out(poll, last), skips=poll.skips))
    return found


def _late(deadline_s: int, last: Outcome | None) -> Outcome:
    message = f"was not done by its deadline, {span(deadline_s)} after its first start"
    if last is None:
        return Outcome(Ending.TIMEOUT, message)
    detail = f"; the last: {last.message}" if last.message and last.ending is not Ending.TIMEOUT else ""
    return replace(last, ending=Ending.TIMEOUT, message=message + detail)
