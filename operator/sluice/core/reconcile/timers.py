"""What has waited long enough: backoffs are over, deadlines have passed."""

import heapq
from collections.abc import Iterator

from sluice.core import Instant
from sluice.core.pod.deadlines import pod_deadline
from sluice.core.reconcile.actions import Delete
from sluice.core.reconcile.propagate import end_task
from sluice.core.reconcile.stop import cancel_child
from sluice.core.run import children
from sluice.core.run.execution import Execution
from sluice.core.run.task_state import ANY_ATTEMPT, TaskStep


def fire_timers(run: Execution, now: Instant) -> Iterator[Delete]:
    over = False
    while run.alarms and run.alarms[0][0] <= now:
        _, number, attempt = heapq.heappop(run.alarms)
        task = run.tasks[number]
        if attempt == ANY_ATTEMPT:
            was_ready = task.step is TaskStep.READY
            yield from _stop_polling(run, number, now)
            over = over or (was_ready and task.step is TaskStep.ENDED)
        if attempt != task.attempt:
            continue
        if task.step is TaskStep.BACKOFF and (task.retry_at or 0.0) <= now:
            run.make_ready(number)
        elif task.step is TaskStep.CALLING and task.child is not None and task.doomed is None:
            late = children.child_deadline(task.definition, task.child)
            if late is None or late.at > now:
                task.alarm_at = None
                continue
            cancel_child(run, number, late.outcome)
        elif task.step is TaskStep.ASKING:
            run.unheard.add(number)
        elif task.step is TaskStep.LIVE and task.pod is not None and task.doomed is None:
            due = pod_deadline(task.definition, task.pod)
            if due is None or due.at > now:  # it got on, and a later deadline has an alarm of its own
                task.alarm_at = None
                continue
            task.doomed = due.outcome
            yield Delete(task.pod.name, task.pod.uid)
    if over:
        run.only_ready_stay_ready()


def _stop_polling(run: Execution, number: int, now: Instant) -> Iterator[Delete]:
    task, poll = run.tasks[number], run.tasks[number].definition.poll
    if poll is None or task.polling is None:
        return
    over = task.polling.timed_out(poll, None)
    if task.step in (TaskStep.READY, TaskStep.BACKOFF):
        task.last = over
        end_task(run, number, "Failed")
    elif task.step in (TaskStep.RECORDING, TaskStep.CREATING):  # its pod may exist already: end it when it is seen
        heapq.heappush(run.alarms, (now + 1, number, ANY_ATTEMPT))
    elif task.step is TaskStep.LIVE and task.pod is not None and not task.pod.deleting and task.doomed is None:
        task.doomed = over
        yield Delete(task.pod.name, task.pod.uid)
