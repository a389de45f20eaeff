"""One task of a frozen graph, typed once."""

from dataclasses import dataclass

from sluice.api.base import seconds
from sluice.api.task import RunIf
from sluice.core import Json
from sluice.core.cel.diagnostics import CelError
from sluice.core.cel.program import Program, compile_condition
from sluice.core.graph.references import reads
from sluice.core.spec.approval import Approval
from sluice.core.spec.for_each import ForEach
from sluice.core.spec.identity import PoolClaim
from sluice.core.spec.retry_policy import RetryPolicy
from sluice.core.spec.sensor import Sensor


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
    critical_path_s: float = 0
    """See `graph.critical_path`."""
    poll: Sensor | None = None
    pools: PoolClaim = ()
    approval: Approval | None = None
    """What it asks, if it is a person's decision and has no pod."""
    for_each: ForEach | None = None
    when: Program | CelError | None = None
    """On which condition it runs, once its trigger rule says so."""

    @property
    def same_as(self) -> str | None:
        """The fan-out by whose items this one goes."""
        return self.for_each.same_as if self.for_each is not None else None

    @property
    def is_sub_workflow(self) -> bool:
        """Does it run another Workflow? Then its attempts are runs and not pods."""
        return "workflow" in self.fields

    @property
    def at_most_once(self) -> bool:
        """May the task never start twice, whatever happens? Then each attempt is recorded before its pod is made."""
        return self.retries.infrastructure == 0


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
        poll=Sensor.of(fields["poll"]) if "poll" in fields else None,
        approval=Approval.of(fields["approval"]) if "approval" in fields else None,
        priority=fields.get("priority"),
        pools=tuple(sorted((pool["name"], pool.get("slots", 1)) for pool in fields.get("pools", ()))),
        duration_s=seconds(fields["duration"]) if "duration" in fields else 1,
        outputs=tuple(fields.get("outputs", ())),
        outputs_in_log=fields.get("outputsFrom") == "Log",
        reads=reads(fields),
        for_each=ForEach.of(fields["forEach"]) if "forEach" in fields else None,
        when=compile_condition(fields["when"]) if "when" in fields else None,
    )
