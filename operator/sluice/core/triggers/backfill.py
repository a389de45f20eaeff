"""Backfills: which time of a range is run next.

The times are taken in order. Each is run at most once, whatever restarts: the run is named after its time, and `cursor`
in the status says up to where times are done with. A run at or before the cursor that was deleted is not made again. A
run that was made just before a crash, and not marked, is recognized by its label.

| rerun | a time that already has a run |
|---|---|
| None | is skipped |
| Failed | is run again if its last run failed or was stopped |
| All | is run again |

A time whose run has not ended is skipped, whatever `rerun` says. A deleted run counts as none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil

from sluice.api.backfill import MAX_ACTIVE, BackfillSpec, BackfillStatus, Rerun
from sluice.api.run import has_ended
from sluice.api.schedule import ScheduleSpec
from sluice.api.workflow import WorkflowSettings
from sluice.core import Instant, Json
from sluice.core.base.naming import MAX_RUNS_OF_A_TIME
from sluice.core.base.times import instant, rfc3339
from sluice.core.triggers.on_change import OnFirstSight
from sluice.core.triggers.schedule import Schedule

_NAMES_SHOWN = 10
NAME_TAKEN = "NameTaken"
TIMES_OF_A_STEP = 500  # looked at before the status says how far it came: of each, all possible runs are looked for


def backfill_schedule(spec: BackfillSpec, workflow: WorkflowSettings) -> ScheduleSpec | None:
    """The schedule that says the times: the Backfill's own, else the Workflow's; None if neither says any."""
    if spec.cron is not None or spec.every is not None:
        return ScheduleSpec(cron=spec.cron, every=spec.every, timeZone=spec.time_zone, startAt=spec.from_)
    if (of := workflow.schedule) is None:
        return None
    return ScheduleSpec(cron=of.cron, every=of.every, timeZone=of.time_zone, startAt=of.start_at)


@dataclass(frozen=True, slots=True)
class Backfill:
    """A Backfill's spec: run the times of `schedule` from `begin` (included) to `end` (excluded)."""

    schedule: Schedule
    begin: Instant
    end: Instant
    newest_first: bool = False
    rerun: Rerun = "None"
    max_runs: int = 1
    suspended: bool = False

    @classmethod
    def of(cls, spec: BackfillSpec, schedule: ScheduleSpec) -> "Backfill":
        """`schedule` is what `backfill_schedule` said when the Backfill began."""
        return cls(
            schedule=Schedule.of(schedule),
            begin=float(ceil(instant(spec.from_) or 0.0)),
            end=float(ceil(instant(spec.until) or 0.0)),
            newest_first=spec.order == "NewestFirst",
            rerun=spec.rerun or "None",
            max_runs=spec.max_runs or 1,
            suspended=spec.state == "Suspended",
        )

    def times(self, cursor: Instant | None = None) -> Iterator[Instant]:
        """The times after the cursor, in the Backfill's order."""
        if self.newest_first:
            return self.schedule.within(self.begin, self.end if cursor is None else cursor, back=True)
        return self.schedule.within(self.begin if cursor is None else cursor + 1, self.end)

    def count(self, at_most: int) -> int:
        """How many times there are. It stops counting at `at_most`."""
        return sum(1 for _ in islice(self.times(), at_most))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a Backfill has come. `active` are its runs that have not ended: (name, time)."""

    times: int
    cursor: Instant | None = None
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    active: tuple[tuple[str, Instant], ...] = ()
    failed_runs: tuple[str, ...] = ()

    @classmethod
    def of(cls, status: BackfillStatus) -> "Progress | None":
        """None if it has not begun."""
        if status.times is None:
            return None
        return cls(
            times=status.times,
            cursor=instant(status.cursor),
            succeeded=status.succeeded or 0,
            failed=status.failed or 0,
            skipped=status.skipped or 0,
            active=tuple((entry.run, instant(entry.time) or 0.0) for entry in status.active or ()),
            failed_runs=tuple(status.failed_runs or ()),
        )

    def written(self) -> Json:
        """The entries of the status; None removes one."""
        return {
            "times": self.times,
            "cursor": None if self.cursor is None else rfc3339(self.cursor),
            "succeeded": self.succeeded,
            "failed": self.failed,
            "skipped": self.skipped,
            "active": [{"time": rfc3339(time), "run": run} for run, time in self.active] or None,
            "failedRuns": list(self.failed_runs) or None,
            "progress": self.words,
        }

    @property
    def words(self) -> str:
        """`12/31, 1 failed, 3 skipped`."""
        others = ((self.failed, "failed"), (self.skipped, "skipped"))
        return ", ".join([f"{self.succeeded}/{self.times}", *(f"{count} {word}" for count, word in others if count)])

    @property
    def failures(self) -> str:
        """`2 of 31 times failed: etl-202603010200-4f7a9, …`."""
        more = " and others" if self.failed > len(self.failed_runs) else ""
        return f"{self.failed} of {self.times} times failed: {', '.join(self.failed_runs)}{more}"

    @property
    def finished(self) -> bool:
        return self.succeeded + self.failed + self.skipped >= self.times

    def made(self, time: Instant, run: str) -> "Progress":
        return replace(self, cursor=time, active=(*self.active, (run, time)))

    def passed_over(self, time: Instant) -> "Progress":
        return replace(self, cursor=time, skipped=self.skipped + 1)


def start_backfill(backfill: Backfill, on_first_sight: OnFirstSight) -> Progress:
    """Where a Backfill begins. With `Adopt` one without a status comes from a restored backup, and counts as done."""
    times = list(backfill.times())
    if on_first_sight == "Adopt":
        return Progress(len(times), cursor=times[-1], skipped=len(times))
    return Progress(len(times))


def count_ended(progress: Progress, phases: Mapping[str, str]) -> Progress:
    """The progress with each run counted that has ended. `phases` has the phase of each existing run, by name."""
    phase_of = {run: phases.get(run, "Stopped") for run, _ in progress.active}  # deleted: nobody will ever see its end
    ended = [phase_of[run] for run, _ in progress.active if has_ended(phase_of[run])]
    succeeded = ended.count("Succeeded")
    failed = (run for run, _ in progress.active if has_ended(phase_of[run]) and phase_of[run] != "Succeeded")
    return replace(
        progress,
        active=tuple((run, time) for run, time in progress.active if not has_ended(phase_of[run])),
        succeeded=progress.succeeded + succeeded,
        failed=progress.failed + len(ended) - succeeded,
        failed_runs=(*progress.failed_runs, *failed)[:_NAMES_SHOWN],
    )


@dataclass(frozen=True, slots=True)
class RunOfTime:
    """A run of a time, its `number`-th. `mine`: this Backfill made it."""

    number: int
    name: str
    phase: str
    mine: bool = False
    deleting: bool = False


@dataclass(frozen=True, slots=True)
class RunToMake:
    """The run to make: the `number`-th of this time."""

    time: Instant
    number: int


@dataclass(frozen=True, slots=True)
class BackfillStep:
    """What to do next. `waits` says why no run is made although times are left; `more` that the next times have not
    been looked at yet.
    """

    progress: Progress
    make: RunToMake | None = None
    waits: str = ""
    more: bool = False


def next_step(
    backfill: Backfill, progress: Progress, runs_of: Callable[[Instant], Sequence[RunOfTime]], full: str
) -> BackfillStep:
    """`runs_of` gives the runs of a time, the newest last. `full` says why the Workflow admits no further run; empty if
    it does.
    """
    times = backfill.times(progress.cursor)
    for time in islice(times, TIMES_OF_A_STEP):
        runs = runs_of(time)
        mine = next((run for run in runs if run.mine), None)
        if mine is not None:
            if len(progress.active) >= MAX_ACTIVE:
                return BackfillStep(progress, waits=_at_most(backfill, progress))
            progress = progress.made(time, mine.name)
        elif is_passed_over(backfill.rerun, runs):
            progress = progress.passed_over(time)
        elif waits := _waits(backfill, progress, runs, full):
            return BackfillStep(progress, waits=waits)
        else:
            return BackfillStep(progress, RunToMake(time, runs[-1].number + 1 if runs else 1))
    return BackfillStep(progress, more=next(times, None) is not None)


def is_passed_over(rerun: Rerun, runs: Sequence[RunOfTime]) -> bool:
    """Is a time left out that has these runs, the newest last?"""
    if not runs or runs[-1].deleting:
        return False
    last = runs[-1]
    if rerun == "None" or not has_ended(last.phase) or last.number >= MAX_RUNS_OF_A_TIME:
        return True
    return rerun == "Failed" and last.phase == "Succeeded"


def _waits(backfill: Backfill, progress: Progress, runs: Sequence[RunOfTime], full: str) -> str:
    if backfill.suspended:
        return "Suspended"
    if len(progress.active) >= backfill.max_runs:
        return _at_most(backfill, progress)
    if runs and runs[-1].deleting:
        return f"{NAME_TAKEN}: run {runs[-1].name} is being deleted"
    return full


def _at_most(backfill: Backfill, progress: Progress) -> str:
    return f"MaxRuns: {len(progress.active)}/{backfill.max_runs} of its runs are active"
