"""Workflows that have no run, Pools and Backfills."""

import pytest

from sluice.core.explain.backfill import explain_backfill
from sluice.core.explain.pool import explain_pool
from sluice.core.explain.seen import Holder
from sluice.core.explain.workflow import WorkflowSeen, explain_workflow
from tests.core.explain.shown import NOW, commands, facts, pool


def workflow(spec, going=(), message="", accepted="True", **status):
    conditions = [{"type": "Accepted", "status": accepted, "message": message}]
    found = {"metadata": {"name": "etl"}, "spec": spec, "status": {"conditions": conditions, **status}}
    return explain_workflow(WorkflowSeen(found, NOW, going))


@pytest.mark.parametrize(
    ("spec", "status", "waits", "command"),
    [
        ({"trigger": "Manual"}, {}, "trigger: Manual, so it runs only when somebody starts it", ["sluice run etl"]),
        (
            {"schedule": {"cron": "* * * * *"}},
            {"nextScheduleTime": "2026-03-01T15:00:00Z"},
            "for its schedule: next at 2026-03-01T15:00:00Z, in 2h50m",
            ["sluice run etl"],
        ),
        (
            {"schedule": {"suspend": True}},
            {},
            "its schedule is suspended",
            ["sluice resume etl --schedule", "sluice run etl"],
        ),
        (
            {"after": [{"workflow": "a"}, {"workflow": "b"}]},
            {"after": [{"workflow": "a", "since": "2026-03-01T00:00:00Z"}]},
            "for a success of each of a (since 2026-03-01T00:00:00Z), b",
            ["sluice run etl"],
        ),
        ({}, {}, "for a change of what it does (trigger: OnChange)", ["sluice run etl"]),
    ],
)
def test_what_a_workflow_waits_for(spec, status, waits, command):
    answer = workflow(spec, **status)
    assert facts(answer)[1]["waits"] == waits
    assert commands(answer) == command


def test_a_refused_workflow_has_every_fault():
    answer = workflow({}, message="a: wrong\nb: wrong", accepted="False")
    assert facts(answer) == (
        "Workflow etl was refused, and makes no run.",
        {"fault": ["a: wrong", "b: wrong"]},
    )


def test_runs_that_have_not_ended_are_told():
    answer = workflow({}, going=[("etl-2", "Pending", "Queued: 1 run of etl goes"), ("etl-1", "Running", "")])
    assert facts(answer)[1]["run"] == ["etl-2: Pending, Queued: 1 run of etl goes", "etl-1: Running"]
    assert commands(answer) == ["sluice why run/etl-2"]


def test_a_pool_has_holders_and_a_line():
    waiters = [{"name": "etl-1/load", "since": "2026-03-01T12:00:00Z"}, {"name": "b-1"}]
    held = [Holder("r-1/x", NOW - 840, "18m00s, by 5 kept runs", 240), Holder("r-2")]
    answer = explain_pool(pool(used=1, waiting=3, holders=["r-1/x", "r-2"], waiters=waiters), NOW, held)
    head, found = facts(answer)
    assert head == "Pool warehouse has 1/1 slots in use, 3 wait."
    assert found["held by"] == "r-1/x for 14m00s (it takes 18m00s, by 5 kept runs)\nr-2"
    assert found["frees"] == "in about 4m00s, if r-1/x takes as long as before"
    assert found["in line"] == "etl-1/load for 10m00s, b-1"
    assert commands(answer) == ["sluice stop r-1"]


def test_a_pool_without_slots_lets_nobody_through():
    assert "no slots" in facts(explain_pool(pool(slots=0), NOW, ()))[1]


@pytest.mark.parametrize(
    ("status", "head", "command"),
    [
        ({}, "Backfill march has not begun.", []),
        (
            {"phase": "Running", "progress": "3/31", "message": "MaxRuns: 1/1 of its runs", "active": [{"run": "r-1"}]},
            "Backfill march is running, 3/31.",
            ["sluice why run/r-1"],
        ),
        ({"phase": "Suspended"}, "Backfill march is suspended.", ["sluice resume backfill/march"]),
        ({"phase": "Failed", "failedRuns": ["r-2"]}, "Backfill march has failed.", ["sluice why run/r-2"]),
        ({"phase": "Refused", "message": "a\nb"}, "Backfill march was refused.", []),
    ],
)
def test_a_backfill(status, head, command):
    answer = explain_backfill({"metadata": {"name": "march"}, "status": status})
    assert answer.head == head
    assert commands(answer) == command
