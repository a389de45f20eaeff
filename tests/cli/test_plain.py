"""The output of `sluice watch` for logs and pipes."""

from __future__ import annotations

from datetime import UTC

from sluice.cli.watch.plain import changes
from tests.cli.statuses import NOW, at, pending, run, task


def lines(*views):
    """The lines printed for successive views."""
    return [line for old, new in zip((None, *views), views, strict=False) for line in changes(old, new, NOW, UTC)]


def test_a_run_from_start_to_end():
    waiting = {"b": pending("WaitingFor: a"), "c": pending("WaitingFor: a")}
    assert lines(
        run("a >> b, c", {"progress": "0/3"}, a=pending("Scheduling: its pod waits"), **waiting),
        run("a >> b, c", {"progress": "0/3"}, a="Running 2", **waiting),
        run("a >> b, c", {"progress": "1/3"}, a="Succeeded 2-4", b="Running 5", c=pending("Parallelism: 1/1")),
        run("a >> b, c", {"progress": "1/3"}, a="Succeeded 2-4", b="Running 5", c=pending("Parallelism: 1/1")),
        run("a >> b, c", {"progress": "2/3"}, a="Succeeded 2-4", b="Succeeded 5-6", c="Running 7"),
        run(
            "a >> b, c",
            {"phase": "Succeeded", "progress": "3/3", "finishedAt": at(9)},
            a="Succeeded 2-4",
            b="Succeeded 5-6",
            c="Succeeded 7-9",
        ),
    ) == [
        "12:03:00 etl-g3-4f7a9 Running 0/3",
        "12:03:02 a Running",
        "12:03:04 a Succeeded 2s",
        "12:03:05 b Running",
        "12:03:06 b Succeeded 1s",
        "12:03:07 c Running",
        "12:03:09 c Succeeded 2s",
        "12:03:09 etl-g3-4f7a9 Succeeded 3/3 9s",
    ]


def test_a_task_that_is_tried_again_and_fails():
    again = {"retries": {"limit": 1}, "message": "exit code 3"}
    failed = {**task("Failed 8-9"), **again, "attempt": 2, "reason": "Error: 1 of 1 retries used"}
    assert lines(
        run("a >> b", a="Running 2"),
        run("a >> b", a=pending("Backoff: until 12:03:07Z, 1 of 1 retries used", **again, attempt=1)),
        run("a >> b", a={**task("Running 8"), "attempt": 2}),
        run(
            "a >> b",
            {"phase": "Failed", "progress": "0/2, 1 failed", "finishedAt": at(10), "message": "task a failed"},
            a=failed,
            b={"phase": "UpstreamFailed", "reason": "UpstreamFailed: a"},
        ),
    )[1:] == [
        "12:03:02 a Running",
        "12:03:30 a Pending Backoff: until 12:03:07Z, 1 of 1 retries used; exit code 3",
        "12:03:08 a Running attempt 2",
        "12:03:09 a Failed attempt 2 1s Error: 1 of 1 retries used; exit code 3",
        "12:03:30 b UpstreamFailed because of a",
        "12:03:10 etl-g3-4f7a9: task a failed",
        "12:03:10 etl-g3-4f7a9 Failed 0/2, 1 failed 10s",
    ]


def test_why_a_task_is_held_is_told_once_for_each_kind_of_reason():
    reasons = ("Scheduling: ...", "Unschedulable: no cpu", "Unschedulable: no cpu at all", "ImagePullBackOff: check it")
    assert lines(*(run("a", a=pending(reason)) for reason in reasons))[1:] == [
        "12:03:30 a Pending Unschedulable: no cpu",
        "12:03:30 a Pending ImagePullBackOff: check it",
    ]


def test_a_fan_out_tells_how_far_its_items_are_when_it_starts_and_ends():
    started = {**task("Running 2"), "progress": "0/3", "items": {"total": 3, "running": "0-2"}}
    advanced = {**started, "progress": "2/3"}
    failed = {**task("Failed 2-9"), "progress": "2/3, 1 failed", "reason": "Error", "message": "item 1: exit code 3"}
    assert lines(run("a"), run("a", a=started), run("a", a=advanced), run("a", a=failed))[1:] == [
        "12:03:02 a Running 0/3",
        "12:03:09 a Failed 7s 2/3, 1 failed Error: item 1: exit code 3",
    ]


def test_skipped_tasks_say_why():
    skipped = {"phase": "Skipped", "reason": "Skipped: so was a"}
    assert lines(run("a >> b", b=skipped))[1:] == ["12:03:30 b Skipped so was a"]


def test_one_cause_for_many_tasks_is_one_line():
    held = dict.fromkeys("abcd", pending("QuotaExceeded: trying again", message="exceeded quota: two"))
    assert lines(run("a, b, c, d", **held))[1:] == [
        "12:03:30 4 tasks Pending QuotaExceeded: trying again; exceeded quota: two"
    ]


def test_a_pause():
    assert lines(run("a"), run("a", {"phase": "Suspended"}), run("a"))[1:] == [
        "12:03:30 etl-g3-4f7a9 Suspended",
        "12:03:30 etl-g3-4f7a9 Running",
    ]


def test_a_run_that_had_ended_before():
    ended = {"phase": "Succeeded", "progress": "2/2", "finishedAt": at(7)}
    assert lines(run("a, b", ended, a="Succeeded 3-7", b="Succeeded 1-2")) == [
        "12:03:02 b Succeeded 1s",
        "12:03:07 a Succeeded 4s",
        "12:03:07 etl-g3-4f7a9 Succeeded 2/2 7s",
    ]


def test_no_control_characters():
    (_, line) = lines(run("a", a={**task("Failed 3-9"), "reason": "Error", "message": "\x1b[31mred\r\n"}))
    assert line == r"12:03:09 a Failed 6s Error: \x1b[31mred\r\n"
