"""How many runs `sluice backfill` says there will be, and which times a day stands for."""

import pytest

from sluice.api.backfill import BackfillSpec
from sluice.api.workflow import WorkflowSettings
from sluice.cli.backfill.count import Count, count, moment
from sluice.client.errors import ClientError
from sluice.client.table import TableRow
from sluice.core.base.naming import scheduled_run_name
from sluice.core.base.times import instant

NOW = instant("2026-06-01T00:00:00Z")
WORKFLOW = {"metadata": {"name": "etl", "uid": "u"}, "spec": {"schedule": {"cron": "0 2 * * *"}, "tasks": []}}


def run(day, phase, number=1, **metadata):
    name = scheduled_run_name("etl", "u", instant(f"2026-03-{day:02}T02:00:00Z"), number)
    return TableRow({"name": name, **metadata}, {"Phase": phase})


def said(*runs, **spec):
    whole = {"workflow": "etl", "from": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z", **spec}
    manifest = {"metadata": {"name": "march"}, "spec": whole}
    return count(manifest, WORKFLOW, runs, NOW).words(BackfillSpec.read(whole))


@pytest.mark.parametrize(
    ("rerun", "words"),
    [
        (None, "31 times, 4 have a run already: 27 runs, 1 at a time, oldest first."),
        ("Failed", "31 times, 3 have a good run already: 28 runs, 1 at a time, oldest first."),
        ("All", "31 times, 1 has a run already: 30 runs, 1 at a time, oldest first."),
    ],
)
def test_times_that_have_a_run_are_left_out(rerun, words):
    again = (run(4, "Failed"), run(4, "Succeeded", 2))
    runs = (run(1, "Succeeded"), run(2, "Failed"), run(3, "Running"), *again, run(5, "Failed", deletionTimestamp="x"))
    assert said(*runs, **({"rerun": rerun} if rerun else {})) == words


def test_its_own_limits_are_told():
    assert said(maxRuns=4, order="NewestFirst") == "31 times: 31 runs, 4 at a time, newest first."
    assert said(until="2026-03-02T00:00:00Z") == "1 time: 1 run, 1 at a time, oldest first."


@pytest.mark.parametrize(
    ("max_runs", "earlier_s", "parallelism", "words"),
    [
        (4, [600, 500, 700], 16, " About 1h20m, by 3 kept runs; at most 64 pods."),  # 31 runs are 8 times 4
        (None, [60], None, " About 31m00s, by 1 kept run."),
        (40, [], 1, " At most 31 pods."),
        (4, [], None, ""),
    ],
)
def test_how_long_it_takes_is_guessed_from_earlier_runs(max_runs, earlier_s, parallelism, words):
    whole = {"workflow": "etl", "from": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"}
    spec = BackfillSpec.read(whole | ({"maxRuns": max_runs} if max_runs else {}))
    assert Count(times=33, left_out=2).guess(spec, earlier_s, parallelism) == words


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"until": "2026-02-01T00:00:00Z"}, "spec.until: is not after `from`"),
        ({"until": "2026-07-01T00:00:00Z"}, "spec.until: lies ahead"),
        ({"from": "yesterday"}, "spec.from: "),
        ({"arguments": {"day": "1"}}, "no parameter called 'day'"),
    ],
)
def test_faults_are_found_before_it_is_created(spec, words):
    with pytest.raises(ClientError) as error:
        said(**spec)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("text", "zone", "time"),
    [
        ("2026-03-01", None, "2026-03-01T00:00:00Z"),
        ("2026-03-01", "Europe/Berlin", "2026-02-28T23:00:00Z"),
        ("2026-07-01", "Europe/Berlin", "2026-06-30T22:00:00Z"),
        ("2026-03-01T05:00:00Z", "Europe/Berlin", "2026-03-01T05:00:00Z"),
        ("2026-02-30", None, "2026-02-30"),
        ("soon", None, "soon"),
    ],
)
def test_a_day_begins_at_midnight_where_the_schedule_is(text, zone, time):
    schedule = {"cron": "0 2 * * *", **({"timeZone": zone} if zone else {})}
    assert moment(text, WorkflowSettings.read({"schedule": schedule})) == time
    if zone is None:
        assert moment("2026-03-01", WorkflowSettings()) == "2026-03-01T00:00:00Z"
