"""What follows from the end of an attempt: the task has ended, or there is another one after a while."""

import heapq

from sluice.core import Instant
from sluice.core.pod.create_errors import create_delay_s
from sluice.core.reconcile.propagate import end_task
from sluice.core.run.execution import Execution
from sluice.core.run.retries import PAID_BY_CLUSTER
from sluice.core.run.task_state import TaskState, TaskStep
from sluice.core.spec.ending import Ending, Outcome


def attempt_ended(run: Execution, number: int, ended: Outcome, now: Instant) -> None:
    task = run.tasks[number]
    run.free_slot(number)
    run.ledger.attempt_ended(ended.ending, task.pod, was_unschedulable=task.was_unschedulable)
    if task.pod is not None and not task.gone:
        run.ended_pods.append(task.pod)
    retry_creates_soon(run, now)
    _conclude(run, number, ended, now)


def call_ended(run: Execution, number: int, ended: Outcome, now: Instant) -> None:
    run.children.pop(run.pod_name(number), None)
    run.free_slot(number)
    _conclude(run, number, ended, now)


def _conclude(run: Execution, number: int, ended: Outcome, now: Instant) -> None:
    """What follows from the end of an attempt."""
    task = run.tasks[number]
    task.last = ended
    poll = task.definition.poll
    stopping = run.winding_down and not task.definition.final
    retry = task.after(ended, run.chance(number))
    if retry and (late := _too_late(task, now + retry.delay_s, ended)):
        retry, task.last = None, late
    stopped = stopping and (retry or task.doomed is ended or ended.ending in PAID_BY_CLUSTER)
    if ended.ending is Ending.SUCCESS:
        end_task(run, number, "Succeeded")
    elif stopped or ended.ending is Ending.STOPPED:
        end_task(run, number, "Stopped")
    elif retry:
        task.used = retry.used
        if task.pod is not None and ended.ending in PAID_BY_CLUSTER:
            task.avoid_node = task.pod.node
        run.ledger.add("polling" if poll is not None and poll.not_yet(ended) else "backoff", retry.delay_s)
        schedule_retry(run, number, now + retry.delay_s)
    else:
        end_task(run, number, "Failed")


def _too_late(task: TaskState, at: Instant, ended: Outcome) -> Outcome | None:
    """How a task ends whose next try would start when its time for polling is over."""
    poll, polling = task.definition.poll, task.polling
    if poll is None or polling is None or (ends_at := polling.deadline(poll)) is None or at < ends_at:
        return None
    return polling.timed_out(poll, ended)


def schedule_retry(run: Execution, number: int, until: Instant) -> None:
    task = run.tasks[number]
    task.step, task.retry_at = TaskStep.BACKOFF, until
    run.stir(number)
    heapq.heappush(run.alarms, (until, number, task.attempt))
    run.changed.add(number)


def retry_creates_soon(run: Execution, now: Instant) -> None:
    """A pod has ended or gone, so a quota may have room: do not sit out a long hold."""
    if run.hold is not None:
        run.hold.until = min(run.hold.until, now + create_delay_s(1))
