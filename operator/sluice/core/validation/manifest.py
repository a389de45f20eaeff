"""The input of the checks that look at more than one field."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any

from sluice.api.parameter import Parameter
from sluice.api.task import Task, TaskTemplate
from sluice.core import Json
from sluice.core.base.foreign import mappings
from sluice.core.cel.program import compile_condition, tasks_read
from sluice.core.graph.references import Reference


@dataclass(frozen=True, slots=True)
class ParsedManifest:
    """What could be parsed of a Workflow.

    `raw` is its spec as JSON: a name that stands in a part with faults is a known name all the same. `names` has the
    name of each task, None where there is no usable one. `tasks` are the tasks that could be parsed, by number,
    `references` what they read of others, and `final` the names of all `finally` tasks.
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
    """Has the operator a default image for tasks?"""

    dependencies: dict[int, dict[str, str]]
    """By task, the tasks that it waits for, each with the first path that says so."""

    @property
    def layers(self) -> dict[str, Json]:
        """By path, the parts whose strings have placeholders: each task, the defaults, the outputs of the run."""
        layers: dict[str, Json] = {f"spec.tasks[{number}]": self.raw["tasks"][number] for number in self.tasks}
        if self.defaults is not None:
            layers["spec.defaults"] = self.defaults.model_dump(by_alias=True, exclude_none=True)
        return layers | {"spec": {"outputs": self.outputs}}

    @property
    def outputs(self) -> Json:
        """The outputs of the run, by name; empty if they are no map."""
        given = self.raw.get("outputs")
        return given if isinstance(given, dict) else {}


def dependency_paths(number: int, task: Task, references: Iterable[Reference], final: Container[str]) -> dict[str, str]:
    """The tasks that a task waits for, each with the first path that says so. `final` are the `finally` tasks."""
    path = f"spec.tasks[{number}]"
    paths: dict[str, str] = {}
    for place, name in enumerate(task.depends_on or ()):
        paths.setdefault(name, f"{path}.dependsOn[{place}]")
    for reference in references:
        if reference.implies_dependency(by_final=bool(task.finally_), final=final):
            paths.setdefault(reference.read.task, reference.path)
    for name in tasks_read(compile_condition(task.when)) if task.when is not None else ():
        if name in final or not task.finally_:
            paths.setdefault(name, f"{path}.when")
    if (for_each := task.for_each) is not None and for_each.same_as is not None:
        paths.setdefault(for_each.same_as, f"{path}.forEach.sameAs")
    return paths


def names_with(field: str, raw: Json) -> frozenset[str]:
    """The names of the tasks that have a field, other than as false, however wrong they are. `raw` is the spec."""
    having = (task for task in mappings(raw.get("tasks")) if task.get(field, False) not in (None, False))
    return frozenset(filter(None, map(name_of, having)))


def name_of(part: Any) -> str | None:
    """The `name` in a part of a manifest; None if it has none, or is no map."""
    name = part.get("name") if isinstance(part, dict) else None
    return name if isinstance(name, str) else None
