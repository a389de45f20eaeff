"""Faults of Backfills, all at once, each with its place and the next step."""

from datetime import UTC, datetime

import pytest

from sluice.api.workflow import WorkflowSettings
from sluice.core.validation import backfill_faults

DAILY = {"schedule": {"cron": "0 2 * * *"}, "tasks": []}
MARCH = {"workflow": "etl", "from": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"}
APRIL = datetime(2026, 4, 1, tzinfo=UTC).timestamp()


def faults(spec, workflow=DAILY, created_at=APRIL):
    settings = None if workflow is None else WorkflowSettings.read(workflow)
    return [str(fault) for fault in backfill_faults({"spec": MARCH | spec}, settings, created_at)]


@pytest.mark.parametrize(
    ("spec", "path", "words"),
    [
        ({"until": "2026-03-01T00:00:00Z"}, "spec.until", "is not after `from`, so no time is left"),
        ({"until": "2026-02-01T00:00:00Z"}, "spec.until", "is not after `from`"),
        (
            {"until": "2026-04-01T00:00:01Z"},
            "spec.until",
            "lies ahead: the Backfill was created at 2026-04-01T00:00:00Z",
        ),
        ({"from": "2026-03-01"}, "spec.from", "'2026-03-01' is no time; write for example 2026-03-01T02:00:00Z"),
        ({"from": "soon"}, "spec.from", "is no time"),
        ({"until": "2026-03-01T01:00:00Z"}, "spec.until", "no time of the schedule lies between `from` and `until`"),
        ({"every": "1m"}, "spec.until", "there are 44640 times from `from` to there; at most 10000 fit"),
        ({"every": "1m", "from": "1990-01-01T00:00:00Z"}, "spec.until", "there are 50000 times or more"),
        ({"every": "1s"}, "spec.every", "the least is 1m"),
        ({"cron": "0 25 * * *"}, "spec.cron", "field 2 (hour) of '0 25 * * *' is '25'"),
        ({"cron": "@daily", "every": "1h"}, "spec", "needs one of `cron` and `every`"),
        ({"cron": "@daily", "timeZone": "Berlin"}, "spec.timeZone", "there is no time zone 'Berlin'"),
        ({"timeZone": "Europe/Berlin"}, "spec.timeZone", "the Workflow's schedule has its own; remove this"),
        ({"maxRuns": 0}, "spec.maxRuns", "greater than or equal to 1"),
        ({"order": "Oldest"}, "spec.order", "'OldestFirst'"),
        ({"reruns": "All"}, "spec.reruns", "did you mean 'rerun'?"),
        ({"arguments": {"dya": "1"}}, "spec.arguments.dya", "the Workflow has no parameter called 'dya'"),
    ],
)
def test_fault(spec, path, words):
    (found,) = faults(spec)
    assert found.startswith(f"{path}: ")
    assert words in found


def test_all_at_once():
    found = faults({"until": "2026-02-01T00:00:00Z", "cron": "0 25 * * *", "arguments": {"day": "1"}})
    assert [fault.partition(":")[0] for fault in found] == ["spec.arguments.day", "spec.cron", "spec.until"]


def test_a_workflow_without_a_schedule_needs_times():
    plain = {"parameters": [{"name": "day"}]}
    assert faults({}, plain) == [
        "spec.arguments: 'day' has no default in the Workflow; give it a value here",
        "spec.workflow: 'etl' has no schedule; say `cron` or `every` here",
    ]
    assert faults({"cron": "@daily", "arguments": {"day": "1"}}, plain) == []
    typed = {"parameters": [{"name": "day", "type": "Integer"}]}
    assert faults({"cron": "@daily", "arguments": {"day": "1"}}, typed) == []
    assert faults({"cron": "@daily", "arguments": {"day": "x"}}, typed) == [
        "spec.arguments.day: must be a whole number such as 42"
    ]


def test_what_is_not_known_is_not_judged():
    assert faults({}, workflow=None, created_at=None) == []
    assert faults({"arguments": {"day": "1"}}, workflow=None) == []
    assert str(backfill_faults({})[0]).startswith("spec: is required")
