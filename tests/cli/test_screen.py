"""The live display, as text: its colours only repeat what signs and words say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.cli.watch.order import TaskOrder
from sluice.cli.watch.screen import frame, share
from sluice.cli.watch.view import RunView
from tests.cli.statuses import NOW, at, manifest, pending, run, task


def screen(view, width=80, height=24, trouble="", **more):
    return "\n".join(line.plain for line in frame(view, trouble, NOW, width, height, **more))


def test_a_run_by_steps():
    view = run(
        "a, b, c >> d",
        {"progress": "1/4"},
        a="Succeeded 1-3",
        b="Running 2",
        c=pending("Unschedulable: 0/1 nodes are available: 1 Insufficient cpu. preemption: not helpful"),
        d=pending("WaitingFor: b, c"),
    )
    assert screen(view) == (
        "etl-g3-4f7a9  ● Running  1/4  30s\n"
        "1 ✔ a  Succeeded   2s\n"
        "  ● b  Running    28s\n"
        "  ◌ c  Pending         Unschedulable: 0/1 nodes are available: 1 Insufficient c…\n"
        "2 ○ d  Waiting         for b, c"
    )


def test_what_goes_on_has_a_bar_and_the_run_says_how_long_it_may_take():
    clean = {"phase": "Running", "startedAt": at(10), "progress": "31/60, 1 failed"}
    status = {"progress": "1/3", "time": {"running": "31s", "pool/warehouse": "1m"}, "tasks": {"clean": clean}}
    view = RunView.of(manifest(status), None, typical_s=95)
    assert screen(view) == (
        "etl-g3-4f7a9  ● Running  1/3  30s, about 1m05s left  pool/warehouse 1m, running…\n"
        "● clean  Running  20s  31/60, 1 failed █████▏"
    )
    assert "left" not in screen(RunView.of(manifest(status), None, typical_s=20))


def test_a_failed_run():
    view = run(
        "a >> b >> c; a >> d",
        {"phase": "Failed", "progress": "1/4, 1 failed, 1 not run, 1 stopped", "finishedAt": at(9)}
        | {"message": "task b failed: exit code 3"},
        a="Succeeded 1-3",
        b={**task("Failed 3-9"), "attempt": 3, "reason": "Error: 2 of 2 retries used", "message": "exit code 3"},
        c={"phase": "UpstreamFailed", "reason": "UpstreamFailed: b"},
        d={"phase": "Stopped", "reason": "Stopped: the run was stopped"},
    )
    assert screen(view, width=90) == (
        "etl-g3-4f7a9  ✖ Failed  1/4, 1 failed, 1 not run, 1 stopped  9s\n"
        "task b failed: exit code 3\n"
        "✔ a        Succeeded                  2s\n"
        "├─ ✖ b     Failed          attempt 3  6s  Error: 2 of 2 retries used; exit code 3\n"
        "│  └─ ⊘ c  UpstreamFailed                 because of b\n"
        "└─ ■ d     Stopped                        the run was stopped"
    )


def test_a_terminal_without_unicode():
    view = run("a >> b", a="Succeeded 1-3", b={**task("Failed 3-9"), "reason": "Error", "message": "naïve ✔"})
    assert screen(view, ascii_only=True) == (
        "etl-g3-4f7a9  > Running  30s\n+ a     Succeeded  2s\n`- x b  Failed     6s  Error: na?ve +"
    )


def test_a_run_that_nobody_has_seen():
    untouched = {"metadata": {"name": "mine", "namespace": "default"}, "spec": {"workflow": "etl"}}
    assert screen(RunView.of(untouched, None)) == ("mine  ◌ Pending\nthe operator has not taken note of this run yet")


def test_a_refused_run_shows_every_fault():
    faults = "spec.parameters.a: one\nspec.parameters.b: two\nspec.parameters.c: three\nspec.parameters.d: four"
    condition = {"type": "Accepted", "status": "False", "reason": "Invalid", "message": faults}
    refused = manifest({"phase": "Failed", "conditions": [condition], "finishedAt": at(0)})
    assert screen(RunView.of(refused, None)) == (
        "etl-g3-4f7a9  ✖ Failed  0s\n"
        "spec.parameters.a: one\n"
        "spec.parameters.b: two\n"
        "spec.parameters.c: three\n"
        "… and 1 more"
    )


def test_trouble_stands_under_the_header():
    assert screen(run("a"), trouble="no answer").splitlines()[1] == "no answer"


def test_words_of_a_stranger_command_no_terminal():
    view = run("a", a={**task("Failed 3-9"), "reason": "Error", "message": "\x1b[2J\nboo"})
    assert screen(view).splitlines()[1] == r"✖ a  Failed  6s  Error: \x1b[2J\nboo"


def many(count=2000, failed=1, running=12, held=8, done=1200):
    names = [f"task-{number:04}" for number in range(count)]
    entries = {}
    for number, name in enumerate(names):
        if number < done:
            entries[name] = task("Succeeded 1-3")
        elif number < done + failed:
            entries[name] = {**task("Failed 20-22"), "reason": "Error", "message": "exit code 3"}
        elif number < done + failed + running:
            entries[name] = task("Running 20")
        elif number < done + failed + running + held:
            entries[name] = pending(f"Parallelism: {running}/{running}")
        else:
            entries[name] = pending(f"WaitingFor: {names[number - 1]}")
    depends_on = [[names[number - 1]] if number else [] for number in range(count)]
    return RunView.of(manifest({"tasks": entries, "progress": f"{done}/{count}"}), TaskOrder.arrange(names, depends_on))


def test_a_run_that_does_not_fit_is_summed_up():
    assert screen(many(), height=16) == (
        "etl-g3-4f7a9  ● Running  1200/2000  30s\n"
        "✔ 1200 Succeeded · ✖ 1 Failed · ● 12 Running · ◌ 8 Pending · ○ 779 Waiting\n"
        "✖ task-1200  Failed    2s  Error: exit code 3\n"
        "● task-1201  Running  10s\n"
        "● task-1202  Running  10s\n"
        "● task-1203  Running  10s\n"
        "● task-1204  Running  10s\n"
        "… and 8 more Running\n"
        "◌ task-1213  Pending       Parallelism: 12/12\n"
        "◌ task-1214  Pending       Parallelism: 12/12\n"
        "◌ task-1215  Pending       Parallelism: 12/12\n"
        "… and 5 more Pending\n"
        "○ task-1221  Waiting       for task-1220\n"
        "○ task-1222  Waiting       for task-1221\n"
        "○ task-1223  Waiting       for task-1222\n"
        "… and 776 more Waiting"
    )


def test_a_section_without_room_is_still_counted():
    assert screen(many(), height=6, width=40).splitlines()[2:] == [
        "✖ task-1200  Failed  2s  Error: exit co…",
        "… 12 Running",
        "… 8 Pending",
        "… 779 Waiting",
    ]


@pytest.mark.parametrize("width", [1, 20, 80])
@pytest.mark.parametrize("view", [many(), many(count=20, done=3), run("a, b >> c")], ids=["2000", "20", "3"])
def test_never_more_lines_than_the_terminal_has(view, width):
    for height in range(1, 30):
        lines = frame(view, "trouble", NOW, width, height)
        assert len(lines) <= height
        assert all(line.cell_len <= width and "\n" not in line.plain for line in lines)


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), max_size=6), st.integers(0, 50))
def test_lines_are_shared_out_without_waste(wanted, lines):
    given_ = share(wanted, lines)
    assert all(got <= want for got, want in zip(given_, wanted, strict=True))
    assert sum(given_) == min(lines, sum(wanted))
    hungry = [got for got, want in zip(given_, wanted, strict=True) if got < want]
    assert max(hungry, default=0) - min(hungry, default=0) <= 1
