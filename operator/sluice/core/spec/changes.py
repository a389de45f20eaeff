"""What a manifest changes of a Workflow that is there: of its tasks, and of what starts nothing by itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluice.core import Json
from sluice.core.base.naming import settings_of
from sluice.core.base.text import as_text, one_line
from sluice.core.spec.definition import Definition
from sluice.core.spec.task import TaskDefinition

SAME, CHANGED, NEW, GONE = "=", "~", "+", "-"
_LONG = ("bash", "python", "podTemplate", "function")
_SHOWN = 3
_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Change:
    """Of the task, or of the Workflow's field `name`. `sign` is one of the four above."""

    name: str
    sign: str
    words: str = ""


def changes_of_tasks(old: Definition | None, new: Definition) -> list[Change]:
    """One for each task, in the manifest's order, and then those that are gone. Without `old` all are new."""
    before = {} if old is None else {task.name: task for task in old.tasks}
    found = [_of_task(old, before.get(task.name), new, number) for number, task in enumerate(new.tasks)]
    now = {task.name for task in new.tasks}
    return found + [Change(name, GONE, "gone") for name in before if name not in now]


def _of_task(old: Definition | None, before: TaskDefinition | None, new: Definition, number: int) -> Change:
    task = new.tasks[number]
    if old is None or before is None:
        after = [new.tasks[each].name for each in new.graph.dependencies[number]]
        return Change(task.name, NEW, f"new, after {_few(after)}" if after else "new")
    words = list(differences(before.fields, task.fields))
    files, were = new.files_of(task), old.files_of(before)
    words += [
        f"file {name} changed" for name in sorted(files.keys() | were.keys()) if files.get(name) != were.get(name)
    ]
    return Change(task.name, CHANGED, _few(words)) if words else Change(task.name, SAME, "unchanged")


def _few(words: list[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def changes_of_settings(old: Json, new: Json) -> list[Change]:
    """Of two specs of a Workflow, what is no part of its graph."""
    names = dict.fromkeys([*settings_of(new), *settings_of(old)])
    fields = [name for name in names if old.get(name) != new.get(name)]
    return [Change(name, CHANGED, f"{_value(old.get(name))} → {_value(new.get(name))}") for name in fields]


def differences(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """`image a:1 → a:2`, `bash changed`, `env changed`, field by field."""
    for name in dict.fromkeys([*new, *old]):
        before, now, place = old.get(name), new.get(name), f"{path}{name}"
        if before == now:
            continue
        if isinstance(before, dict) and isinstance(now, dict) and name not in _LONG:
            yield from differences(before, now, f"{place}.")
        elif name in _LONG or isinstance(before, list | dict) or isinstance(now, list | dict):
            yield f"{place} {'added' if before is None else 'removed' if now is None else 'changed'}"
        else:
            yield f"{place} {_value(before)} → {_value(now)}"


def _value(value: Any) -> str:
    return "none" if value is None else one_line(as_text(value), _WIDTH)
