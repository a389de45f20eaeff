"""The calendar of a Backfill: how each of its times stands.

A time has the state of its newest run, whoever made it. Without a run it is `Waiting`; or `Gone`, if the Backfill is
done with it: runs that have ended are not kept for ever.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sluice.api.backfill import MAX_TIMES, BackfillSpec, BackfillStatus
from sluice.api.schedule import ScheduleSpec
from sluice.core import Instant
from sluice.core.base.naming import first_of_time, scheduled_run_name
from sluice.core.base.times import instant
from sluice.core.triggers.backfill import Backfill

WAITING, GONE = "Waiting", "Gone"
_MAKES_NO_MORE = ("Refused", "Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class RunOfWorkflow:
    """`backfill` is the UID of the one that made it; empty if none did."""

    name: str
    phase: str
    backfill: str = ""


@dataclass(frozen=True, slots=True)
class Dated:
    """A time: `day` and `clock` are in the time zone of the schedule. `run` is empty if there is none."""

    day: str
    clock: str
    state: str
    run: str = ""
    mine: bool = False
    """The Backfill itself made the run."""


@dataclass(frozen=True, slots=True)
class BackfillSeen:
    """A Backfill, and the Workflow that it is of: both by UID, as their names can be used again."""

    uid: str
    workflow_uid: str
    spec: BackfillSpec
    status: BackfillStatus


def calendar(seen: BackfillSeen, schedule: ScheduleSpec, runs: Iterable[RunOfWorkflow]) -> Iterator[Dated]:
    """In the order of time. `runs` are those of the Workflow."""
    backfill, newest = Backfill.of(seen.spec, schedule), _newest(runs)
    to_come: set[Instant] = set()
    if seen.status.phase not in _MAKES_NO_MORE:
        to_come.update(islice(backfill.times(instant(seen.status.cursor)), MAX_TIMES))
    for time in islice(backfill.schedule.within(backfill.begin, backfill.end), MAX_TIMES):
        local = datetime.fromtimestamp(time, backfill.schedule.zone)
        day, clock = f"{local:%Y-%m-%d}", f"{local:%H:%M}"
        run = newest.get(scheduled_run_name(seen.spec.workflow, seen.workflow_uid, time))
        if run is None:
            yield Dated(day, clock, WAITING if time in to_come else GONE)
        else:
            yield Dated(day, clock, run.phase or "Pending", run.name, run.backfill == seen.uid)


def _newest(runs: Iterable[RunOfWorkflow]) -> dict[str, RunOfWorkflow]:
    """Of each time, by the name of its first run."""
    numbered = sorted(((*first_of_time(run.name), run) for run in runs), key=lambda each: each[1])
    return {first: run for first, _, run in numbered}
