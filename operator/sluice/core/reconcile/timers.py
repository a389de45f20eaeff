"""Timers that have gone off: backoffs are over, deadlines have passed."""

from collections.abc import Iterator

from sluice.core import Instant
from sluice.core.pod.deadlines import GRACE_S, is_starting, log_deadline, look_into_start_at, pod_deadline
from sluice.core.pod.view import PodView
from sluice.core.reconcile.actions import Delete, LookIntoStart
from sluice.core.reconcile.attempt import attempt_ended
from sluice.core.reconcile.propagate import end_late
from sluice.core.run import children
from sluice.core.run.dirty import Topic
from sluice.core.run.state import RunState
from sluice.core.run.task_state import ANY_ATTEMPT, TaskState, TaskStep
from sluice.core.run.time_limits import TimeUp, time_up


def fire_timers(run: RunState, now: Instant) -> Iterator[Delete | LookIntoStart]:
    over = False
    for number, attempt in run.timers.due(now):
        task = run.tasks[number]
        if attempt == ANY_ATTEMPT:
            was_ready = task.step is TaskStep.READY
            yield from _end_in_time(run, number, now)
            over = over or (was_ready and task.step is TaskStep.ENDED)
        if attempt != task.attempt:
            continue
        if task.step is TaskStep.BACKOFF and (task.retry_at or 0.0) <= now:
            run.make_ready(number)
        elif task.step is TaskStep.CALLING and task.child is not None and task.termination_cause is None:
            late = children.child_deadline(task.definition, task.child)
            if late is None or late.at > now:
                run.clear_deadline(number)
            else:
                run.terminate(number, late.outcome)
        elif task.step is TaskStep.ON_HOLD:
            run.dirty.mark(Topic.APPROVAL if task.definition.wait is None else Topic.WAIT, number)
        elif task.step is TaskStep.LIVE and task.pod is not None and task.termination_cause is None:
            waits_for_log = task.pod.attempt_over and task.log_asked_at is not None
            if waits_for_log:
                due = log_deadline(task.definition, task.pod, task.log_asked_at or 0.0)
            else:
                due = pod_deadline(task.definition, task.pod, task.ungated_at, task.warning)
            if due is not None and due.at > now and is_starting(task.pod):
                files = task.definition.mounts_files and not task.pod.mounted
                yield LookIntoStart(number, attempt, task.pod.uid, files)
                run.look_again(number, look_into_start_at(task.pod, now), due.at)
            elif due is None or due.at > now:  # the pod got on, and a later deadline has a timer of its own
                run.clear_deadline(number)
            elif waits_for_log:
                attempt_ended(run, number, due.outcome, now)
            else:
                run.terminate(number, due.outcome)
                yield Delete(task.pod.name, task.pod.uid)
    if over:
        run.ready.drop_ended()


def _end_in_time(run: RunState, number: int, now: Instant) -> Iterator[Delete]:
    """Ends a unit whose time as a whole is up."""
    task, over = run.tasks[number], time_up(run.tasks[number], now)
    if over is None:
        return
    if task.step in (TaskStep.READY, TaskStep.BACKOFF):
        end_late(run, number, over)
    elif task.step in (TaskStep.RECORDING, TaskStep.CREATING) or (task.step is TaskStep.CALLING and not task.child):
        run.timers.set(now + 1, number, ANY_ATTEMPT)  # it may exist already: end it when it is seen
    elif task.step is TaskStep.CALLING and not task.termination_cause:
        run.terminate(number, over.outcome)
    elif task.step is TaskStep.LIVE and task.pod and not (task.pod.deleting or task.termination_cause):
        if (later := _left_alone(task, task.pod, over)) is not None and now < later:
            run.timers.set(later, number, ANY_ATTEMPT)
        else:
            run.terminate(number, over.outcome)
            yield Delete(task.pod.name, task.pod.uid)


def _left_alone(task: TaskState, pod: PodView, over: TimeUp) -> Instant | None:
    """Until when a unit whose time is up is let be; None if not at all. A program that had ended before decides itself
    how, once its log is read. And the kubelet is left to end the pod, which keeps its log.
    """
    if pod.attempt_over:
        return max(over.at, task.log_asked_at or 0.0) + GRACE_S
    if over.by_kubelet and pod.deadline_at is not None and pod.deadline_at < over.at + GRACE_S:
        return over.at + GRACE_S
    return None
