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
from sluice.core.run.task_state import ANY_ATTEMPT, TaskStep
from sluice.core.run.time_limits import time_up


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
            waits_for_log = task.pod.attempt_over and task.log_asked
            due = (
                log_deadline(task.definition, task.pod)
                if waits_for_log
                else pod_deadline(task.definition, task.pod, task.ungated_at, task.warning)
            )
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
        if over.by_kubelet and (later := _left_to_kubelet(task.pod, over.at, now)):
            run.timers.set(later, number, ANY_ATTEMPT)
        else:
            run.terminate(number, over.outcome)
            yield Delete(task.pod.name, task.pod.uid)


def _left_to_kubelet(pod: PodView, at: Instant, now: Instant) -> Instant | None:
    """Until when the kubelet is left to end the pod, which keeps its log; None if it does not, or the program has ended
    already: then its own end counts, once its log is read.
    """
    backstop = at + GRACE_S
    soon = pod.attempt_over or (pod.deadline_at is not None and pod.deadline_at < backstop)
    return backstop if soon and now < backstop else None
