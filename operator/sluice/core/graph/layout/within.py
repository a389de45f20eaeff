"""Sub-workflows in place: the tasks of a child run where the task stands that called it."""

from collections.abc import Sequence
from dataclasses import replace

from sluice.core.graph.layout.task import LayoutTask


def within(tasks: Sequence[LayoutTask], caller: str, called: Sequence[LayoutTask]) -> tuple[LayoutTask, ...]:
    """`called` in place of the task `caller`, as a group of its name. What waits for the caller waits for the last of
    them, and its `finally` tasks come after all others of them.
    """
    ordinary = [task for task in called if not task.final]
    before_final = _last(ordinary)
    found: list[LayoutTask] = []
    for task in tasks:
        if task.name != caller:
            found.append(task)
            continue
        for each in called:
            own = each.depends_on or (before_final if each.final else ())
            before = tuple(f"{caller}/{name}" for name in own) or task.depends_on
            found.append(replace(each, name=f"{caller}/{each.name}", depends_on=before, group=caller, final=task.final))
    ends = tuple(f"{caller}/{name}" for name in _last([task for task in called if task.final]) or before_final)
    return tuple(replace(task, depends_on=_without(task.depends_on, caller, ends)) for task in found)


def _last(tasks: Sequence[LayoutTask]) -> tuple[str, ...]:
    """The names of those that no other waits for."""
    awaited = {name for task in tasks for name in task.depends_on}
    return tuple(task.name for task in tasks if task.name not in awaited)


def _without(names: tuple[str, ...], caller: str, ends: tuple[str, ...]) -> tuple[str, ...]:
    if caller not in names:
        return names
    return tuple(each for name in names for each in (ends if name == caller else (name,)))
