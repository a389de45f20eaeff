"""Backfills as stories of one day: which times get a run, whatever is there already and whatever restarts."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.api.backfill import BackfillSpec, BackfillStatus
from sluice.api.schedule import ScheduleSpec
from sluice.api.workflow import WorkflowSettings
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.triggers.backfill import (
    Backfill,
    Progress,
    RunOfTime,
    backfill_schedule,
    count_ended,
    next_step,
    start_backfill,
)

HOURLY = {"cron": "0 * * * *"}


def at(clock):
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 3, 1, hour, minute, tzinfo=UTC).timestamp()


def clock(instant):
    return datetime.fromtimestamp(instant, UTC).strftime("%H:%M")


def run_at(instant):
    """The name of a run of this time."""
    return clock(instant).replace(":", ".")


def asked(since="01:00", until="05:00", workflow=None, **spec):
    spec = {"from": f"2026-03-01T{since}:00Z", "until": f"2026-03-01T{until}:00Z"} | spec
    said = BackfillSpec.model_validate({"workflow": "etl"} | spec)
    settings = WorkflowSettings.model_validate({"schedule": HOURLY} if workflow is None else workflow)
    return Backfill.of(said, backfill_schedule(said, settings))


def progress_of(status):
    return Progress.of(BackfillStatus.model_validate(status))


def times(backfill):
    return [clock(time) for time in backfill.times()]


@pytest.mark.parametrize(
    ("there", "then"),
    [
        ({}, ["01:00", "02:00", "03:00", "04:00"]),  # with the first, without the last
        ({"order": "NewestFirst"}, ["04:00", "03:00", "02:00", "01:00"]),
        ({"since": "01:01", "until": "03:01"}, ["02:00", "03:00"]),
        ({"cron": "*/30 2 * * *"}, ["02:00", "02:30"]),  # its own, not the schedule's
        ({"every": "90m", "since": "01:10"}, ["01:10", "02:40", "04:10"]),
        ({"workflow": {"schedule": {"every": "2h", "startAt": "2026-03-01T01:00:00Z"}}}, ["01:00", "03:00"]),
        (
            {"workflow": {"schedule": HOURLY | {"startAt": "2026-03-01T03:00:00Z"}}, "until": "03:00"},
            ["01:00", "02:00"],
        ),
        ({"workflow": {"schedule": HOURLY | {"suspend": True}}, "until": "03:00"}, ["01:00", "02:00"]),
    ],
)
def test_times(there, then):
    assert times(asked(**there)) == then


def test_fractions_of_a_second_let_no_earlier_time_in():
    spec = {"workflow": "etl", "from": "2026-03-01T01:00:00.5Z", "until": "2026-03-01T03:00:00.5Z"}
    assert times(Backfill.of(BackfillSpec.model_validate(spec), ScheduleSpec.model_validate(HOURLY))) == [
        "02:00",
        "03:00",
    ]


@pytest.mark.parametrize(
    ("rerun", "there", "then"),
    [
        ("None", [], "1"),
        ("None", ["Failed"], "skipped"),
        ("Failed", ["Failed"], "2"),
        ("Failed", ["Stopped"], "2"),
        ("Failed", ["Succeeded"], "skipped"),
        ("Failed", ["Failed", "Succeeded"], "skipped"),  # the last one counts
        ("Failed", ["Succeeded", "Failed"], "3"),
        ("All", ["Succeeded"], "2"),
        ("All", ["Failed", "Succeeded"], "3"),
        ("All", ["Running"], "skipped"),  # it is left to it
        ("Failed", [""], "skipped"),  # nobody has looked at it yet
        ("All", ["Succeeded"] * 99, "skipped"),  # names have no more room
    ],
)
def test_a_time_that_has_runs_already(rerun, there, then):
    runs = [RunOfTime(number, f"r{number}", phase) for number, phase in enumerate(there, start=1)]
    found = next_step(asked(until="02:00", rerun=rerun), Progress(1), lambda _: runs, "")
    assert ("skipped" if found.progress.skipped else str(found.make.number)) == then


@pytest.mark.parametrize(
    ("there", "going", "full", "words"),
    [
        ({}, 0, "", ""),
        ({}, 1, "", "MaxRuns: 1/1 of its runs are active"),
        ({"maxRuns": 2}, 1, "", ""),
        ({"maxRuns": 2}, 2, "", "MaxRuns: 2/2 of its runs are active"),
        ({"state": "Suspended"}, 0, "", "Suspended"),
        ({}, 0, "Concurrency: 1/1", "Concurrency: 1/1"),
    ],
)
def test_why_it_makes_no_run(there, going, full, words):
    progress = Progress(4, active=tuple((f"r{number}", 0.0) for number in range(going)))
    found = next_step(asked(**there), progress, lambda _: [], full)
    assert found.waits == words
    assert (found.make is None) == bool(words)


def test_not_all_times_are_looked_at_in_one_step():
    looked_at = []

    def runs_of(time):
        looked_at.append(time)
        return [RunOfTime(1, "r", "Succeeded")]

    backfill = asked(until="23:00", every="1m", rerun="Failed")
    first = next_step(backfill, Progress(1320), runs_of, "")
    assert (first.more, first.make, first.waits, first.progress.skipped) == (True, None, "", len(looked_at))
    last = next_step(backfill, next_step(backfill, first.progress, runs_of, "").progress, runs_of, "")
    assert (last.more, last.progress.skipped, len(looked_at)) == (False, 1320, 1320)


def test_of_its_own_runs_that_it_does_not_remember_no_more_go_than_the_status_can_hold():
    backfill = asked(until="23:00", every="1m")
    found = next_step(backfill, Progress(1320), lambda time: [RunOfTime(1, run_at(time), "Running", mine=True)], "")
    assert (len(found.progress.active), found.waits) == (200, "MaxRuns: 200/1 of its runs are active")
    counted = count_ended(found.progress, {run: "Succeeded" for run, _ in found.progress.active})
    assert (counted.succeeded, counted.active) == (200, ())


def test_the_name_of_a_run_that_is_being_deleted_is_waited_for():
    found = next_step(asked(), Progress(4), lambda _: [RunOfTime(1, "etl-1", "Failed", deleting=True)], "")
    assert found.waits == "NameTaken: run etl-1 is being deleted"


@pytest.mark.parametrize(
    ("concurrency", "places"),
    [
        (None, None),
        ({"policy": "Allow"}, None),
        ({"maxRuns": 2}, None),  # it waits its turn
        ({"maxRuns": 2, "maxQueued": 3}, 5),
        ({"maxRuns": 2, "policy": "Forbid"}, 2),
        ({"policy": "Replace"}, 1),
    ],
)
def test_how_many_runs_the_workflow_has_places_for(concurrency, places):
    assert (
        Concurrency.of(WorkflowSettings.model_validate({"concurrency": concurrency} if concurrency else {})).places
        == places
    )


@dataclass
class Cluster:
    """One Backfill and the runs of its Workflow, by name: `02.00`, `02.00-r2`. The operator looks when told to."""

    backfill: Backfill
    runs: dict[str, str] = field(default_factory=dict)
    mine: set[str] = field(default_factory=set)
    made: list[str] = field(default_factory=list)
    status: dict = field(default_factory=dict)

    def look(self, *, crash=False):
        progress = progress_of(self.status)
        if progress is None:
            progress = start_backfill(self.backfill, "Run")
        progress = count_ended(progress, self.runs)
        while (found := next_step(self.backfill, progress, self._of_time, "")).make or found.more:
            progress = found.progress
            if found.make is None:
                continue
            again = f"-r{found.make.number}" if found.make.number > 1 else ""
            name = run_at(found.make.time) + again
            assert name not in self.runs, "names are claims"
            self.runs[name] = "Running"
            self.mine.add(name)
            self.made.append(name)
            progress = found.progress.made(found.make.time, name)
        if not crash:
            self.status = {name: value for name, value in found.progress.written().items() if value is not None}

    def _of_time(self, time):
        names = sorted(name for name in self.runs if name.startswith(run_at(time)))
        numbers = [int(name.partition("-r")[2] or 1) for name in names]
        return [
            RunOfTime(number, name, self.runs[name], name in self.mine)
            for number, name in sorted(zip(numbers, names, strict=True))
        ]

    def end(self, name, phase="Succeeded"):
        self.runs[name] = phase

    def delete(self, name):
        del self.runs[name]
        self.mine.discard(name)

    @property
    def progress(self):
        return self.status["progress"]


def test_one_after_the_other():
    cluster = Cluster(asked())
    for hour in range(1, 5):
        cluster.look()
        assert cluster.made == [f"0{each}.00" for each in range(1, hour + 1)]
        cluster.end(f"0{hour}.00", "Failed" if hour == 2 else "Succeeded")
    cluster.look()
    assert cluster.progress == "3/4, 1 failed"
    assert cluster.status["failedRuns"] == ["02.00"]
    assert progress_of(cluster.status).finished


def test_two_at_a_time_the_newest_first():
    cluster = Cluster(asked(maxRuns=2, order="NewestFirst"))
    cluster.look()
    assert cluster.made == ["04.00", "03.00"]
    cluster.end("03.00")
    cluster.look()
    assert cluster.made == ["04.00", "03.00", "02.00"]


def test_a_run_that_was_deleted_is_not_made_again():
    cluster = Cluster(asked())
    cluster.look()
    cluster.end("01.00")
    cluster.look()
    cluster.delete("01.00")
    cluster.look()
    cluster.delete("02.00")  # under way, so it will never succeed
    cluster.look()
    assert cluster.made == ["01.00", "02.00", "03.00"]
    assert cluster.progress == "1/4, 1 failed"


def test_runs_that_were_made_before_a_crash_are_known_and_counted():
    cluster = Cluster(asked(maxRuns=2, rerun="All"), runs={"02.00": "Succeeded"})
    cluster.look(crash=True)
    cluster.end("01.00")
    cluster.look()
    cluster.look()
    assert cluster.made == ["01.00", "02.00-r2", "03.00"]
    assert cluster.progress == "1/4"


def test_a_restored_backup_is_taken_as_done():
    progress = start_backfill(asked(), "Adopt")
    assert progress.finished
    assert next_step(asked(), progress, lambda _: [], "").make is None


def test_progress_is_read_as_it_was_written():
    progress = Progress(9, at("03:00"), 2, 1, 3, (("etl-1", at("03:00")),), ("etl-0",))
    assert progress_of(progress.written()) == progress
    assert progress_of({}) is None
    assert progress.words == "2/9, 1 failed, 3 skipped"
    assert replace(progress, failed=2).failures == "2 of 9 times failed: etl-0 and others"


PHASES = ["Succeeded", "Failed", "Stopped"]


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([*PHASES, "", "delete"]), st.integers(0, 9)), max_size=40),
    st.sampled_from(
        [{}, {"order": "NewestFirst"}, {"maxRuns": 3}, {"rerun": "Failed"}, {"rerun": "All", "maxRuns": 2}]
    ),
    st.dictionaries(st.sampled_from(["01.00", "02.00", "04.00"]), st.sampled_from(PHASES)),
)
def test_each_time_is_run_once_in_order_and_counted_once_whatever_happens(story, spec, there):
    backfill = asked(**spec)
    cluster = Cluster(backfill, runs=dict(there))
    for crash, phase, place in story:
        cluster.look(crash=crash)
        counted = dict(progress_of(cluster.status).active) if cluster.status else {}
        going = sorted(name for name in cluster.mine if cluster.runs[name] == "Running")
        assert len(going) <= backfill.max_runs
        if going:
            name = going[place % len(going)]
            if phase in PHASES:
                cluster.end(name, phase)
            elif phase == "delete" and name in counted:  # what nobody has written down yet is made again, as it must
                cluster.delete(name)
    for _ in range(9):
        cluster.look()
        for name in cluster.mine:
            if cluster.runs[name] == "Running":
                cluster.end(name)
    cluster.look()
    progress = progress_of(cluster.status)
    assert progress.finished
    assert progress.succeeded + progress.failed + progress.skipped == progress.times == 4
    assert len(cluster.made) == progress.succeeded + progress.failed
    hours = [name[:5] for name in cluster.made]
    later = (lambda one, other: one > other) if backfill.newest_first else (lambda one, other: one < other)
    assert all(later(one, other) for one, other in pairwise(hours))
