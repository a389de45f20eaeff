"""What a run executes: the tasks of its frozen graph with the defaults merged in, and the values of its parameters.

It is read from what was accepted once, perhaps by an older operator, so it is taken as it is and not judged again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sluice.core import Json
from sluice.core.base.merge import merge
from sluice.core.graph.critical_path import critical_paths_s
from sluice.core.graph.dag import Graph
from sluice.core.graph.references import dependencies
from sluice.core.spec.task import TaskDefinition, _task


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
        """From the data of a ControllerRevision."""
        defaults = graph.get("defaults", {})
        found = [_task(task if "approval" in task else merge(defaults, task)) for task in graph["tasks"]]
        order = Graph.of([t.name for t in found], dependencies([t.fields for t in found]))
        critical_paths = critical_paths_s(order, [t.duration_s for t in found])
        return cls(
            tasks=tuple(
                replace(task, critical_path_s=critical_path_s)
                for task, critical_path_s in zip(found, critical_paths, strict=True)
            ),
            graph=order,
            parameters={p["name"]: p.get("default") for p in graph.get("parameters", ())},
            outputs=graph.get("outputs", {}),
            claims={c["metadata"]["name"]: c for c in graph.get("volumeClaimTemplates", ())},
        )

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """The parameters of a run: what it was given, and the defaults of the rest."""
        return {name: given.get(name, default or "") for name, default in self.parameters.items()}
