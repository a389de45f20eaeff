"""One Backfill: how each of its times stands."""

import time

from sluice.api.backfill import BackfillSpec, BackfillStatus
from sluice.api.schedule import ScheduleSpec
from sluice.api.workflow import WorkflowSettings
from sluice.client import find
from sluice.client.errors import ClientError
from sluice.client.names import Kind
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.naming import LABEL_BACKFILL_UID
from sluice.core.explain.calendar import BackfillSeen, RunOfWorkflow, calendar
from sluice.core.triggers.backfill import backfill_schedule
from sluice.core.validation import backfill_faults
from sluice.page.visitors import Visitor


async def backfill(visitor: Visitor, name: str) -> Json:
    """In the order of time. Raises ClientError with its faults, for which the operator refuses it."""
    client = visitor.client
    found = await find.named(client, Kind.BACKFILL, name)
    workflow = await find.named(client, Kind.WORKFLOW, foreign.string(foreign.mapping(found["spec"]).get("workflow")))
    schedule = _schedule(found, WorkflowSettings.read_usable(workflow["spec"]))
    spec = BackfillSpec.read_usable(found["spec"])
    seen = BackfillSeen(found["metadata"]["uid"], workflow["metadata"]["uid"], spec, _status(found))
    runs = [
        RunOfWorkflow(row.name, row.cell("Phase"), (row.metadata.get("labels") or {}).get(LABEL_BACKFILL_UID, ""))
        for row in await find.runs_of(client, spec.workflow)
    ]
    times = calendar(seen, schedule, runs)
    return {"times": [[each.day, each.clock, each.state, each.run, each.mine] for each in times]}


def _status(found: Json) -> BackfillStatus:
    return BackfillStatus.read_usable(foreign.mapping(found.get("status")))


def _schedule(found: Json, settings: WorkflowSettings) -> ScheduleSpec:
    """As it was when the Backfill began."""
    if (schedule := _status(found).schedule) is not None:
        return schedule
    faults = backfill_faults(found, settings, time.time())
    schedule = None if faults else backfill_schedule(BackfillSpec.read_usable(found["spec"]), settings)
    if schedule is None:
        raise ClientError("\n".join(map(str, faults)))
    return schedule
