"""References from one task to another: `$(tasks.extract.outputs.files)`, and `when: tasks.extract.phase == 'Failed'`.

1. A reference implies the dependency.
2. A task that reads outputs of another needs its success, whatever the trigger rule: otherwise there are no outputs to
   put in the placeholder.
3. The `when` of a `finally` task implies a dependency on other `finally` tasks only. All the rest have ended before it
   starts, and may well have failed.
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
    """The placeholder at `path` reads the output `output` of the task `task`."""

    path: str
    task: str
    output: str


def output_of(placeholder: str) -> tuple[str, str] | None:
    """(task, key) of the words between a placeholder's brackets. None if it reads no output."""
    found = _OUTPUT.fullmatch(placeholder)
    return (found[1], found[2]) if found else None


def references(fields: Json, path: str = "") -> Iterator[Reference]:
    """The references in a task's fields, in their order. `path` is that of the task: where each reference's begins."""
    for name, field in fields.items():
        if name not in UNFILLED:
            for place, placeholder in placeholders_in(field, f"{path}.{name}"):
                if output := output_of(placeholder):
                    yield Reference(place, *output)


def reads(fields: Json) -> tuple[str, ...]:
    """The tasks whose outputs a task's placeholders read."""
    return tuple(dict.fromkeys(reference.task for reference in references(fields)))


def needs(fields: Json) -> tuple[str, ...]:
    """The tasks that a task depends on, apart from its `when`: those of `dependsOn`, then those whose outputs it reads,
    then that of `forEach.sameAs`.
    """
    same_as = (fields.get("forEach") or {}).get("sameAs")
    return tuple(dict.fromkeys([*(fields.get("dependsOn") or ()), *reads(fields), *filter(None, (same_as,))]))


def tasks_in_condition(fields: Json) -> tuple[str, ...]:
    """The tasks that a task's `when` reads. Empty if it has an error, or there is none."""
    return tasks_read(compile_condition(fields["when"])) if "when" in fields else ()


def dependencies(tasks: Sequence[Json]) -> list[tuple[str, ...]]:
    """For each task of a graph, the tasks that it depends on: `needs`, then those that its `when` implies."""
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
    """May a task start that reads outputs of tasks in these phases? One that has not ended counts as Pending."""
    if "Pending" in phases:
        return Verdict.WAIT
    if not {"Failed", "UpstreamFailed", "Stopped"}.isdisjoint(phases):
        return Verdict.UPSTREAM_FAILED
    return Verdict.SKIP if "Skipped" in phases else Verdict.RUN
