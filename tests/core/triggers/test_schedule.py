"""Schedules under a fake clock. Times are written as the hour and minute of one day, `02:00`, in UTC."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from sluice.api.schedule import ScheduleMarkStatus, ScheduleSpec
from sluice.api.workflow import WorkflowSettings
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.triggers.schedule import Schedule, ScheduleDecision, SchedulePosition, counting_from, due_time

HOURLY = {"cron": "0 * * * *"}


def at(clock):
    """`02:00`, or with a day before it `2T02:00`."""
    day, _, clock = clock.rpartition("T")
    hour, minute, *second = map(int, clock.split(":"))
    return datetime(2026, 3, int(day or 1), hour, minute, *second, tzinfo=UTC).timestamp()


def clock(instant):
    return None if instant is None else datetime.fromtimestamp(instant, UTC).strftime("%H:%M")


def schedule(said):
    return Schedule.of(ScheduleSpec.model_validate(said))


def looked(said, mark, now, concurrency=None, **there):
    """(the mark then, what is run, how many are missed, what comes next)"""
    limits = Concurrency.of(
        WorkflowSettings.model_validate({"schedule": said} | ({"concurrency": concurrency} if concurrency else {}))
    )
    found = due_time(schedule(said), at(mark), at(now), concurrency=limits, **there)
    return clock(found.mark), clock(found.run), found.missed, clock(found.next)


@pytest.mark.parametrize(
    ("said", "mark", "now", "then"),
    [
        (HOURLY, "02:00", "02:59:59", ("02:00", None, 0, "03:00")),
        (HOURLY, "02:00", "03:00", ("03:00", "03:00", 0, "04:00")),
        (HOURLY, "02:00", "06:30", ("06:00", "06:00", 3, "07:00")),  # Latest
        (HOURLY | {"catchUp": "LatestAtOnce"}, "02:00", "06:30", ("06:00", "06:00", 3, "07:00")),
        (HOURLY | {"catchUp": "None"}, "02:00", "03:00:59", ("03:00", "03:00", 0, "04:00")),
        (HOURLY | {"catchUp": "None"}, "02:00", "06:30", ("06:00", None, 4, "07:00")),
        (HOURLY | {"catchUp": "All"}, "02:00", "06:30", ("03:00", "03:00", 0, "07:00")),
        (HOURLY | {"suspend": True}, "02:00", "06:30", ("02:00", None, 0, None)),
        (HOURLY | {"startingDeadline": "10m"}, "02:00", "06:05", ("06:00", "06:00", 3, "07:00")),
        (HOURLY | {"startingDeadline": "10m"}, "02:00", "06:30", ("06:00", None, 4, "07:00")),
        (HOURLY | {"startingDeadline": "2h", "catchUp": "All"}, "02:00", "06:30", ("05:00", "05:00", 2, "07:00")),
        (HOURLY | {"startingDeadline": "10m", "catchUp": "All"}, "02:00", "06:30", ("06:00", None, 4, "07:00")),
        (HOURLY | {"startAt": "2026-03-01T05:00:00Z"}, "02:00", "03:30", ("02:00", None, 0, "05:00")),
        (HOURLY | {"startAt": "2026-03-01T05:00:00Z"}, "02:00", "06:30", ("06:00", "06:00", 1, "07:00")),
        (HOURLY | {"endAt": "2026-03-01T05:00:00Z"}, "04:00", "05:30", ("05:00", "05:00", 0, None)),
        (HOURLY | {"endAt": "2026-03-01T05:00:00Z"}, "05:00", "06:30", ("05:00", None, 0, None)),
        (HOURLY | {"endAt": "1970-01-01T00:00:00Z"}, "04:00", "05:30", ("04:00", None, 0, None)),
        ({"cron": ["0 * * * *", "*/30 * * * *"]}, "02:00", "03:00", ("03:00", "03:00", 1, "03:30")),  # each once
        ({"every": "45m"}, "02:15", "03:00", ("03:00", "03:00", 0, "03:45")),
        ({"every": "45m", "startAt": "2026-03-01T02:10:00Z"}, "02:00", "02:20", ("02:10", "02:10", 0, "02:55")),
    ],
)
def test_what_is_run(said, mark, now, then):
    assert looked(said, mark, now) == then


ALL = HOURLY | {"catchUp": "All"}


@pytest.mark.parametrize(
    ("concurrency", "mark", "going", "run"),
    [
        (None, "02:00", 0, "03:00"),
        (None, "02:00", 1, None),  # the schedule is the queue: nothing that waits has to give way
        (None, "05:00", 1, None),
        ({"maxRuns": 2}, "02:00", 1, "03:00"),
        ({"maxRuns": 2}, "02:00", 2, None),
        ({"policy": "Allow"}, "02:00", 1, None),  # what is behind comes one by one
        ({"policy": "Allow"}, "05:00", 1, "06:00"),  # what is due now comes now
        ({"policy": "Forbid"}, "05:00", 1, "06:00"),
    ],
)
def test_all_of_them_come_when_there_is_room(concurrency, mark, going, run):
    assert looked(ALL, mark, "06:30", concurrency, going=going)[1] == run


def test_a_run_that_was_made_and_not_marked_is_made_sure_of_and_not_missed():
    assert looked(HOURLY, "02:00", "03:00", made={at("03:00")}) == ("03:00", "03:00", 0, "04:00")
    assert looked(HOURLY, "02:00", "04:00", made={at("03:00")}) == ("04:00", "04:00", 0, "05:00")
    assert looked(ALL, "02:00", "06:30", going=1, made={at("03:00")})[1] == "03:00"


def test_latest_at_once_runs_the_time_before_its_creation_and_misses_none():
    start = counting_from(
        schedule(ONCE), None, known=False, created_at=at("06:20"), on_first_sight="Run", now=at("06:30")
    )
    found = due_time(schedule(ONCE), start, at("06:30"), concurrency=Concurrency())
    assert (clock(found.run), found.missed, clock(found.next)) == ("06:00", 0, "07:00")


def test_missed_times_are_counted_up_to_a_thousand():
    assert looked({"cron": "* * * * *"}, "1T00:00", "31T00:00")[2] == 1000


def test_each_time_is_run_once_over_an_outage():
    mark, runs = at("00:00"), []
    for now in ("01:00", "01:00:01", "05:30", "05:31", "05:32", "05:33", "05:34"):
        found = due_time(schedule(ALL), mark, at(now), concurrency=Concurrency())
        mark = found.mark
        runs.append(clock(found.run))
    assert runs == ["01:00", None, "02:00", "03:00", "04:00", "05:00", None]


@pytest.mark.parametrize("suspend", [True, False])
def test_an_interval_begins_with_the_time_before(suspend):
    weekdays = schedule({"cron": "0 2 * * MON-FRI", "startAt": "2026-03-09T02:00:00Z", "suspend": suspend})
    assert weekdays.interval_start(at("9T02:00")) == at("6T02:00")


def begun(said, *, mark=None, known=False, adopt=False, now="06:30"):
    return clock(
        counting_from(
            schedule(said),
            mark,
            known=known,
            created_at=at("02:00"),
            on_first_sight="Adopt" if adopt else "Run",
            now=at(now),
        )
    )


def marked(clock, said):
    return SchedulePosition(at(clock), schedule(said).digest)


ONCE = HOURLY | {"catchUp": "LatestAtOnce"}
START = ALL | {"startAt": "2026-03-01T01:00:00Z"}


@pytest.mark.parametrize(
    ("said", "there", "then"),
    [
        (HOURLY, {}, "02:00"),  # what comes after its creation
        (HOURLY | {"startAt": "2026-03-01T01:00:00Z"}, {}, "02:00"),
        (ALL, {}, "02:00"),
        (START, {}, "00:59"),  # Airflow's catchup
        (START, {"adopt": True}, "06:30"),  # a restored backup
        (HOURLY, {"known": True}, "06:30"),  # it had no schedule before
        (START, {"known": True}, "06:30"),
        (HOURLY, {"mark": marked("04:00", HOURLY)}, "04:00"),
        (ALL, {"mark": marked("04:00", HOURLY)}, "04:00"),  # the times are the same
        (START, {"mark": marked("04:00", ALL)}, "06:30"),  # changed
        (HOURLY | {"suspend": True}, {"mark": marked("04:00", HOURLY)}, "06:30"),
        (HOURLY | {"suspend": False}, {"mark": marked("04:00", HOURLY | {"suspend": True})}, "06:30"),  # resumed
        (ALL, {"mark": marked("04:00", ALL | {"suspend": True})}, "06:30"),
        (ONCE, {}, "05:59"),  # Airflow's habit without catchup
        (ONCE, {"known": True}, "05:59"),
        (ONCE, {"adopt": True}, "06:30"),
        (ONCE | {"startAt": "2026-03-01T07:00:00Z"}, {}, "06:30"),
        (ONCE | {"endAt": "2026-03-01T05:30:00Z"}, {}, "04:59"),
        (ONCE, {"mark": marked("04:00", HOURLY)}, "04:00"),
        (ONCE, {"mark": marked("04:00", HOURLY | {"suspend": True})}, "05:59"),  # resumed
        (ONCE, {"mark": marked("06:10", HOURLY | {"suspend": True})}, "06:30"),  # nothing has passed meanwhile
        (HOURLY, {"mark": marked("06:31", HOURLY)}, "06:31"),  # another machine's clock is a little ahead
        (HOURLY, {"mark": marked("9T00:00", HOURLY)}, "06:30"),  # a clock was wrong by days
    ],
)
def test_from_when_on_times_count(said, there, then):
    assert begun(said, **there) == then


def test_a_mark_is_written_and_read():
    mark = marked("04:00", HOURLY)
    assert SchedulePosition.of(ScheduleMarkStatus.model_validate(mark.written())) == mark


def test_every_is_counted_from_midnight():
    assert [clock(time) for time in islice(schedule({"every": "8h"}).after(at("01:00")), 3)] == [
        "08:00",
        "16:00",
        "00:00",
    ]


def test_a_suspended_schedule_says_nothing():
    assert due_time(
        schedule(HOURLY | {"suspend": True}), at("02:00"), at("06:30"), concurrency=Concurrency()
    ) == ScheduleDecision(at("02:00"), None, 0, None)
