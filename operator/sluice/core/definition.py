"""What a run executes: the tasks of its frozen graph with the defaults merged in, and the values of its parameters.

It is read from what was accepted once, perhaps by an older operator, so it is taken as it is and not judged again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sluice.api.base import seconds
from sluice.core import Json
from sluice.core.graph import Graph
from sluice.core.merge import merge

INFRASTRUCTURE_RETRIES = 5


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """One task. `fields` are the manifest's, defaults merged in, placeholders not yet filled in."""

    name: str
    fields: Json
    retry_limit: int
    infrastructure_limit: int
    timeout_s: int | None

    @property
    def at_most_once(self) -> bool:
        """May the task never start twice, whatever happens? Then each attempt is recorded before its pod is made."""
        return self.infrastructure_limit == 0


@dataclass(frozen=True, slots=True)
class Definition:
    """A frozen graph. `parameters` maps each parameter to its default, None where a run must give a value."""

    tasks: tuple[TaskDefinition, ...]
    graph: Graph
    parameters: Mapping[str, str | None]

    @classmethod
    def of(cls, graph: Json) -> "Definition":
        """From the data of a ControllerRevision."""
        defaults = graph.get("defaults", {})
        tasks = tuple(_task(merge(defaults, task)) for task in graph["tasks"])
        return cls(
            tasks=tasks,
            graph=Graph.of([t.name for t in tasks], [t.fields.get("dependsOn", ()) for t in tasks]),
            parameters={p["name"]: p.get("default") for p in graph.get("parameters", ())},
        )


def _task(fields: Json) -> TaskDefinition:
    retries = fields.get("retries", {})
    return TaskDefinition(
        name=fields["name"],
        fields=fields,
        retry_limit=retries.get("limit", 0),
        infrastructure_limit=retries.get("infrastructure", INFRASTRUCTURE_RETRIES),
        timeout_s=seconds(fields["timeout"]) if "timeout" in fields else None,
    )
