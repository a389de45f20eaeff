"""Tasks that wait without a pod: approvals, which people decide or whose time is up, and waits, for the clock."""

from sluice.core import Instant
from sluice.core.reconcile.propagate import End, end_task
from sluice.core.run.dirty import News
from sluice.core.run.outputs import values_of
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.approval import Approval, resolve
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.wait import NoTime, Wait


def apply_approvals(run: RunState, now: Instant) -> None:
    later = []
    while run.dirty.any(News.APPROVAL):
        for number in run.dirty.take(News.APPROVAL):  # the end of one may let others ask
            task = run.tasks[number]
            if task.step is not TaskStep.ASKING:
                continue
            if (wait := task.definition.wait) is not None:
                _wait(run, number, wait, now)
            elif run.state == "Suspended" or run.wind_down.why:
                later.append(number)
            elif (approval := task.definition.approval) is not None:
                _decide(run, number, approval, now)
    for number in later:
        run.dirty.mark(News.APPROVAL, number)


def _decide(run: RunState, number: int, approval: Approval, now: Instant) -> None:
    task = run.tasks[number]
    asked_at = run.ask(number, now)
    outcome = resolve(approval, run.approvals.get(task.definition.name), asked_at, now)
    if outcome is not None:
        run.time.add("approval", now - asked_at)
        end_task(run, End(number, "Succeeded" if outcome.ending is Ending.SUCCESS else "Failed", outcome))
    elif (due_at := approval.due_at(asked_at)) is not None:
        run.timers.set(due_at, number, task.attempt)


def _wait(run: RunState, number: int, wait: Wait, now: Instant) -> None:
    task = run.tasks[number]
    ready_at = run.ask(number, now)
    try:
        ends_at = wait.ends_at(ready_at, values_of(run, task))
    except NoTime as error:
        end_task(run, End(number, "Failed", Outcome(Ending.ERROR, str(error), now)))
        return
    if ends_at <= now:
        run.time.add("wait", now - ready_at)
        end_task(run, End(number, "Succeeded"))
    else:
        run.timers.set(ends_at, number, task.attempt)
