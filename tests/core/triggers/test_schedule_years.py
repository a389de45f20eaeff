"""Ten years of a schedule under a fake clock, in several time zones, with an operator that is away now and then.

What should have been run is worked out a second time, without a cron library and without the code under test: a walk
through ten years, quarter hour by quarter hour, that looks at the clock on the wall.
"""

import random
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from sluice.api.schedule import ScheduleSpec
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.triggers.schedule import Schedule, due_time

START, END = datetime(2019, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=15)
HOUR_S = 3600.0

CRONS = {
    "30 2 * * SUN": lambda t: (t.hour, t.minute) == (2, 30) and t.weekday() == 6,
    "0 0,23 * 4,9 *": lambda t: t.hour in (0, 23) and t.minute == 0 and t.month in (4, 9),
    "15,45 0-3 1 * *": lambda t: t.hour <= 3 and t.minute in (15, 45) and t.day == 1,
    "*/15 1-2 * 3,4,10,11 SUN": lambda t: t.hour in (1, 2) and t.month in (3, 4, 10, 11) and t.weekday() == 6,
}
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/Santiago",  # its clocks change at midnight
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",  # three quarters past the hour
]


@cache
def walked(zone):
    """What the wall shows for the first time, and what it has jumped over when it lands."""
    where, at = ZoneInfo(zone), START
    shown = at.astimezone(where).replace(tzinfo=None)
    found = {expression: [] for expression in CRONS}
    while (at := at + STEP) < END:
        wall = at.astimezone(where).replace(tzinfo=None)
        for expression, matches in CRONS.items():
            if expression.startswith("*") and matches(wall):  # by elapsed time
                found[expression].append(at.timestamp())
        while shown < wall:
            shown += STEP
            for expression, matches in CRONS.items():
                if not expression.startswith("*") and matches(shown) and found[expression][-1:] != [at.timestamp()]:
                    found[expression].append(at.timestamp())
    return found


class Operator:
    """Looks at the schedule when something is due, and is away for hours or days now and then."""

    def __init__(self, said, seed):
        self.schedule = Schedule.of(ScheduleSpec.model_validate(said))
        self.chance = random.Random(seed)  # noqa: S311  # the same in every test run
        self.mark, self.now = START.timestamp(), START.timestamp()
        self.made, self.looks, self.missed = [], [], 0

    def live(self):
        while self.now < END.timestamp():
            self.looks.append(self.now)
            while (found := self._look()).run is not None and self.schedule.catch_up == "All":
                pass
            if found.next is None:
                return
            away_s = self.chance.uniform(0, 60 * HOUR_S) if self.chance.random() < 0.05 else 0.0
            self.now = found.next + away_s + self.chance.choice((0.0, 0.4, 17.0))

    def _look(self):
        found = due_time(self.schedule, self.mark, self.now, concurrency=Concurrency())
        if found.run is not None and self.chance.random() < 0.02:  # killed after the run was made, before it was marked
            again = due_time(self.schedule, self.mark, self.now, concurrency=Concurrency(), made={found.run})
            assert (again.run, again.mark) == (found.run, found.mark)
        self.mark = found.mark
        self.missed += found.missed
        if found.run is not None:
            self.made.append(found.run)
        return found


def expected(catch_up, times, looks):
    """Of the times between two looks: all, the newest, or the newest if it has passed for no longer than a minute."""
    found, place = [], 0
    for now in looks:
        due = []
        while place < len(times) and times[place] <= now:
            due.append(times[place])
            place += 1
        if catch_up == "All":
            found += due
        elif due and (catch_up == "Latest" or now - due[-1] <= 60):
            found.append(due[-1])
    return found


@pytest.mark.parametrize("catch_up", ["None", "Latest", "All"])
@pytest.mark.parametrize("zone", ZONES)
def test_ten_years_are_run_as_a_second_computation_says(zone, catch_up):
    for expression, times in walked(zone).items():
        operator = Operator({"cron": expression, "timeZone": zone, "catchUp": catch_up}, f"{zone} {expression}")
        operator.live()
        due = [time for time in times if time <= operator.looks[-1]]
        assert operator.made == expected(catch_up, due, operator.looks), expression
        assert operator.missed == len(due) - len(operator.made), expression
        assert len(due) > 100


@pytest.mark.parametrize("zone", ZONES)
def test_a_backfills_range_has_the_same_times(zone):
    begin, end = datetime(2020, 2, 1, tzinfo=UTC).timestamp(), datetime(2027, 11, 15, tzinfo=UTC).timestamp()
    for expression, times in walked(zone).items():
        schedule = Schedule.of(ScheduleSpec(cron=expression, timeZone=zone))
        there = [time for time in times if begin <= time < end]
        assert list(schedule.within(begin, end)) == there
        assert list(schedule.within(begin, end, back=True)) == there[::-1]


def test_every_keeps_its_steps_over_ten_years():
    operator = Operator({"every": "25h", "startAt": "2019-01-01T03:00:00Z", "catchUp": "All"}, "every")
    operator.live()
    first = START.timestamp() + 3 * HOUR_S
    assert operator.made == [first + 25 * HOUR_S * number for number in range(len(operator.made))]
    assert len(operator.made) > 3_500
