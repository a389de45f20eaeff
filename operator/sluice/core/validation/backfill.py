"""Faults of a Backfill. Those that need its Workflow are only found if that is known."""

from collections.abc import Iterator
from datetime import datetime

from sluice.api.backfill import MAX_TIMES, BackfillSpec
from sluice.api.workflow import WorkflowSettings
from sluice.core import Instant, Json
from sluice.core.base.faults import Fault, listed
from sluice.core.base.times import rfc3339
from sluice.core.spec.arguments import argument_faults, arguments_fit
from sluice.core.spec.parameter import declarations
from sluice.core.triggers.backfill import Backfill, backfill_schedule
from sluice.core.validation.schedule import moments, one_way_to_say_times, wrong_times
from sluice.core.validation.shape import parse_model

_COUNTED = 5 * MAX_TIMES  # 0.7 s for the slowest schedule


def backfill_faults(
    manifest: Json, workflow: WorkflowSettings | None = None, created_at: Instant | None = None
) -> list[Fault]:
    """All faults of a Backfill. `workflow` is its Workflow's spec, which must have no faults; None if it is not known.
    `created_at` is None for a Backfill that is not in a cluster.
    """
    faults: list[Fault] = []
    spec = manifest.get("spec")
    if not isinstance(spec, dict):
        return [Fault("spec", "is required; it needs `workflow`, `from` and `until`")]
    said = parse_model(BackfillSpec, spec, "spec", faults)
    if said is None:
        return listed(faults)
    bounds = {"from": said.from_, "until": said.until}
    faults += moments(bounds, "spec")
    sound = not faults
    faults += _times(said)
    faults += arguments_fit(said.arguments or {})
    if sound:
        faults += _range(said, created_at)
    if workflow is not None:
        faults += _of_workflow(said, workflow)
    if not faults and (schedule := backfill_schedule(said, workflow or WorkflowSettings())):
        faults += _count(Backfill.of(said, schedule))
    return listed(faults)


def _times(said: BackfillSpec) -> Iterator[Fault]:
    if said.cron is not None or said.every is not None:
        yield from one_way_to_say_times(said.cron, said.every, "spec")
        yield from wrong_times([("spec.cron", said.cron)] if said.cron else [], said.every, said.time_zone, "spec")
    elif said.time_zone is not None:
        words = "goes with `cron` here, and the Workflow's schedule has its own; remove this, or say `cron`"
        yield Fault("spec.timeZone", words)


def _range(said: BackfillSpec, created_at: Instant | None) -> Iterator[Fault]:
    begin, end = datetime.fromisoformat(said.from_), datetime.fromisoformat(said.until)
    if end <= begin:
        yield Fault("spec.until", "is not after `from`, so no time is left; it is itself not part of the range")
    elif created_at is not None and end.timestamp() > created_at:
        words = (
            f"lies ahead: the Backfill was created at {rfc3339(created_at)}. It makes runs of times that have passed"
        )
        yield Fault("spec.until", f"{words}; those to come are the schedule's")


def _of_workflow(said: BackfillSpec, workflow: WorkflowSettings) -> Iterator[Fault]:
    if said.cron is None and said.every is None and workflow.schedule is None:
        words = f"'{said.workflow}' has no schedule; say `cron` or `every` here"
        yield Fault("spec.workflow", words)
    yield from argument_faults(said.arguments or {}, declarations(workflow.parameters))


def _count(backfill: Backfill) -> Iterator[Fault]:
    count = backfill.count(_COUNTED)
    if not count:
        yield Fault("spec.until", "no time of the schedule lies between `from` and `until`; make the range longer")
    elif count > MAX_TIMES:
        many = f"{count} times" if count < _COUNTED else f"{_COUNTED} times or more"
        yield Fault("spec.until", f"there are {many} from `from` to there; at most {MAX_TIMES} fit in one Backfill")
