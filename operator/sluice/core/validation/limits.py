"""Faults of what a task asks of the limits that runs share."""

from collections.abc import Iterator

from sluice.core.errors import Fault
from sluice.core.validation.manifest import Manifest


def one_entry_for_a_pool(found: Manifest) -> Iterator[Fault]:
    for number, task in found.tasks.items():
        first: dict[str, int] = {}
        for place, pool in enumerate(task.pools or ()):
            if pool.name in first:
                path = f"spec.tasks[{number}].pools[{place}].name"
                yield Fault(path, f"'{pool.name}' stands in pools[{first[pool.name]}] already; add its slots there")
            first.setdefault(pool.name, place)
