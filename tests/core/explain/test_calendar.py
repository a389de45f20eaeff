"""How each time of a Backfill stands."""

import pytest

from sluice.api.backfill import BackfillSpec, BackfillStatus
from sluice.api.schedule import ScheduleSpec
from sluice.core.base.naming import scheduled_run_name
from sluice.core.base.times import instant
from sluice.core.explain.calendar import BackfillSeen, RunOfWorkflow, calendar


def seen(order="OldestFirst", **status):
    until = {"from": "2026-03-01T00:00:00Z", "until": "2026-03-05T00:00:00Z"}
    spec = BackfillSpec.read({"workflow": "etl", "order": order, **until})
    return BackfillSeen("b", "w", spec, BackfillStatus.read(status))


def run(day, phase, number=1, by=""):
    when = instant(f"2026-03-0{day}T02:00:00Z")
    return RunOfWorkflow(scheduled_run_name("etl", "w", when, number), phase, by)


def states(found, *runs):
    schedule = ScheduleSpec(cron="0 2 * * *")
    return [(dated.day[-2:], dated.state, dated.mine) for dated in calendar(found, schedule, runs)]


def test_a_time_has_the_state_of_its_newest_run_whoever_made_it():
    runs = run(1, "Failed", by="b"), run(2, "Succeeded"), run(3, "Running", 2, by="b"), run(3, "Failed")
    assert states(seen(cursor="2026-03-03T02:00:00Z"), *runs) == [
        ("01", "Failed", True),
        ("02", "Succeeded", False),
        ("03", "Running", True),
        ("04", "Waiting", False),
    ]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, "Waiting Waiting Waiting Waiting"),
        ({"cursor": "2026-03-02T02:00:00Z"}, "Gone Gone Waiting Waiting"),
        ({"cursor": "2026-03-02T02:00:00Z", "order": "NewestFirst"}, "Waiting Gone Gone Gone"),
        ({"cursor": "2026-03-02T02:00:00Z", "phase": "Failed"}, "Gone Gone Gone Gone"),
    ],
    ids=str,
)
def test_without_a_run_it_is_to_come_or_done_with(status, expected):
    assert [state for _, state, _ in states(seen(**status))] == expected.split()


def test_days_are_those_of_the_time_zone_of_the_schedule():
    schedule = ScheduleSpec(cron="30 0 * * *", timeZone="Asia/Tokyo")
    (first, *_) = calendar(seen(), schedule, ())
    assert (first.day, first.clock) == ("2026-03-02", "00:30")
