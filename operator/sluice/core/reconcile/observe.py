"""Reads the pods and child runs that changed: which attempts have ended, and how.

An attempt whose program exited with 0 has succeeded once its outputs are known: from its file together with the pod, or
from its log once that has been read.
"""

from collections.abc import Iterator
from dataclasses import replace

from sluice.core import Instant, Json
from sluice.core.pod.deadlines import is_starting, log_deadline, look_into_start_at, pod_deadline
from sluice.core.pod.outcome import POD_LOST, pod_outcome
from sluice.core.pod.view import PodView
from sluice.core.reconcile.actions import ReadLog
from sluice.core.reconcile.attempt import attempt_ended, call_ended
from sluice.core.run import children
from sluice.core.run.dirty import Topic
from sluice.core.run.state import RunState
from sluice.core.run.task_state import ANY_ATTEMPT, TaskState, TaskStep
from sluice.core.run.time_limits import time_limits
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.outputs import InvalidOutputs, parse_log_outputs, parse_log_text, parse_outputs, parse_stdout


def observe(run: RunState, now: Instant) -> Iterator[ReadLog]:
    for number in run.dirty.take(Topic.POD):
        task = run.tasks[number]
        if task.step is TaskStep.CALLING:
            _read_child(run, number, now)
        if task.step is not TaskStep.LIVE:
            continue
        run.dirty.mark(Topic.STATUS, number)
        _note_times(run, task, now)
        if task.pod is not None:
            _note_first_start(run, number, task.pod)
        if task.pod is None:
            if task.pod_deleted:
                attempt_ended(run, number, POD_LOST, now)
        elif task.pod.attempt_over or task.pod_deleted:
            ended = _outcome(task)
            if ended.ending is not Ending.SUCCESS or not task.definition.outputs:
                attempt_ended(run, number, ended, now)
            elif not task.outputs_in_log or task.log is not None or task.pod_deleted:
                attempt_ended(run, number, _with_outputs(run, number, task.pod, ended), now)
            elif task.log_asked_at is None:
                task.request_log(now)
                if late := log_deadline(task.definition, task.pod, now):
                    run.set_deadline(number, late.at)
                yield ReadLog(number, task.attempt, task.pod.name, whole=task.definition.outputs_as_text)
        elif due := pod_deadline(task.definition, task.pod, task.ungated_at):
            if is_starting(task.pod):
                run.look_again(number, task.look_at or look_into_start_at(task.pod), due.at)
            else:
                run.set_deadline(number, due.at)


def _note_times(run: RunState, task: TaskState, now: Instant) -> None:
    if (begun_at := task.note_pod(now)) is not None:
        run.time.add("operator", now - begun_at)


def _note_first_start(run: RunState, number: int, attempt: PodView | children.ChildView) -> None:
    """What counts from there is watched from now on."""
    task = run.tasks[number]
    if task.definition.deadline_s is None and task.definition.poll is None:
        return
    known = (task.first_started_at, task.polling)
    if isinstance(attempt, PodView):
        task.note_first_start(attempt.begun_at)
        task.note_first_try(attempt)
    else:
        task.note_first_start(attempt.started_at)
    if (task.first_started_at, task.polling) != known:
        for at in time_limits(task):
            run.timers.set(at, number, ANY_ATTEMPT)


def _outcome(task: TaskState) -> Outcome:
    pod = task.pod
    if pod is None or (task.pod_deleted and not (pod.attempt_over or pod.deleting or pod.preempted)):
        return task.termination_cause or POD_LOST
    found = pod_outcome(pod, task.deadline_at)
    if pod.ended_by_itself and found.ending is not Ending.TIMEOUT:
        return found  # whatever we have asked for since
    return task.termination_cause or found


def _read_child(run: RunState, number: int, now: Instant) -> None:
    task = run.tasks[number]
    run.dirty.mark(Topic.STATUS, number)
    child = task.child
    if child is not None:
        _note_first_start(run, number, child)
    if task.pod_deleted or (child is not None and child.ended):
        ended = children.CHILD_LOST if child is None else children.child_outcome(child)
        if child is not None and ended.ending is Ending.SUCCESS:
            ended = _with_outputs_of(run, number, child, ended)
        else:
            ended = task.termination_cause or ended
        call_ended(run, number, ended, now)
        return
    due = None if child is None else children.child_deadline(task.definition, child)
    if due is not None:
        run.set_deadline(number, due.at)


def _with_outputs(run: RunState, number: int, pod: PodView, ended: Outcome) -> Outcome:
    """A program that ended well and did not hand on what its task declares has failed."""
    task = run.tasks[number]
    of_task = run.tasks.fan_outs[task.group].output_bytes if task.group is not None else 0
    outputs: Json | InvalidOutputs
    definition, taken = task.definition, run.output_bytes
    declared, defaults, written = definition.outputs, definition.output_defaults, pod.container.written
    if not task.outputs_in_log and definition.outputs_as_text:
        outputs = parse_stdout(written, declared[0], taken, of_task)
    elif not task.outputs_in_log:
        outputs = parse_outputs(written, declared, taken, of_task, defaults)
    elif task.log == "" and (size := task.bytes_in_log) is not None:
        words = f"its log does not have, in one piece, the {size} bytes of outputs of which its file speaks"
        return replace(ended, ending=Ending.INFRASTRUCTURE, message=words)
    elif task.log is not None:
        if definition.outputs_as_text:
            outputs = parse_log_text(task.log, declared[0], taken, of_task)
        else:
            outputs = parse_log_outputs(task.log, declared, taken, of_task, defaults)
        task.drop_log()
    else:
        return replace(ended, ending=Ending.LOST, message="the pod is gone, and with it the log that has its outputs")
    return _handed_on(run, number, outputs, ended)


def _with_outputs_of(run: RunState, number: int, child: children.ChildView, ended: Outcome) -> Outcome:
    """As with a program, of a child run that has succeeded."""
    task = run.tasks[number]
    if not task.definition.outputs:
        return ended
    of_task = run.tasks.fan_outs[task.group].output_bytes if task.group is not None else 0
    declared, defaults = task.definition.outputs, task.definition.output_defaults
    outputs = children.child_outputs(child, declared, run.output_bytes, of_task, defaults)
    return _handed_on(run, number, outputs, ended)


def _handed_on(run: RunState, number: int, outputs: Json | InvalidOutputs, ended: Outcome) -> Outcome:
    if isinstance(outputs, InvalidOutputs):
        return replace(ended, ending=Ending.ERROR, message=outputs.message)
    run.set_outputs(number, outputs)
    return ended
