"""References from one task to another: `$(tasks.extract.outputs.files)`, `$(tasks.extract.phase)`, and `when:
tasks.extract.phase == 'Failed'`.

1. A reference implies the dependency.
2. A task that reads outputs of another needs them, whatever the trigger rule: otherwise there is nothing to put in the
   placeholder. One that reads how another ended needs only its end.
3. What a `finally` task asks about how others ended, in `when` or in a placeholder, implies a dependency on other
   `finally` tasks only. All the rest have ended before it starts, and may well have failed.
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from sluice.core import Json
from sluice.core.cel.program import compile_condition, tasks_read
from sluice.core.graph.placeholders import UNFILLED, placeholders_in

ENDS = ("phase", "exitCode", "message")
"""What a placeholder may say of how a task ended."""
_READ = re.compile(rf"tasks\.([a-z0-9-]+)\.(?:({'|'.join(ENDS)})|outputs\.([A-Za-z_][-A-Za-z0-9_]*))")


@dataclass(frozen=True, slots=True)
class Read:
    """What a placeholder reads of the task `task`: its output `output`, or, with `end`, one of ENDS."""

    task: str
    output: str = ""
    end: str = ""

    @classmethod
    def of(cls, placeholder: str) -> "Read | None":
        """From the words between the brackets. None if they read nothing of a task."""
        found = _READ.fullmatch(placeholder)
        return cls(found[1], found[3] or "", found[2] or "") if found else None

    def __str__(self) -> str:
        return f"tasks.{self.task}.{self.end or f'outputs.{self.output}'}"


@dataclass(frozen=True, slots=True)
class Reference:
    """The placeholder at `path` reads that."""

    path: str
    read: Read

    def implies_dependency(self, *, by_final: bool, final: Container[str]) -> bool:
        """`by_final`: is it one of a `finally` task? `final` are the names of all of these."""
        return bool(self.read.output) or not by_final or self.read.task in final


def references(fields: Json, path: str = "") -> Iterator[Reference]:
    """The references in a task's fields, in their order. `path` is that of the task: where each reference's begins."""
    for name, field in fields.items():
        if name not in UNFILLED:
            for place, placeholder in placeholders_in(field, f"{path}.{name}"):
                if read := Read.of(placeholder):
                    yield Reference(place, read)


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
