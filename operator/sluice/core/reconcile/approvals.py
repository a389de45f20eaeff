"""Approvals that wait for a decision: what people have decided since, or their time is up."""

from sluice.core import Instant
from sluice.core.reconcile.propagate import End, end_task
from sluice.core.run.dirty import Topic
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.approval import resolve
from sluice.core.spec.ending import Ending


def may_decide(run: RunState) -> bool:
    """Is there news of an approval, and does the run take any?"""
    return run.dirty.any(Topic.APPROVAL) and run.state != "Suspended" and not run.wind_down.why


def apply_approvals(run: RunState, now: Instant) -> None:
    while may_decide(run):
        for number in run.dirty.take(Topic.APPROVAL):  # the end of one may let others ask
            task = run.tasks[number]
            approval = task.definition.approval
            if task.step is not TaskStep.ON_HOLD or approval is None:
                continue
            on_hold_since = run.hold(number, now)
            outcome = resolve(approval, run.approvals.get(task.definition.name), on_hold_since, now)
            if outcome is not None:
                run.time.add("approval", now - on_hold_since)
                end_task(run, End(number, "Succeeded" if outcome.ending is Ending.SUCCESS else "Failed", outcome))
            elif (due_at := approval.due_at(on_hold_since)) is not None:
                run.timers.set(due_at, number, task.attempt)
