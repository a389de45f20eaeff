"""Faults of `join`: fields without a meaning where nothing runs."""

from collections.abc import Iterator

from sluice.core.base.faults import Fault
from sluice.core.validation.manifest import Manifest

_FIELDS = frozenset({"name", "dependsOn", "runIf", "when", "join"})


def joins(found: Manifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        if task.join is None:
            continue
        for field in task.model_dump(by_alias=True, exclude_none=True).keys() - _FIELDS:
            words = "a join is where branches meet, and runs nothing; remove this, or make another task of it"
            yield Fault(f"spec.tasks[{number}].{field}", words)
