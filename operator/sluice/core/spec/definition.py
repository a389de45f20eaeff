"""What a run executes: the tasks of its frozen graph with the defaults merged in, and the values of its parameters.

It is read from what was accepted once, perhaps by an older operator, so it is taken as it is and not judged again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sluice.api.base import seconds
from sluice.api.task import RunIf
from sluice.core import Json
from sluice.core.base.merge import merge
from sluice.core.cel.diagnostics import Trouble
from sluice.core.cel.program import When, compiled
from sluice.core.graph.dag import Graph
from sluice.core.graph.references import dependencies, reads
from sluice.core.quota.ready_queue import Claim, ways
from sluice.core.spec.approval import Approval
from sluice.core.spec.for_each import ForEach
from sluice.core.spec.retry_policy import RetryPolicy
from sluice.core.spec.sensor import Poll


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """One task. `fields` are the manifest's, defaults merged in, placeholders not yet filled in."""

    name: str
    fields: Json
    retries: RetryPolicy
    timeout_s: int | None
    pending_timeout_s: int | None
    run_if: RunIf
    allow_failure: bool
    final: bool
    """Is it a `finally` task?"""
    outputs: tuple[str, ...]
    """The keys of what it hands on."""
    outputs_in_log: bool
    """Are they in its log, and not in its file?"""
    reads: tuple[str, ...]
    """The tasks whose outputs it cannot start without."""
    priority: int | None
    """None: the run's."""
    duration_s: float
    way_s: float = 0
    """See `order`."""
    poll: Poll | None = None
    pools: Claim = ()
    approval: Approval | None = None
    """What it asks, if it is a person's decision and has no pod."""
    for_each: ForEach | None = None
    when: When | Trouble | None = None
    """On which condition it runs, once its trigger rule says so."""

    @property
    def same_as(self) -> str | None:
        """The fan-out by whose items this one goes."""
        return self.for_each.same_as if self.for_each is not None else None

    @property
    def calls(self) -> bool:
        """Does it run another Workflow? Then its attempts are runs and not pods."""
        return "workflow" in self.fields

    @property
    def at_most_once(self) -> bool:
        """May the task never start twice, whatever happens? Then each attempt is recorded before its pod is made."""
        return self.retries.infrastructure == 0


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
        ways_s = ways(order, [t.duration_s for t in found])
        return cls(
            tasks=tuple(replace(task, way_s=way_s) for task, way_s in zip(found, ways_s, strict=True)),
            graph=order,
            parameters={p["name"]: p.get("default") for p in graph.get("parameters", ())},
            outputs=graph.get("outputs", {}),
            claims={c["metadata"]["name"]: c for c in graph.get("volumeClaimTemplates", ())},
        )

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """The parameters of a run: what it was given, and the defaults of the rest."""
        return {name: given.get(name, default or "") for name, default in self.parameters.items()}


def _task(fields: Json) -> TaskDefinition:
    return TaskDefinition(
        name=fields["name"],
        fields=fields,
        retries=RetryPolicy.of(fields.get("retries", {})),
        timeout_s=seconds(fields["timeout"]) if "timeout" in fields else None,
        pending_timeout_s=seconds(fields["pendingTimeout"]) if "pendingTimeout" in fields else None,
        run_if=fields.get("runIf", "AllSucceeded"),
        allow_failure=fields.get("allowFailure", False),
        final=fields.get("finally", False),
        poll=Poll.of(fields["poll"]) if "poll" in fields else None,
        approval=Approval.of(fields["approval"]) if "approval" in fields else None,
        priority=fields.get("priority"),
        pools=tuple(sorted((pool["name"], pool.get("slots", 1)) for pool in fields.get("pools", ()))),
        duration_s=seconds(fields["duration"]) if "duration" in fields else 1,
        outputs=tuple(fields.get("outputs", ())),
        outputs_in_log=fields.get("outputsFrom") == "Log",
        reads=reads(fields),
        for_each=ForEach.of(fields["forEach"]) if "forEach" in fields else None,
        when=compiled(fields["when"]) if "when" in fields else None,
    )
