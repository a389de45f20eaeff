"""The bars of a run."""

from sluice.core.base.ownership import AttemptRef, RunRef
from sluice.core.base.times import instant
from sluice.core.explain.timeline import timeline
from sluice.core.pod.view import ContainerState, PodView
from tests.core.explain.shown import seen

START = instant("2026-03-01T12:00:00Z")
GRAPH = [
    {"name": "a"},
    {"name": "b", "dependsOn": ["a"]},
    {"name": "ask", "dependsOn": ["a"], "approval": {}},
    {"name": "tidy", "finally": True},
]


def at(minutes):
    return f"2026-03-01T12:{minutes:02}:00Z"


def ended(began, finished, phase="Succeeded", **rest):
    return {"phase": phase, "startedAt": at(began), "finishedAt": at(finished), **rest}


def pod(task, attempt, *minutes, index=None, run="u"):
    """`minutes` after the start of the run: created, scheduled, began, ended; the later ones may be missing."""
    created, scheduled, began, finished = (*(START + 60 * each for each in minutes), None, None, None)[:4]
    container = ContainerState(started_at=began, finished_at=finished)
    it = AttemptRef(RunRef("team", "etl-1", run), task, index, attempt)
    return PodView(f"{task}-{attempt}", "team", "u", 1, it, "", created, container, scheduled_at=scheduled)


def bars(run, *pods):
    """Of each task, the minutes of each part after the start."""
    run.run["metadata"]["uid"] = "u"
    return {
        bar.task: [(part.kind, (part.since - START) / 60, (part.until - START) / 60) for part in bar.parts]
        for bar in timeline(run, pods)
    }


def test_each_task_has_its_parts_in_their_order():
    run = seen("Running", GRAPH, a=ended(0, 3), b=ended(5, 7), ask={"phase": "Running", "startedAt": at(4)})
    run.entries["tidy"] = {"phase": "Pending", "reason": "WaitingFor: ask"}
    assert bars(run) == {
        "a": [("its last attempt", 0, 3)],
        "b": [("dependencies", 0, 3), ("limits", 3, 5), ("its last attempt", 5, 7)],
        "ask": [("dependencies", 0, 3), ("approval", 4, 10)],
        "tidy": [("dependencies", 0, 10)],
    }


def test_its_own_pods_tell_the_attempts_and_what_each_waited_for():
    run = seen("Running", GRAPH, a=ended(0, 1), b={"phase": "Pending", "attempt": 2, "reason": "Backoff: until 12:11"})
    others = pod("b", 1, 0, 0, 0, 9, index=3), pod("b", 1, 0, 0, 0, 9, run="of that name before")
    assert bars(run, pod("b", 2, 6, 7, 8, 9), pod("b", 1, 2, 3, 4, 5), *others)["b"] == [
        ("dependencies", 0, 1),
        ("limits", 1, 2),
        ("no node", 2, 3),
        ("image", 3, 4),
        ("running", 4, 5),
        ("between attempts", 5, 6),
        ("no node", 6, 7),
        ("image", 7, 8),
        ("running", 8, 9),
        ("between attempts", 9, 10),
    ]


def test_the_time_until_the_end_of_an_attempt_is_seen_is_nobodys():
    run = seen(
        "Running", GRAPH, a={"phase": "Running", "startedAt": at(1), "reason": "ReadingLog: its outputs are there"}
    )
    assert bars(run, pod("a", 1, 0, 0, 1, 9))["a"] == [("image", 0, 1), ("running", 1, 9)]


def test_what_was_not_run_or_is_kept_of_an_earlier_run_has_no_bar():
    kept = {"phase": "Succeeded", "startedAt": "2026-02-01T00:00:00Z", "finishedAt": "2026-02-01T00:01:00Z"}
    run = seen("Failed", GRAPH, a=kept, b={"phase": "UpstreamFailed"}, ask={"phase": "Skipped"}, tidy=ended(0, 2))
    assert bars(run) == {"tidy": [("its last attempt", 0, 2)]}


def test_a_run_that_has_not_started_has_none():
    run = seen("Pending", GRAPH)
    del run.status["startedAt"]
    assert bars(run) == {}


def test_a_task_that_took_less_than_a_second_has_a_bar_without_parts():
    run = seen("Failed", GRAPH, a=ended(3, 3), b={"phase": "UpstreamFailed"}, ask={"phase": "Skipped"})
    assert bars(run, pod("a", 3, 0, 0, 0, 0))["a"] == []
