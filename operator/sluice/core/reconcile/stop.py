"""A run winds down: all its tasks are brought to an end, except for those that run at the end (`finally`). With
`failFast: Drain` what runs ends by itself.
"""

from collections.abc import Iterator

from sluice.core import Instant
from sluice.core.reconcile.actions import Delete
from sluice.core.reconcile.attempt import attempt_ended
from sluice.core.reconcile.propagate import End, end_task
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.ending import Ending, Outcome

_NOTHING_UNDER_WAY = (TaskStep.WAITING, TaskStep.READY, TaskStep.BACKOFF, TaskStep.ON_HOLD)


def stop_tasks(run: RunState, now: Instant) -> Iterator[Delete]:
    candidates = run.wind_down.candidates(len(run.tasks))
    for number in candidates:
        task = run.tasks[number]
        if task.definition.final:
            continue
        cause = Outcome(Ending.INFRASTRUCTURE, run.wind_down.why)
        if task.step in _NOTHING_UNDER_WAY:
            end_task(run, End(number, "Stopped"))
        elif run.wind_down.draining or task.termination_cause is not None:
            continue
        elif task.step is TaskStep.LIVE and task.pod and task.pod.attempt_over and task.log_trouble:
            run.terminate(number, cause)
            attempt_ended(run, number, cause, now)  # its program has, and its log may never be read
        elif task.step is TaskStep.LIVE and (pod := task.pod) and not (pod.attempt_over or pod.deleting):
            run.terminate(number, cause)
            yield Delete(pod.name, pod.uid)
        elif task.step is TaskStep.CALLING:
            run.terminate(number, cause)
    if candidates:
        run.ready.drop_ended()
