"""Which limits of tasks strike in a plan: those of which it is known well enough how long an attempt takes."""

from collections.abc import Sequence
from dataclasses import replace

from sluice.core.spec.definition import Definition
from sluice.core.spec.task import LateNumbers, TaskDefinition
from sluice.core.status.durations import GUESSED, Took


def that_may_strike(definition: Definition, took: Sequence[Took]) -> Definition:
    """The graph with no others: no guess is too long, and what several attempts took together is no attempt's time."""
    tasks = zip(definition.tasks, took, strict=True)
    return replace(definition, tasks=tuple(_limited(task, each) for task, each in tasks))


def without_timeouts(definition: Definition) -> Definition:
    """The graph as if every attempt had ended in time."""
    return replace(definition, tasks=tuple(_without(task, deadline=False) for task in definition.tasks))


def _limited(task: TaskDefinition, took: Took) -> TaskDefinition:
    guessed = took.source == GUESSED
    return _without(task, deadline=guessed) if guessed or not took.of_one else task


def _without(task: TaskDefinition, *, deadline: bool) -> TaskDefinition:
    """Without its timeout, and without its `deadline` as well if that is said."""
    if task.late is not None:
        late = replace(task.late, timeout=None, deadline=None if deadline else task.late.deadline)
        task = replace(task, late=None if late == LateNumbers() else late)
    if task.timeout_s is None and (task.deadline_s is None or not deadline):
        return task
    return replace(task, timeout_s=None, deadline_s=None if deadline else task.deadline_s)
