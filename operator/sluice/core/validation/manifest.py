"""What could be read of a manifest, for the checks that take more than one field to see."""

from dataclasses import dataclass
from typing import Any

from sluice.api.task import Task, TaskTemplate
from sluice.api.workflow import Parameter
from sluice.core import Json
from sluice.core.cel.program import compile_condition, tasks_read
from sluice.core.graph.references import Reference


@dataclass(frozen=True, slots=True)
class Manifest:
    """What could be read.

    `names` has one entry a task, None where it has no usable name; `tasks` are those that are sound, by number, and
    `references` what these say of each other; `final` are the names of the `finally` tasks among them.
    """

    name: str
    raw: Json
    defaults: TaskTemplate | None
    parameters: dict[int, Parameter]
    names: list[str | None]
    tasks: dict[int, Task]
    references: dict[int, list[Reference]]
    final: frozenset[str]
    chart_has_image: bool
    """May a task go without an image, since the operator has one for it?"""

    @property
    def outputs(self) -> Json:
        """What a run hands on; empty if that cannot be read."""
        given = self.raw.get("outputs")
        return given if isinstance(given, dict) else {}

    def dependencies(self, number: int) -> dict[str, str]:
        """The tasks that one waits for, each with the first place that says so."""
        places: dict[str, str] = {}
        task = self.tasks[number]
        for place, name in enumerate(task.depends_on or ()):
            places.setdefault(name, f"spec.tasks[{number}].dependsOn[{place}]")
        for reference in self.references[number]:
            places.setdefault(reference.task, reference.path)
        for name in tasks_read(compile_condition(task.when)) if task.when is not None else ():
            if name in self.final or not task.finally_:
                places.setdefault(name, f"spec.tasks[{number}].when")
        if (for_each := task.for_each) is not None and for_each.same_as is not None:
            places.setdefault(for_each.same_as, f"spec.tasks[{number}].forEach.sameAs")
        return places


def name_of(part: Any) -> str | None:
    """The name of a task or a parameter as it stands in a manifest."""
    name = part.get("name") if isinstance(part, dict) else None
    return name if isinstance(name, str) else None
