"""Whether a Workflow makes a run once it is applied, as its controller decides it."""

from dataclasses import dataclass, field
from itertools import islice, takewhile

from sluice.api.workflow import WorkflowSettings, WorkflowStatus
from sluice.core import Instant, Json
from sluice.core.base.naming import change_of, graph_of
from sluice.core.base.times import rfc3339
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.spec.scheduled_time import NOT_SCHEDULED, ScheduledTime
from sluice.core.triggers.on_change import OnFirstSight, RunMark, due_run
from sluice.core.triggers.schedule import Schedule, SchedulePosition, counting_from, due_time

_NO_NAME = "its-run"
MORE = 1000


@dataclass(frozen=True, slots=True)
class Start:
    """Does one start? `why` is the reason why not. `scheduled` is the time of the run, or of the next one."""

    now: bool
    why: str = ""
    scheduled: ScheduledTime = NOT_SCHEDULED
    more: int = 0
    """How many other times are due by now (`catchUp: All`), of which each has a run in its turn; counted up to MORE."""


@dataclass(frozen=True, slots=True)
class Stands:
    """The Workflow as it is before. `created_at` is None if there is none."""

    revision: str = ""
    """The name of the revision that the manifest would have; '' if the Workflow is new."""
    status: WorkflowStatus = field(default_factory=WorkflowStatus)
    created_at: Instant | None = None


def start(spec: Json, stands: Stands, on_first_sight: OnFirstSight, now: Instant) -> Start:
    """`spec` is the Workflow's, as it will be applied."""
    settings = WorkflowSettings.read_usable(spec)
    if settings.schedule is not None:
        return _on_time(settings, stands, on_first_sight, now)
    if settings.after is not None:
        names = ", ".join(each.workflow for each in settings.after)
        return Start(now=False, why=f"it runs after a success of {names}")
    manual = settings.trigger == "Manual"
    mark, change = RunMark.of(stands.status.last_run), change_of(graph_of(spec))
    generation = (mark.generation if mark else 0) + 1
    _, makes = due_run(
        generation=generation,
        revision=stands.revision,
        change=change,
        run_name=_NO_NAME,
        manual=manual,
        mark=mark,
        runs=(),
        on_first_sight=on_first_sight,
    )
    if makes:
        return Start(now=True)
    if manual:
        return Start(now=False, why="it runs by hand only (trigger: Manual)")
    if mark is None:
        return Start(now=False, why="the operator adopts what it sees for the first time (onFirstSight: Adopt)")
    return Start(now=False, why="what it does is unchanged")


def meets(spec: Json, going: str, *, has_begun: bool) -> str:
    """What becomes of a new run while the last one that the Workflow made, `going`, has not ended; '' if both go on.

    `has_begun`: has a container of that one started?
    """
    settings = WorkflowSettings.read_usable(spec)
    concurrency = Concurrency.of(settings)
    reuses = settings.on_change is not None and settings.on_change.reuse == "Unchanged"
    if concurrency.policy == "Allow" or concurrency.max_runs > 1:
        return f"once {going} has ended, from which it goes on" if reuses else ""
    if concurrency.policy == "Forbid":
        return f"which ends at once, since {going} goes on (concurrency: Forbid)"
    if concurrency.policy == "Replace":
        return f"and {going} is stopped for it"
    return f"once {going} has ended" if has_begun or concurrency.policy == "Queue" else f"for which {going} gives way"


def _on_time(settings: WorkflowSettings, stands: Stands, on_first_sight: OnFirstSight, now: Instant) -> Start:
    if settings.schedule is None:
        raise AssertionError("it has no schedule")
    schedule, status = Schedule.of(settings.schedule), stands.status
    begin = counting_from(
        schedule,
        SchedulePosition.of(status.schedule_mark),
        known=status.last_run is not None,
        created_at=now if stands.created_at is None else stands.created_at,
        on_first_sight=on_first_sight,
        now=now,
    )
    found = due_time(schedule, begin, now, concurrency=Concurrency.of(settings))
    time = found.next if found.run is None else found.run
    if time is None:
        words = "its schedule is suspended" if schedule.suspended else "its schedule has no time left"
        return Start(now=False, why=words)
    scheduled = ScheduledTime(rfc3339(time), rfc3339(schedule.interval_start(time)))
    due = takewhile(lambda at: at <= now, schedule.after(time))
    more = sum(1 for _ in islice(due, MORE))
    return Start(found.run is not None, f"its schedule runs it next at {scheduled.time}", scheduled, more)
