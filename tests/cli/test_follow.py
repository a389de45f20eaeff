"""Following a run through timeouts, expired versions, and restarts of the API server."""

from __future__ import annotations

from itertools import takewhile

import pytest

from sluice.cli.watch.api import Refused
from sluice.cli.watch.follow import follow
from sluice.cli.watch.newest import WorkflowRefused, newest_run
from sluice.cli.watch.trouble import Gone, Waiting
from sluice.core.base.errors import Unanswered
from tests.cli.scripted import BROKEN, EXPIRED, UNKNOWN_PATH, Script, not_found
from tests.cli.statuses import manifest

GRAPH = {"data": {"tasks": [{"name": "b"}, {"name": "a", "dependsOn": ["b"]}]}}


def run(version, progress, phase="Running", **status):
    made = manifest({"phase": phase, "progress": progress, **status}, name="r")
    made["metadata"]["resourceVersion"] = str(version)
    return made


def event(changed, kind="MODIFIED"):
    return {"type": kind, "object": changed}


def seen(script):
    """What is shown until the run has ended: its progress, or the reason for waiting."""
    for update in follow(script, "r", script.pause):
        yield update.words if isinstance(update, Waiting) else update.progress
        if not isinstance(update, Waiting) and update.ended:
            return


END = run(9, "2/2", phase="Succeeded")


def test_changes_until_the_end():
    script = Script({"workflowruns/r": [run(1, "0/2")]}, [[event(run(2, "1/2")), event(END)]])
    assert list(seen(script)) == ["0/2", "1/2", "2/2"]
    assert script.log == ["get workflowruns/r", "watch workflowruns from 1"]


def test_a_watch_that_timed_out_goes_on_where_it_was():
    bookmark = event(run(7, ""), "BOOKMARK")
    script = Script({"workflowruns/r": [run(1, "0/2")]}, [[], [event(run(2, "1/2")), bookmark], [event(END)]])
    assert list(seen(script)) == ["0/2", "1/2", "2/2"]
    assert [line for line in script.log if "watch" in line] == [
        "watch workflowruns from 1",
        "watch workflowruns from 1",
        "watch workflowruns from 7",
    ]


def test_after_a_version_that_is_too_old_the_run_is_read_again():
    script = Script({"workflowruns/r": [run(1, "0/2"), run(5, "1/2")]}, [[EXPIRED], [event(END)]])
    assert list(seen(script)) == ["0/2", "1/2", "2/2"]
    assert script.log[-2:] == ["get workflowruns/r", "watch workflowruns from 5"]


def test_a_restart_of_the_api_server_is_waited_for():
    script = Script({"workflowruns/r": [run(1, "0/2"), BROKEN, UNKNOWN_PATH, BROKEN, END]}, [[BROKEN]])
    assert list(seen(script)) == [
        "0/2",
        "no answer from the API server (Connection refused); trying again in 1 s",
        "no answer from the API server (Connection refused); trying again in 2 s",
        "the API server refuses (404 page not found); trying again in 4 s",
        "no answer from the API server (Connection refused); trying again in 8 s",
        "2/2",
    ]


def test_the_longest_pause_is_ten_seconds():
    script = Script({"workflowruns/r": [run(1, "0/2"), *[BROKEN] * 20, END]}, [[BROKEN]])
    list(seen(script))
    pauses = [float(line.split()[1]) for line in script.log if line.startswith("pause")]
    assert (len(pauses), pauses[0], max(pauses)) == (21, 1.0, 10.0)


def test_the_first_question_must_be_answered():
    with pytest.raises(Unanswered, match=r"no answer from https://cluster \(Connection refused\)"):
        list(seen(Script({"workflowruns/r": [BROKEN]})))
    with pytest.raises(Refused, match='"r" not found'):
        list(seen(Script({"workflowruns/r": [not_found("r")]})))
    with pytest.raises(Refused, match="is Sluice installed"):
        list(seen(Script({"workflowruns/r": [UNKNOWN_PATH]})))


@pytest.mark.parametrize(
    "script",
    [
        Script({"workflowruns/r": [run(1, "0/2")]}, [[event(run(2, "0/2"), "DELETED")]]),
        Script({"workflowruns/r": [run(1, "0/2"), not_found("r")]}, [[EXPIRED]]),
    ],
    ids=["as an event", "while nobody looked"],
)
def test_a_deleted_run_ends_it(script):
    with pytest.raises(Gone, match="r was deleted"):
        list(seen(script))


def names(script):
    return [
        [task.name for task in view.tasks]
        for view in takewhile(lambda view: not view.ended, follow(script, "r", script.pause))
    ]


def test_the_graph_is_read_once_when_its_revision_is_known():
    tasks = {"a": {"phase": "Pending"}}
    changes = [run(2, "0/2", revision="rev", tasks=tasks), run(3, "1/2", revision="rev", tasks=tasks), END]
    script = Script(
        {"workflowruns/r": [run(1, "", tasks=tasks)], "controllerrevisions/rev": [GRAPH]},
        [list(map(event, changes))],
    )
    assert names(script) == [["a"], ["b", "a"], ["b", "a"]]
    assert script.log.count("get controllerrevisions/rev") == 1


def test_without_the_right_to_read_the_graph_tasks_are_shown_by_name():
    forbidden = Refused(403, "Forbidden", "no", "rev")
    first = run(1, "", revision="rev", tasks={"b": {"phase": "Pending"}, "a": {"phase": "Pending"}})
    script = Script({"workflowruns/r": [first], "controllerrevisions/rev": [forbidden]}, [[event(END)]])
    assert names(script) == [["a", "b"]]


def workflow(generation, observed, conditions=(), **spec):
    return {
        "metadata": {"name": "etl", "uid": "new", "generation": generation},
        "spec": spec,
        "status": {"observedGeneration": observed, "conditions": list(conditions)},
    }


def table(*runs):
    """A server-side table of runs: (name, Workflow, creation time, UID of the owner)."""
    return {
        "columnDefinitions": [{"name": "Name"}, {"name": "Workflow"}],
        "rows": [
            {
                "cells": [name, of],
                "object": {
                    "metadata": {"name": name, "creationTimestamp": created}
                    | ({"ownerReferences": [{"kind": "Workflow", "uid": owner}]} if owner else {})
                },
            }
            for name, of, created, owner in runs
        ],
    }


def found(script):
    return [update if isinstance(update, str) else update.words for update in newest_run(script, "etl", script.pause)]


def test_the_newest_run_of_a_workflow():
    runs = table(
        ("etl-g1", "etl", "2026-03-01T12:00:00Z", "new"),
        ("by-hand", "etl", "2026-03-01T12:00:02Z", None),
        ("of-another", "other", "2026-03-01T12:00:03Z", "x"),
        ("of-a-deleted-one", "etl", "2026-03-01T12:00:04Z", "old"),
    )
    assert found(Script({"workflows/etl": [workflow(1, 1)], "workflowruns": [runs]})) == ["by-hand"]


def test_the_run_of_a_change_is_waited_for():
    """The run of the previous generation, which exists already, does not count."""
    script = Script(
        {
            "workflows/etl": [workflow(2, 1), BROKEN, workflow(2, 2)],
            "workflowruns": [{"columnDefinitions": [{"name": "Workflow"}]}, table(("etl-g2", "etl", "", "new"))],
        },
    )
    assert found(script) == [
        "waiting for the operator to read Workflow etl",
        "no answer from the API server (Connection refused); trying again in 1 s",
        "waiting for the first run of Workflow etl",
        "etl-g2",
    ]


def test_a_workflow_that_somebody_has_to_start():
    script = Script(
        {
            "workflows/etl": [workflow(1, 1, trigger="Manual")],
            "workflowruns": [table(), table(("mine", "etl", "", None))],
        }
    )
    assert found(script) == ["waiting for somebody to create a WorkflowRun of etl, whose trigger is Manual", "mine"]


def test_a_refused_workflow_has_no_run():
    no = {"type": "Accepted", "status": "False", "message": "spec.tasks[0]: a fault", "observedGeneration": 1}
    with pytest.raises(WorkflowRefused, match=r"spec.tasks\[0\]: a fault"):
        found(Script({"workflows/etl": [workflow(1, 1, [no])]}))
    mended = Script(
        {"workflows/etl": [workflow(2, 1, [no]), workflow(2, 2)], "workflowruns": [table(("r", "etl", "", "new"))]}
    )
    assert found(mended)[-1] == "r"
