"""What `sluice diff` finds between two runs."""

import pytest

from sluice.core.explain.compare import Difference, TaskDifference, compare
from sluice.core.explain.seen import RunSeen

GRAPH = {
    "parameters": [{"name": "day", "default": "monday"}],
    "tasks": [
        {"name": "clean", "image": "pipelines:1.4"},
        {"name": "load", "image": "x", "dependsOn": ["clean"], "forEach": {"range": {"end": 20}}},
    ],
}


def at(second):
    return f"2026-03-01T12:{second // 60:02}:{second % 60:02}Z"


def took(seconds, phase="Succeeded", **fields):
    return {"phase": phase, "startedAt": at(0), "finishedAt": at(seconds), **fields}


def seen(name, seconds=60, phase="Succeeded", *, graph=GRAPH, arguments=None, revision="etl-x-1", **status):
    run = {
        "metadata": {"name": name},
        "spec": {"workflow": "etl", "arguments": arguments or {}},
        "status": took(seconds, phase, revision=revision, **status),
    }
    return RunSeen(run, 0.0, graph=graph)


def rows(before, after):
    return list(compare(before, after).rows)


def test_runs_that_are_alike_differ_in_nothing():
    found = compare(seen("a"), seen("b"))
    assert (found.rows, found.tasks, found.unseen) == ((), (), ())


def test_more_time_comes_from_waiting_and_from_tasks():
    before = seen("a", 552, time={"running": "5m", "pool/warehouse": "1m"}, tasks={"clean": took(10)})
    after = seen("b", 700, time={"running": "9m", "pool/warehouse": "3m10s"}, tasks={"clean": took(30)})
    assert rows(before, after) == [Difference("time", "9m12s", "11m40s", "+2m28s: pool warehouse +2m10s, clean +20s")]
    assert rows(after, before) == [Difference("time", "11m40s", "9m12s", "-2m28s: pool warehouse -2m10s, clean -20s")]


def test_of_a_parameter_that_was_not_given_the_default_counts():
    given = {"day": "tuesday"}
    assert rows(seen("a"), seen("b", arguments=given)) == [Difference("parameters", "day=monday", "day=tuesday")]
    assert rows(seen("a"), seen("b", arguments={"day": "monday"})) == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ('{"rows":1,"file":"a"}', '{"rows":2,"file":"a"}', [("outputs", "rows=1", "rows=2", "")]),
        (None, '{"rows":2}', [("outputs", "\N{EN DASH}", "rows=2", "")]),
        ('{"rows":1', '["rows"]', []),
    ],
)
def test_outputs_one_by_one(before, after, found):
    assert rows(seen("a", outputs=before), seen("b", outputs=after)) == found


def test_the_graphs_differ_task_by_task():
    changed = {"tasks": [{"name": "clean", "image": "pipelines:1.5"}, {"name": "audit", "image": "x"}]}
    (row,) = [row for row in rows(seen("a"), seen("b", graph=changed, revision="etl-x-2")) if row.label == "graph"]
    assert row == Difference("graph", "1", "2", "~ clean image pipelines:1.4 → pipelines:1.5; + audit new; - load gone")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (took(41), took(4, "Failed", message="exit code 1"), [("Succeeded", "41s"), ("Failed", "exit code 1 4s")]),
        (took(5), took(9, attempt=2), [("Succeeded", "5s"), ("Succeeded", "attempt 2 9s")]),
        (took(5), took(9), []),
        ({}, took(9), [("", ""), ("Succeeded", "9s")]),
    ],
)
def test_how_a_task_ended(before, after, found):
    entries = [{"clean": each} if each else {} for each in (before, after)]
    differences = compare(seen("a", tasks=entries[0]), seen("b", tasks=entries[1])).tasks
    assert differences == ((TaskDifference("clean", *found),) if found else ())


def test_items_of_a_fan_out_one_by_one():
    well = took(9, items={"total": 20, "succeeded": "0-19"})
    failures = [{"index": 17, "reason": "Error", "message": "exit code 1"}]
    ill = took(9, "Failed", items={"total": 20, "succeeded": "0-16,18-19", "failed": "17", "failures": failures})
    found = compare(seen("a", tasks={"load": well}), seen("b", phase="Failed", tasks={"load": ill}))
    assert found.tasks == (TaskDifference("load[17]", ("Succeeded", ""), ("Failed", "exit code 1")),)
    assert found.rows == (Difference("state", "Succeeded", "Failed"),)


def test_without_the_graphs_the_rest_is_compared():
    found = compare(seen("a", graph=None, arguments={"n": 1}), seen("b", graph=None, revision="etl-x-2"))
    assert found.rows == (Difference("parameters", "n=1", "\N{EN DASH}"), Difference("graph", "1", "2"))
    assert found.unseen == ("the graph of a and b (controllerrevisions)",)
