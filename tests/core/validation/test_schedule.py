"""Faults of schedules, each with its place and the next step."""

import pytest

from sluice.core.validation import workflow_faults


def faults(schedule, **spec):
    tasks = [{"name": "hello", "image": "busybox", "bash": "echo hello"}]
    spec = {"schedule": schedule, "tasks": tasks} | spec
    return [str(fault) for fault in workflow_faults({"metadata": {"name": "etl"}, "spec": spec})]


@pytest.mark.parametrize(
    ("schedule", "path", "words"),
    [
        ({}, "spec.schedule", "needs one of `cron` and `every`"),
        ({"cron": "@daily", "every": "1h"}, "spec.schedule", "needs one of"),
        ({"cron": "0 25 * * *"}, "spec.schedule.cron", "field 2 (hour) of '0 25 * * *' is '25'; it takes 0-23"),
        ({"cron": ["@daily", "0 2 * *"]}, "spec.schedule.cron[1]", "has 4 fields, not the five of cron"),
        ({"cron": "0 0 30 2 *"}, "spec.schedule.cron", "never comes"),
        ({"every": "30s"}, "spec.schedule.every", "'30s' is too often; the least is 1m"),
        ({"every": "soon"}, "spec.schedule.every", "must be a duration such as 90s or 1h30m, not 'soon'"),
        ({"cron": "@daily", "timeZone": "Europe/Berlln"}, "spec.schedule.timeZone", "did you mean 'Europe/Berlin'?"),
        ({"cron": "@daily", "timeZone": "../etc/passwd"}, "spec.schedule.timeZone", "there is no time zone"),
        ({"every": "1h", "timeZone": "Europe/Berlin"}, "spec.schedule.timeZone", "or use `cron`"),
        (
            {"cron": "@daily", "startAt": "2026-03-01"},
            "spec.schedule.startAt",
            "write for example 2026-03-01T02:00:00Z",
        ),
        ({"cron": "@daily", "startAt": "9999-01-01T00:00:00Z"}, "spec.schedule.startAt", "is in the year 9999"),
        (
            {"cron": "@daily", "startAt": "2026-03-02T00:00:00Z", "endAt": "2026-03-01T00:00:00Z"},
            "spec.schedule.endAt",
            "is before startAt",
        ),
        ({"cron": "@daily", "startingDeadline": "0s"}, "spec.schedule.startingDeadline", "the least is 10s"),
        ({"cron": "@daily", "catchup": "All"}, "spec.schedule.catchup", "did you mean 'catchUp'?"),
    ],
)
def test_fault(schedule, path, words):
    (found,) = faults(schedule)
    assert found.startswith(f"{path}: ")
    assert words in found


def test_a_schedule_is_sound():
    sound = {
        "cron": ["0 2 * * *", "30 14 * * SAT"],
        "timeZone": "Europe/Berlin",
        "startAt": "2026-03-01T00:00:00+01:00",
    }
    assert faults(sound | {"catchUp": "All", "startingDeadline": "6h", "suspend": False}) == []


@pytest.mark.parametrize("field", [{"trigger": "OnChange"}, {"onChange": {"reuse": "Unchanged"}}])
def test_it_runs_on_time_or_on_change(field):
    (found,) = faults({"cron": "@daily"}, **field)
    assert found.startswith(f"spec.{next(iter(field))}: with a schedule it runs on time, and not on change")


def test_each_parameter_needs_a_default():
    (found,) = faults({"cron": "@daily"}, parameters=[{"name": "day"}])
    assert found.endswith("give one, or take spec.schedule away")


def test_a_script_reads_the_scheduled_time_in_its_environment():
    task = {"name": "hello", "image": "busybox", "bash": "echo $(run.scheduledTime)"}
    (found,) = faults({"cron": "@daily"}, tasks=[task])
    assert found.endswith('write "$SLUICE_SCHEDULED_TIME" instead')


def test_placeholders_and_conditions_know_the_times():
    task = {
        "name": "hello",
        "image": "busybox",
        "when": "run.scheduledTime != '' && run.intervalStart < run.intervalEnd",
        "command": ["echo", "$(run.scheduledTime) $(run.intervalStart) $(run.intervalEnd)"],
    }
    assert faults({"cron": "@daily"}, tasks=[task]) == []
