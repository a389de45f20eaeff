"""What the time of each task of a run went to."""

import pytest

from sluice.core.base.ownership import AttemptRef, RunRef
from sluice.core.base.times import instant
from sluice.core.explain.timeline import spent_s, timeline
from sluice.core.pod.view import ContainerState, PodView
from tests.core.explain.shown import seen

START = instant("2026-03-01T12:00:00Z")


def at(minutes):
    return f"2026-03-01T12:{minutes:02}:00Z"


def ended(began, finished, phase="Succeeded", **rest):
    return {"phase": phase, "startedAt": at(began), "finishedAt": at(finished), **rest}


def pod(task, attempt, *minutes, index=None):
    """`minutes` after the start of the run: created, scheduled, began, ended; the later ones may be missing."""
    created, scheduled, began, finished = (*(START + 60 * each for each in minutes), None, None, None)[:4]
    container = ContainerState(started_at=began, finished_at=finished)
    run = AttemptRef(RunRef("team", "etl-1", "u"), task, index, attempt)
    return PodView(f"{task}-{attempt}", "team", "u", 1, run, "", created, container, scheduled_at=scheduled)


def bars(run, *pods):
    """The minutes of each part of each task."""
    found = timeline(run, pods)
    return {bar.task: [(part.cause, (part.end_s - part.begin_s) / 60) for part in bar.parts] for bar in found}


GRAPH = [{"name": "a"}, {"name": "b", "dependsOn": ["a"]}, {"name": "tidy", "finally": True}]


def test_without_pods_the_time_between_what_a_task_waits_for_and_its_start_is_one_part():
    run = seen("Running", GRAPH, a=ended(0, 3), b=ended(5, 7))
    assert bars(run) == {
        "a": [("running", 3)],
        "b": [("dependencies", 3), ("queue", 2), ("running", 2)],
        "tidy": [("dependencies", 7), ("queue", 3)],
    }


def test_pods_tell_the_attempts_of_a_task_and_what_each_waited_for():
    run = seen("Running", GRAPH, a=ended(0, 1), b={"phase": "Running", "attempt": 2, "startedAt": at(8)})
    pods = (pod("b", 2, 6, 7, 8), pod("b", 1, 2, 3, 4, 5), pod("b", 1, 0, 0, 0, 9, index=3))
    assert bars(run, *pods)["b"] == [
        ("dependencies", 1),
        ("queue", 1),
        ("node", 1),
        ("image", 1),
        ("running", 1),
        ("retry", 1),
        ("node", 1),
        ("image", 1),
        ("running", 2),
    ]
    (first, *_) = timeline(run, pods)
    assert spent_s(timeline(run, pods)[1].parts)["running"] == 180
    assert first.parts[0].end_s == 60


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("Pool: warehouse 1/1", "pool"),
        ("QuotaExceeded: trying again at 12:11", "quota"),
        ("Parallelism: 8/8", "queue"),
        ("Unschedulable: 0/3 nodes are available", "node"),
        ("ImagePullBackOff: mend the name", "image"),
        ("Backoff: until 12:11", "retry"),
        ("Approval: ship it?", "person"),
        ("", "queue"),
    ],
)
def test_what_waits_is_told_by_its_reason(reason, cause):
    run = seen("Running", GRAPH, a=ended(0, 3), b={"phase": "Pending", "reason": reason})
    assert bars(run)["b"] == [("dependencies", 3), (cause, 7)]


def test_between_attempts_the_last_one_is_seen():
    run = seen("Running", [{"name": "a"}], a=ended(1, 4, "Pending", attempt=1, reason="Backoff: until 12:11"))
    assert bars(run) == {"a": [("queue", 1), ("running", 3), ("retry", 6)]}


def test_what_was_not_run_or_is_kept_of_an_earlier_run_has_no_bar():
    kept = {"phase": "Succeeded", "startedAt": "2026-02-01T00:00:00Z", "finishedAt": "2026-02-01T00:01:00Z"}
    run = seen("Failed", GRAPH, a=kept, b={"phase": "UpstreamFailed"}, tidy=ended(0, 2))
    assert bars(run) == {"tidy": [("running", 2)]}


def test_a_run_that_has_not_started_has_none():
    run = seen("Pending", GRAPH)
    del run.status["startedAt"]
    assert timeline(run, ()) == []
