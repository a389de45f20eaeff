"""Faults of `pools`, of tasks and of the run."""

from collections.abc import Iterator, Sequence

from sluice.core.base.faults import Fault
from sluice.core.validation.manifest import ParsedManifest, name_of


def one_entry_for_a_pool(found: ParsedManifest) -> Iterator[Fault]:
    yield from _twice(_held_by_run(found), "spec")
    for number, task in found.tasks.items():
        yield from _twice([pool.name for pool in task.pools or ()], f"spec.tasks[{number}]")


def held_by_tasks_or_by_runs(found: ParsedManifest) -> Iterator[Fault]:
    held = _held_by_run(found)
    for number, task in found.tasks.items():
        for place, pool in enumerate(task.pools or ()):
            if pool.name in held:
                path = f"spec.tasks[{number}].pools[{place}].name"
                words = "and a Pool is held by tasks or by whole runs, never both; remove one of the two"
                where = f"spec.pools[{held.index(pool.name)}]"
                yield Fault(path, f"each run holds slots of '{pool.name}' ({where}), {words}")


def _held_by_run(found: ParsedManifest) -> list[str | None]:
    pools = found.raw.get("pools")
    return [name_of(pool) for pool in pools] if isinstance(pools, list) else []


def _twice(names: Sequence[str | None], where: str) -> Iterator[Fault]:
    for place, name in enumerate(names):
        if name is not None and (first := names.index(name)) < place:
            path = f"{where}.pools[{place}].name"
            yield Fault(path, f"'{name}' stands in pools[{first}] already; add its slots there")
