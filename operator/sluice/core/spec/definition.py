"""What a run executes: the tasks of its frozen graph with the defaults merged in, and the values of its parameters.

It is read from what was accepted once, perhaps by an older operator, so it is taken as it is and not judged again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sluice.api.revision import FrozenGraph
from sluice.api.task import TaskTemplate
from sluice.core import Json
from sluice.core.base.merge import merge
from sluice.core.graph.critical_path import critical_paths_s
from sluice.core.graph.dag import Graph
from sluice.core.graph.references import dependencies
from sluice.core.spec.task import TaskDefinition


@dataclass(frozen=True, slots=True)
class Definition:
    """A frozen graph. `parameters` maps each parameter to its default, None where a run must give a value; `claims` are
    the volumeClaimTemplates by name.
    """

    tasks: tuple[TaskDefinition, ...]
    graph: Graph
    parameters: Mapping[str, str | None]
    claims: Mapping[str, Json] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    """What a run hands on, placeholders not yet filled in."""

    @classmethod
    def of(cls, graph: Json) -> "Definition":
        """From the data of a ControllerRevision. Raises pydantic's ValidationError if it is no graph at all."""
        frozen = FrozenGraph.read(graph)
        found = [_with_defaults(frozen, graph, number) for number in range(len(frozen.tasks))]
        order = Graph.of([t.name for t in found], dependencies([t.fields for t in found]))
        critical_paths = critical_paths_s(order, [t.duration_s for t in found])
        return cls(
            tasks=tuple(
                replace(task, critical_path_s=critical_path_s)
                for task, critical_path_s in zip(found, critical_paths, strict=True)
            ),
            graph=order,
            parameters={parameter.name: parameter.default for parameter in frozen.parameters or ()},
            outputs=frozen.outputs or {},
            claims={
                claim.metadata.name: graph["volumeClaimTemplates"][number]
                for number, claim in enumerate(frozen.volume_claim_templates or ())
            },
        )

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """The parameters of a run: what it was given, and the defaults of the rest."""
        return {name: given.get(name, default or "") for name, default in self.parameters.items()}


def _with_defaults(frozen: FrozenGraph, graph: Json, number: int) -> TaskDefinition:
    """Of `graph`, the same as JSON, the task's fields are taken as they stand: they are the template of its pod."""
    task, fields = frozen.tasks[number], graph["tasks"][number]
    if task.approval is not None:
        return TaskDefinition.of(task, TaskTemplate(), fields)
    return TaskDefinition.of(task, frozen.defaults or TaskTemplate(), merge(graph.get("defaults") or {}, fields))
