"""What a run executes: its frozen graph.

The graph was validated when its Workflow was accepted, perhaps by an older operator. It is read leniently
(`Model.read`) and none of the checks in `validation` is made again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sluice.api.revision import FrozenGraph
from sluice.api.task import TaskTemplate
from sluice.core import Json
from sluice.core.base.files import decisive_files
from sluice.core.cel.program import reads_item
from sluice.core.graph.critical_path import critical_paths_s
from sluice.core.graph.dag import Graph
from sluice.core.graph.references import dependencies
from sluice.core.spec.parameter import ParameterDeclaration, declarations, values_of_run
from sluice.core.spec.task import TaskDefinition


@dataclass(frozen=True, slots=True)
class Conditions:
    """How many `when` there are that are asked once, and how many for each item of a fan-out."""

    of_tasks: int = 0
    of_items: int = 0

    @classmethod
    def of(cls, tasks: Iterable[TaskDefinition]) -> "Conditions":
        asked = [task.for_each is not None and reads_item(task.when) for task in tasks if task.when is not None]
        return cls(asked.count(False), asked.count(True))


@dataclass(frozen=True, slots=True)
class Definition:
    """A frozen graph. `parameters` and `claims` are by name; a claim is its volumeClaimTemplate as JSON."""

    tasks: tuple[TaskDefinition, ...]
    graph: Graph
    parameters: Mapping[str, ParameterDeclaration]
    claims: Mapping[str, Json] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    """The run's own outputs, with placeholders."""
    files: Mapping[str, str] = field(default_factory=dict)
    """By path, the hashes of the files (see `base.files`)."""
    conditions: Conditions = Conditions()
    leaves: frozenset[int] = frozenset()
    """The tasks on which no other depends, or `finally` tasks alone."""

    @classmethod
    def of(cls, graph: Json) -> "Definition":
        """`graph` is the data of a ControllerRevision. Raises pydantic's ValidationError if it is not a graph."""
        frozen = FrozenGraph.read(graph)
        found = [_with_defaults(frozen, graph, number) for number in range(len(frozen.tasks))]
        order = Graph.of([t.name for t in found], dependencies(graph["tasks"]))
        critical_paths = critical_paths_s(order, [t.duration_s for t in found])
        return cls(
            tasks=tuple(
                replace(task, critical_path_s=critical_path_s)
                for task, critical_path_s in zip(found, critical_paths, strict=True)
            ),
            graph=order,
            conditions=Conditions.of(found),
            leaves=frozenset(range(len(found))).difference(
                *(order.dependencies[number] for number, task in enumerate(found) if not task.final)
            ),
            parameters=declarations(frozen.parameters),
            outputs=frozen.outputs or {},
            files=frozen.files or {},
            claims={
                claim.metadata.name: graph["volumeClaimTemplates"][number]
                for number, claim in enumerate(frozen.volume_claim_templates or ())
            },
        )

    def files_of(self, task: TaskDefinition) -> Mapping[str, str]:
        """See `decisive_files`."""
        return decisive_files(task.own, self.files)

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The typed value of each parameter, given a run's arguments."""
        return values_of_run(self.parameters, given)


def _with_defaults(frozen: FrozenGraph, graph: Json, number: int) -> TaskDefinition:
    """`graph` is what `frozen` was read from. Its JSON is kept as the template of the task's pod."""
    task, fields = frozen.tasks[number], graph["tasks"][number]
    if task.approval is not None or task.wait is not None or task.join is not None:
        return TaskDefinition.of(task, TaskTemplate(), fields, {})
    return TaskDefinition.of(task, frozen.defaults or TaskTemplate(), fields, graph.get("defaults") or {})
