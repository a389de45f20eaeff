"""Schedules: which scheduled times of a Workflow are due.

Each time is run at most once, whatever restarts: the run is named after its time, and the mark in the Workflow's status
(`scheduleMark`) says up to where times are done with. A run at or before the mark that was deleted is not made again.

| catchUp | of the times since the mark that have passed |
|---|---|
| Latest | the newest is run, the others are missed |
| LatestAtOnce | as with Latest; and of those before a schedule begins, at first or anew, the newest is run at once |
| None | the newest is run if it passed at most a minute ago, the others are missed |
| All | all are run, the oldest first, each when fewer than `concurrency.maxRuns` runs are active and none of its own waits to start, or it can stand in line alone, so that none has to give way. Under a policy that never lets runs wait (Allow, Forbid, Replace) the newest is run at once |

With `startingDeadline`, a time that passed longer ago than that is missed.

The mark starts at the Workflow's creation, with All and `startAt` at `startAt`; earlier times do not count. A changed
schedule, also one that is suspended or resumed, moves the mark to now: times that were still to be caught up are
dropped, also with All. A Backfill can run them. With LatestAtOnce the mark starts, and moves, to just before the newest
time that has passed, unless that is done with.
"""  # noqa: E501  # a row of a table is one line

import heapq
import json
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice, takewhile
from zoneinfo import ZoneInfo

from sluice.api.base import seconds
from sluice.api.schedule import CatchUp, ScheduleMarkStatus, ScheduleSpec
from sluice.core import Instant, Json
from sluice.core.base.naming import digest
from sluice.core.base.times import instant, rfc3339
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.triggers import cron
from sluice.core.triggers.on_change import OnFirstSight

_NONE_IS_LATE_S = 60
_COUNTED = 1000
CLOCK_WAS_WRONG_S = 3600
_TIMES = {"cron", "every", "time_zone", "start_at", "end_at", "suspend"}
"""The fields that make it another schedule when they change."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A Workflow's `schedule`. `deadline_s` is how long ago a time may have passed and still be run; None for any."""

    crons: tuple[str, ...]
    zone: ZoneInfo
    every_s: int
    start_at: Instant
    end_at: Instant
    catch_up: CatchUp
    deadline_s: int | None
    suspended: bool
    digest: str
    from_start: bool
    """Do times between `start_at` and the Workflow's creation count?"""

    @classmethod
    def of(cls, spec: ScheduleSpec) -> "Schedule":
        start_at, deadline, catch_up = instant(spec.start_at), spec.starting_deadline, spec.catch_up or "Latest"
        times = spec.model_dump(by_alias=True, exclude_none=True, include=_TIMES)
        if not spec.suspend:
            times.pop("suspend", None)
        return cls(
            crons=(spec.cron,) if isinstance(spec.cron, str) else tuple(spec.cron or ()),
            zone=ZoneInfo(spec.time_zone or "UTC"),
            every_s=0 if spec.every is None else seconds(spec.every),
            start_at=float(int(start_at or 0.0)),
            end_at=float("inf") if (end := instant(spec.end_at)) is None else end,
            catch_up=catch_up,
            deadline_s=seconds(deadline) if deadline else _NONE_IS_LATE_S if catch_up == "None" else None,
            suspended=spec.suspend or False,
            digest=digest(json.dumps(times, sort_keys=True), 10),
            from_start=catch_up == "All" and start_at is not None,
        )

    def after(self, when: Instant) -> Iterator[Instant]:
        """The times after an instant, up to `end_at`, in order."""
        return takewhile(lambda time: time <= self.end_at, self._on(max(when, self.start_at - 1)))

    def before(self, when: Instant) -> Iterator[Instant]:
        """The times before an instant, down to `start_at`, the latest first."""
        return takewhile(lambda time: time >= self.start_at, self._back(min(when, self.end_at + 1)))

    def interval_start(self, time: Instant) -> Instant:
        """The time before this one, whether or not it lies within `start_at` and `end_at`."""
        return next(self._back(time), time)

    def within(self, begin: Instant, end: Instant, *, back: bool = False) -> Iterator[Instant]:
        """The times from `begin` (included) to `end` (excluded), whatever `start_at` and `end_at`. `back`: reversed."""
        if back:
            return takewhile(lambda time: time >= begin, self._back(end))
        return takewhile(lambda time: time < end, self._on(begin - 1))

    def _on(self, when: Instant) -> Iterator[Instant]:
        walks = [cron.after(one, self.zone, when) for one in self.crons]
        return self._once(heapq.merge(*walks, self._steps(when)))

    def _back(self, when: Instant) -> Iterator[Instant]:
        walks = [cron.before(one, self.zone, when) for one in self.crons]
        return self._once(heapq.merge(*walks, self._steps(when, back=True), reverse=True))

    def _steps(self, when: Instant, *, back: bool = False) -> Iterator[Instant]:
        """The times of `every`."""
        if not self.every_s:
            return
        steps, rest = divmod(when - self.start_at, self.every_s)
        number = int(steps) + (1 if not back else 0 if rest else -1)
        while True:
            yield self.start_at + number * self.every_s
            number += -1 if back else 1

    @staticmethod
    def _once(times: Iterable[Instant]) -> Iterator[Instant]:
        return (time for time, _ in groupby(times))


@dataclass(frozen=True, slots=True)
class SchedulePosition:
    """All times up to `time` are done with; `schedule` is the digest of the schedule that they are of."""

    time: Instant
    schedule: str

    @classmethod
    def of(cls, mark: ScheduleMarkStatus | None) -> "SchedulePosition | None":
        """From a Workflow's `status.scheduleMark`."""
        return None if mark is None else cls(instant(mark.time) or 0.0, mark.schedule)

    def written(self) -> Json:
        return {"time": rfc3339(self.time), "schedule": self.schedule}


def counting_from(
    schedule: Schedule,
    mark: SchedulePosition | None,
    *,
    known: bool,
    created_at: Instant,
    on_first_sight: OnFirstSight,
    now: Instant,
) -> Instant:
    """The instant after which times count. `known`: has the Workflow been accepted before, with a schedule or not?"""
    if mark is not None and mark.schedule == schedule.digest:
        return mark.time if mark.time < now + CLOCK_WAS_WRONG_S else now
    first = mark is None and not known
    if schedule.catch_up == "LatestAtOnce" and not (first and on_first_sight == "Adopt"):
        newest = next(schedule.before(int(now) + 1), None)
        return now if newest is None or (mark is not None and newest <= mark.time) else newest - 1
    if not first or on_first_sight == "Adopt":
        return now
    return min(created_at, schedule.start_at - 1) if schedule.from_start else created_at


@dataclass(frozen=True, slots=True)
class ScheduleDecision:
    """`run` is the time to run now, `missed` the number of times dropped, `next` the first time in the future."""

    mark: Instant
    run: Instant | None
    missed: int
    next: Instant | None


def due_time(
    schedule: Schedule,
    mark: Instant,
    now: Instant,
    *,
    concurrency: Concurrency,
    going: int = 0,
    made: Container[Instant] = (),
) -> ScheduleDecision:
    """What to do now. `going` is the number of runs that have not ended: its own scheduled ones or, where others take
    places of its `concurrency`, all. `made` are the times that have a run.
    """
    if schedule.suspended:
        return ScheduleDecision(mark, None, 0, None)
    coming = next(schedule.after(max(now, mark)), None)
    due = takewhile(lambda time: time > mark, schedule.before(int(now) + 1))
    newest = next(due, None)
    if newest is None:
        return ScheduleDecision(mark, None, 0, coming)
    oldest_s = schedule.deadline_s
    if schedule.catch_up != "All":
        late = oldest_s is not None and newest < now - oldest_s and newest not in made
        return ScheduleDecision(newest, None if late else newest, _count(due, made) + late, coming)
    lost = 0
    if oldest_s is not None:
        late_times = takewhile(lambda time: time > mark, schedule.before(now - oldest_s))
        if (last := next(late_times, None)) is not None:
            mark, lost = last, _count(late_times, made) + (last not in made)
    run = next(schedule.after(mark), None)
    if run is None or run > now:
        return ScheduleDecision(mark, None, lost, coming)
    waits = run != newest or concurrency.policy in (None, "Queue")
    if waits and going >= concurrency.max_runs and run not in made:
        return ScheduleDecision(mark, None, lost, coming)
    return ScheduleDecision(run, run, lost, coming)


def _count(times: Iterator[Instant], made: Container[Instant]) -> int:
    return sum(time not in made for time in islice(times, _COUNTED))
