"""References from one task to another: `$(tasks.extract.outputs.files)`, and `when: tasks.extract.phase == 'Failed'`.
They imply the dependency.

A task that reads the outputs of another starts when that one has succeeded, whatever its trigger rule: there is nothing
to put in the place of outputs that do not exist.

A `finally` task starts after all others anyhow, so what its `when` asks about them is no dependency: they may have
failed.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sluice.api.run import TaskPhase
from sluice.core import Json
from sluice.core.cel.program import compile_condition, tasks_read
from sluice.core.graph.placeholders import UNFILLED, placeholders_in
from sluice.core.graph.trigger_rules import Verdict

_OUTPUT = re.compile(r"tasks\.([a-z0-9-]+)\.outputs\.([A-Za-z_][-A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Reference:
    """`path` is where it stands, `output` the key that is read."""

    path: str
    task: str
    output: str


def output_of(placeholder: str) -> tuple[str, str] | None:
    """(task, key) of the words between a placeholder's brackets, None if they mean something else."""
    found = _OUTPUT.fullmatch(placeholder)
    return (found[1], found[2]) if found else None


def references(fields: Json, path: str = "") -> Iterator[Reference]:
    """Those of a task, in the order of its fields."""
    for name, field in fields.items():
        if name not in UNFILLED:
            for place, placeholder in placeholders_in(field, f"{path}.{name}"):
                if output := output_of(placeholder):
                    yield Reference(place, *output)


def reads(fields: Json) -> tuple[str, ...]:
    """The tasks whose outputs a task reads."""
    return tuple(dict.fromkeys(reference.task for reference in references(fields)))


def needs(fields: Json) -> tuple[str, ...]:
    """All that a task depends on but for its `when`: what it says, then what its references imply, and whose items it
    goes by.
    """
    same_as = (fields.get("forEach") or {}).get("sameAs")
    return tuple(dict.fromkeys([*(fields.get("dependsOn") or ()), *reads(fields), *filter(None, (same_as,))]))


def tasks_in_condition(fields: Json) -> tuple[str, ...]:
    """The tasks that a task's `when` asks about."""
    return tasks_read(compile_condition(fields["when"])) if "when" in fields else ()


def dependencies(tasks: Sequence[Json]) -> list[tuple[str, ...]]:
    """What each task of a graph depends on."""
    final = {fields["name"] for fields in tasks if fields.get("finally")}
    return [
        tuple(
            dict.fromkeys(
                [*needs(fields), *(n for n in tasks_in_condition(fields) if n in final or not fields.get("finally"))]
            )
        )
        for fields in tasks
    ]


def can_read(phases: Collection[TaskPhase]) -> Verdict:
    """May a task start that reads the outputs of tasks which stand so? Pending are all that have not ended."""
    if "Pending" in phases:
        return Verdict.WAIT
    if not {"Failed", "UpstreamFailed", "Stopped"}.isdisjoint(phases):
        return Verdict.UPSTREAM_FAILED
    return Verdict.SKIP if "Skipped" in phases else Verdict.RUN
