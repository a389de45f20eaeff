"""A run is brought to an end: all its tasks are, but for those that are there for the end (`finally`)."""

from collections.abc import Iterator

from sluice.core.reconcile.actions import Delete
from sluice.core.reconcile.propagate import end_task
from sluice.core.run.execution import Execution
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.ending import Ending, Outcome


def stop_tasks(run: Execution) -> Iterator[Delete]:
    units = range(len(run.tasks)) if run.stirred is None else sorted(run.stirred)
    run.stirred = set()
    for number in units:
        task = run.tasks[number]
        if task.definition.final:
            continue
        if task.step in (TaskStep.WAITING, TaskStep.READY, TaskStep.BACKOFF, TaskStep.ASKING):
            end_task(run, number, "Stopped")
        elif task.step is TaskStep.LIVE and (pod := task.pod) and not (pod.terminal or pod.deleting or task.doomed):
            task.doomed = Outcome(Ending.INFRASTRUCTURE, run.winding_down)
            yield Delete(pod.name, pod.uid)
        elif task.step is TaskStep.CALLING and task.doomed is None:
            cancel_child(run, number, Outcome(Ending.INFRASTRUCTURE, run.winding_down))
    if units:
        run.only_ready_stay_ready()


def cancel_child(run: Execution, number: int, why: Outcome) -> None:
    """A child run is to stop. The task ends when it has."""
    run.tasks[number].doomed = why
    run.orders += 1
    run.changed.add(number)
