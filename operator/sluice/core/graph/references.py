"""References from one task to another: `$(tasks.extract.outputs.files)`, `$(tasks.extract.phase)`, and `when:
tasks.extract.phase == 'Failed'`.

1. A reference implies the dependency.
2. A task that reads outputs of another needs them, whatever the trigger rule: otherwise there is nothing to put in the
   placeholder. One that reads how another ended needs only its end.
3. What a `finally` task asks about how others ended, in `when` or in a placeholder, implies a dependency on other
   `finally` tasks only. All the rest have ended before it starts, and may well have failed.
4. A task that is read only as one part of several (`??`) may have been skipped: for the trigger rule that counts as a
   success. In a `finally` task such a part implies no more than what it asks about the end of others does.
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from sluice.core import Json
from sluice.core.cel.program import compile_condition, tasks_read
from sluice.core.graph.placeholders import parts_of, placeholders_of

ENDS = ("phase", "exitCode", "message")
"""What a placeholder may say of how a task ended."""
_READ = re.compile(rf"tasks\.([a-z0-9-]+)\.(?:({'|'.join(ENDS)})|outputs\.([A-Za-z_][-A-Za-z0-9_]*))")


@dataclass(frozen=True, slots=True)
class TaskRead:
    """What a placeholder reads of the task `task`: its output `output`, or, with `end`, one of ENDS."""

    task: str
    output: str = ""
    end: str = ""

    @classmethod
    def of(cls, part: str) -> "TaskRead | None":
        """From a part of it. None if they read nothing of a task."""
        found = _READ.fullmatch(part)
        return cls(found[1], found[3] or "", found[2] or "") if found else None

    def __str__(self) -> str:
        return f"tasks.{self.task}.{self.end or f'outputs.{self.output}'}"


@dataclass(frozen=True, slots=True)
class Reference:
    """The placeholder at `path` reads that. `alone`: it has no other part (`??`); `last`: it has none after this."""

    path: str
    read: TaskRead
    alone: bool
    last: bool

    def implies_dependency(self, *, by_final: bool, final: Container[str]) -> bool:
        """`by_final`: is it one of a `finally` task? `final` are the names of all of these."""
        return bool(self.alone and self.read.output) or not by_final or self.read.task in final


def references(fields: Json, path: str = "") -> Iterator[Reference]:
    """The references in a task's fields, in their order. `path` is that of the task: where each reference's begins."""
    for place, words in placeholders_of(fields, path):
        parts = parts_of(words)
        for number, part in enumerate(parts, start=1):
            if read := TaskRead.of(part):
                yield Reference(place, read, alone=len(parts) == 1, last=number == len(parts))


def optional_tasks(fields: Json) -> frozenset[str]:
    """The tasks that a task reads only as one part of several (`??`), and does not wait for on other grounds."""
    found = list(references(fields))
    if all(each.alone for each in found):
        return frozenset()
    needed = {*(fields.get("dependsOn") or ()), (fields.get("forEach") or {}).get("sameAs")}
    needed |= {each.read.task for each in found if each.alone} | {*tasks_in_condition(fields)}
    return frozenset(each.read.task for each in found) - needed


def tasks_in_condition(fields: Json) -> tuple[str, ...]:
    """The tasks that a task's `when` reads. Empty if it has an error, or there is none."""
    return tasks_read(compile_condition(fields["when"])) if "when" in fields else ()


def dependencies(tasks: Sequence[Json]) -> list[tuple[str, ...]]:
    """For each task of a graph, the tasks that it depends on: those of `dependsOn`, then those that it reads, that of
    `forEach.sameAs`, and those that its `when` implies.
    """
    final = {fields["name"] for fields in tasks if fields.get("finally")}
    return [tuple(dict.fromkeys(_dependencies(fields, final))) for fields in tasks]


def _dependencies(fields: Json, final: Container[str]) -> Iterator[str]:
    by_final = bool(fields.get("finally"))
    yield from fields.get("dependsOn") or ()
    for reference in references(fields):
        if reference.implies_dependency(by_final=by_final, final=final):
            yield reference.read.task
    if same_as := (fields.get("forEach") or {}).get("sameAs"):
        yield same_as
    yield from (name for name in tasks_in_condition(fields) if name in final or not by_final)
