"""Waits, which end with their time: also while the run is suspended, and at its end (`finally`)."""

from sluice.core import Instant
from sluice.core.reconcile.propagate import End, end_task
from sluice.core.run.dirty import Topic
from sluice.core.run.outputs import values_of
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.wait import NoTime


def end_waits(run: RunState, now: Instant) -> None:
    while run.dirty.any(Topic.WAIT):
        for number in run.dirty.take(Topic.WAIT):  # the end of one may let others begin
            task = run.tasks[number]
            wait = task.definition.wait
            if task.step is not TaskStep.ON_HOLD or wait is None:
                continue
            ready_at = run.hold(number, now)
            try:
                ends_at = wait.ends_at(ready_at, values_of(run, task))
            except NoTime as error:
                end_task(run, End(number, "Failed", Outcome(Ending.ERROR, str(error), now)))
                continue
            if ends_at <= now:
                run.time.add("wait", now - ready_at)
                end_task(run, End(number, "Succeeded"))
            else:
                run.timers.set(ends_at, number, task.attempt)
