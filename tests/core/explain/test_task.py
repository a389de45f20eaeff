"""Why a task or an item is not running."""

from dataclasses import replace

import pytest

from sluice.core.explain.seen import Holder, RunSeen
from sluice.core.explain.task import explain_task
from sluice.core.pod.needs import Needs
from sluice.core.pod.room import Node
from sluice.core.status.durations import KeptRun
from tests.core.explain.shown import NOW, commands, facts, pool, seen
from tests.core.kubelet import at

GRAPH = [
    {"name": "extract", "expectedDuration": "2m"},
    {"name": "load", "dependsOn": ["extract"]},
    {"name": "audit", "dependsOn": ["load"]},
]
HELD = "Pool: warehouse 1/1, held by report-2/export"
WAREHOUSE = pool(
    used=1,
    waiting=12,
    holders=["report-2/export"],
    waiters=[
        {"name": "a-1/x", "since": "2026-03-01T12:00:00Z"},
        {"name": "etl-1/load", "since": "2026-03-01T12:05:50Z"},
    ],
)


def took(name, **seconds):
    """An earlier run."""
    entries = {task: {"phase": "Succeeded", "startedAt": at(0), "finishedAt": at(s)} for task, s in seconds.items()}
    return KeptRun(name, entries)


@pytest.mark.parametrize(
    ("entry", "head", "command"),
    [
        ({"phase": "Pending", "reason": "WaitingFor: extract"}, "is not running", ["sluice why etl-1/extract"]),
        ({"phase": "Running", "reason": "Approval: set it"}, "is running", ["sluice approve etl-1/load"]),
        ({"phase": "Pending", "reason": "Suspended: x"}, "is not running", ["sluice resume etl-1"]),
        ({"phase": "Pending", "reason": "Unschedulable: x", "pod": "p"}, "is not running", ["kubectl describe pod p"]),
        ({"phase": "Pending", "reason": "Unschedulable: x"}, "is not running", []),
        ({"phase": "Pending", "reason": "Queued: see run c-1", "run": "c-1"}, "is not running", ["sluice why run/c-1"]),
        ({"phase": "Failed", "reason": "Error"}, "has failed", ["sluice logs etl-1/load", "sluice retry etl-1"]),
        ({"phase": "UpstreamFailed", "reason": "UpstreamFailed: a"}, "was not run", ["sluice retry etl-1"]),
        ({"phase": "Skipped", "reason": "Skipped: so was a"}, "was skipped", []),
        ({"phase": "Succeeded"}, "has succeeded", []),
    ],
)
def test_each_phase_has_its_words_and_what_lets_it_go_on(entry, head, command):
    answer = explain_task(seen("Running", GRAPH, load=entry), "load")
    assert answer.head == f"load of etl-1 {head}."
    assert commands(answer) == command


def test_a_pool_has_a_place_in_line_and_a_holder_to_stop():
    held = [Holder("report-2/export", NOW - 840, "18m00s, by 5 kept runs", 240)]
    waiting = {"phase": "Pending", "reason": HELD}
    answer = explain_task(seen("Running", GRAPH, pools=[WAREHOUSE], held=held, load=waiting), "load")
    _, found = facts(answer)
    assert found["now"] == HELD
    assert found["held by"] == "report-2/export for 14m00s (it takes 18m00s, by 5 kept runs)"
    assert found["frees"] == "in about 4m00s, if report-2/export takes as long as before"
    assert found["in line"] == "2 of 12, for 4m10s"
    assert commands(answer) == ["sluice why pool/warehouse", "sluice stop report-2"]


def test_who_is_not_among_the_first_in_line_is_behind_them():
    waiting = {"phase": "Pending", "reason": HELD}
    _, found = facts(explain_task(seen("Running", GRAPH, pools=[WAREHOUSE], audit=waiting), "audit"))
    assert found["in line"] == "behind the first of 12"


def test_an_item_has_its_own_phase_and_last_words():
    load = {
        "phase": "Running",
        "reason": "Parallelism: 2/2 of forEach (item 3)",
        "items": {"total": 9, "failed": "1", "running": "2", "failures": [{"index": 1, "message": "exit 1"}]},
    }
    failed = explain_task(seen("Running", GRAPH, load=load), "load", 1)
    assert failed.head == "load[1] of etl-1 has failed."
    assert facts(failed)[1]["says"] == "exit 1"
    assert commands(failed)[0] == "sluice logs etl-1/load[1]"
    assert explain_task(seen("Running", GRAPH, load=load), "load", 2).head == "load[2] of etl-1 is running."
    _, waiting = facts(explain_task(seen("Running", GRAPH, load=load), "load", 3))
    assert waiting["now"] == "Parallelism: 2/2 of forEach (item 3)"


@pytest.mark.parametrize(
    ("task", "kept", "words"),
    [
        ("extract", (), "2m00s (its expectedDuration)"),
        ("extract", [took("etl-0", extract=8)], "8s (1 kept run)"),  # what was seen counts for more than a hint
        ("load", (), "unknown: no run that could be read has done it"),
        ("load", [took("etl-0", load=8), took("etl-1", load=12), took("etl-2")], "8s to 12s (2 kept runs)"),
        ("each", [took("etl-0", each=8)], "8s an item (1 kept run)"),
    ],
)
def test_how_long_it_takes_has_its_source(task, kept, words):
    graph = [*GRAPH, {"name": "each", "forEach": {"range": {"end": 3}}}]
    assert facts(explain_task(seen("Running", graph, kept=kept), task))[1]["takes"] == words


def test_earlier_runs_that_may_not_be_read_are_no_source():
    bare = RunSeen({"metadata": {"name": "a"}, "status": {"tasks": {"x": {"phase": "Pending"}}}}, NOW)
    assert facts(explain_task(bare, "x"))[1]["takes"] == "unknown: the earlier runs could not be read"


def test_the_newest_warning_about_its_pod_is_told():
    events = [
        {"involvedObject": {"name": "p"}, "reason": "Old", "message": "x", "lastTimestamp": "2026-03-01T12:00:00Z"},
        {
            "involvedObject": {"name": "p"},
            "reason": "New",
            "message": "y",
            "lastTimestamp": "2026-03-01T12:01:00Z",
        },
        {"involvedObject": {"name": "other"}, "reason": "Other", "message": "z"},
    ]
    load = {"phase": "Pending", "reason": "ContainerCreating: on node a", "pod": "p"}
    assert facts(explain_task(seen("Running", GRAPH, events=events, load=load), "load"))[1]["cluster"] == "New: y"


def test_what_could_not_be_read_is_named():
    answer = explain_task(seen("Running", load={"phase": "Pending", "reason": "Unschedulable: 0/3"}), "load")
    assert [words.partition(":")[0] for words in answer.unseen] == ["the run's graph (controllerrevisions)"]
    answer = explain_task(seen("Running", LARGE, load={"phase": "Pending"}), "load")
    assert answer.unseen == ("nodes and the pods on them: where it fits",)


LARGE = [{"name": "load", "resources": {"requests": {"cpu": "2", "memory": "4Gi"}}}]
GI = 1024**3


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([Node("b", Needs(2000, 4 * GI), 9), Node("a", Needs(4000, 8 * GI), 1)], "fits now on a, b"),
        ([Node("full", Needs(4000, 8 * GI), 0), Node("a", Needs(2000, 4 * GI), 1)], "fits now on a"),
        ([Node("a", Needs(1500, 8 * GI), 9)], "fits on no node now; the most that one has free is 1.5 CPU and 8Gi"),
        ([], "fits on no node now; the most that one has free is nothing"),
    ],
)
def test_what_it_needs_and_where_that_is_free(nodes, words):
    pending = replace(seen("Running", LARGE, load={"phase": "Pending"}), nodes=nodes)
    assert facts(explain_task(pending, "load"))[1]["then"] == f"needs 2 CPU, 4Gi: {words}"
    running = replace(seen("Running", LARGE, load={"phase": "Running"}), nodes=nodes)
    assert "then" not in facts(explain_task(running, "load"))[1]


def test_a_pod_that_is_there_says_what_it_needs():
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"resources": {"requests": {"cpu": "3"}}}]}}
    pending = replace(
        seen("Running", LARGE, pods=[pod], load={"phase": "Pending", "pod": "p"}), nodes=[Node("a", Needs(2000, GI), 9)]
    )
    assert facts(explain_task(pending, "load"))[1]["then"].startswith("needs 3 CPU: fits on no node now")
