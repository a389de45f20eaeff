"""Approvals that ask: what people have decided since, or the time has."""

import heapq

from sluice.core import Instant
from sluice.core.reconcile.propagate import end_task
from sluice.core.run.execution import Execution
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.approval import resolve
from sluice.core.spec.ending import Ending


def apply_approvals(run: Execution, now: Instant) -> None:
    while run.unheard and run.state != "Suspended" and not run.winding_down:
        asking, run.unheard = sorted(run.unheard), set()
        for number in asking:  # its end may let others ask
            task = run.tasks[number]
            approval = task.definition.approval
            if task.step is not TaskStep.ASKING or approval is None:
                continue
            task.asked_at = task.asked_at or now
            run.changed.add(number)
            task.last = resolve(approval, run.approvals.get(task.definition.name), task.asked_at, now)
            if task.last is not None:
                run.ledger.add("approval", now - task.asked_at)
                end_task(run, number, "Succeeded" if task.last.ending is Ending.SUCCESS else "Failed")
            elif (due_at := approval.due_at(task.asked_at)) is not None:
                heapq.heappush(run.alarms, (due_at, number, task.attempt))
