"""Faults of `join` and `wait`: fields without a meaning where nothing runs, and times that are none."""

from collections.abc import Iterator

from sluice.core.base.faults import Fault
from sluice.core.graph.placeholders import PLACEHOLDER
from sluice.core.validation.manifest import ParsedManifest
from sluice.core.validation.schedule import moments

_FIELDS = frozenset({"name", "group", "dependsOn", "runIf", "when"})
_JOIN = "a join is where branches meet, and runs nothing; remove this, or make another task of it"
_WAIT = "a wait is time that passes, and runs nothing; remove this, or make another task of it"


def joins_and_waits(found: ParsedManifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        path = f"spec.tasks[{number}]"
        if task.join is not None:
            for field in task.model_dump(by_alias=True, exclude_none=True).keys() - _FIELDS - {"join"}:
                yield Fault(f"{path}.{field}", _JOIN)
        elif task.wait is not None:
            for field in task.model_dump(by_alias=True, exclude_none=True).keys() - _FIELDS - {"wait", "finally"}:
                yield Fault(f"{path}.{field}", _WAIT)
            if (task.wait.for_ is None) == (task.wait.until is None):
                yield Fault(f"{path}.wait", "needs one of `for` and `until`, for example for: 10m")
            if task.wait.until is not None and not PLACEHOLDER.fullmatch(task.wait.until):
                yield from moments({"until": task.wait.until}, f"{path}.wait")
