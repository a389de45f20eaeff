"""The clock is set back: who waits for a length of time waits no longer than that, counted from now.

So it is with what the operator's own clock began: the pause before a retry, before a poll and after a refusal, an
approval, `wait: {for}`, the time since a gate was lifted. What goes by an instant (`wait: {until}`), by the times of
pods, or by the start of the run (its `timeout`) stays as it is.
"""

from dataclasses import replace

from sluice.core import Instant
from sluice.core.pod.create_errors import create_delay_s
from sluice.core.run.dirty import Topic
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskState, TaskStep


def heed_clock(run: RunState, now: Instant) -> None:
    """To be called at each look. The first takes up a status that was written before the clock was set back."""
    before, run.looked_at = run.looked_at, now
    if before is not None and before <= now:
        return
    if run.creates.backoff is not None:
        run.creates.try_by(now + create_delay_s(run.creates.backoff.refused.tries))
    for number, task in enumerate(run.tasks):
        if task.refused is not None and task.refused.since > now:
            task.refused = replace(task.refused, since=now)
        if task.step is TaskStep.BACKOFF and (task.retry_at or 0.0) > (latest := now + _longest_pause_s(task)):
            task.retry_at = latest
            run.timers.set(latest, number, task.attempt)
            run.dirty.mark(Topic.STATUS, number)
        if task.step is TaskStep.ON_HOLD and task.on_hold_since is not None and task.on_hold_since > now:
            task.on_hold_since = now
            run.dirty.mark(Topic.APPROVAL if task.definition.wait is None else Topic.WAIT, number)
            run.dirty.mark(Topic.STATUS, number)
        if task.ungated_at is not None and task.ungated_at > now:
            task.ungated_at = now
            run.dirty.mark(Topic.POD, number)


def _longest_pause_s(task: TaskState) -> float:
    """Before its next attempt."""
    if task.refused is not None:
        return create_delay_s(task.refused.tries)
    poll = task.definition.poll
    used = max(task.used.limit, task.used.infrastructure)
    backoff_s = task.definition.retries.backoff.delay_s(max(0, used - 1), chance=1)
    if poll is not None and task.polling is not None:  # of an item nobody knows how its last try ended
        return max(poll.every_s, backoff_s)
    return backoff_s
