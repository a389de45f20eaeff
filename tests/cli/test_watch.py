"""What `sluice watch` shows of a run through its changes, which run it takes, and what it says meanwhile."""

import subprocess
import sys

import pytest

from sluice.cli.watch import newest
from sluice.cli.watch.command import log_hints
from sluice.cli.watch.newest import WorkflowRefused, run_to_watch
from sluice.cli.watch.view import RunView
from sluice.cli.watch.watch import watch
from sluice.client.access import Access
from sluice.client.errors import Deleted, NotFound, Unreachable
from sluice.client.names import BadName, parse
from sluice.core.base.naming import revision_name
from tests.cli.statuses import manifest
from tests.cli.statuses import run as run_view
from tests.client.server import Server, events, serving, status

GRAPH = {"tasks": [{"name": "b"}, {"name": "a", "dependsOn": ["b"]}]}
REVISION = {
    "metadata": {"name": "rev", "ownerReferences": [{"kind": "Workflow", "name": "etl", "uid": "new"}]},
    "data": GRAPH,
}
REVISION_NAME = revision_name("etl", "new", GRAPH)


class Shown:
    """A display that keeps what it was given."""

    def __init__(self):
        self.progress, self.tasks, self.said = [], [], []

    def show(self, view):
        self.progress.append(view.progress)
        self.tasks.append([task.name for task in view.tasks])

    def say(self, words):
        self.said.append(words)


def run(version, progress, phase="Running", **fields):
    made = manifest({"phase": phase, "progress": progress, **fields}, name="r")
    made["metadata"]["resourceVersion"] = str(version)
    return made


def missing(name):
    return status(404, "NotFound", f'"{name}" not found', name=name)


END = run(9, "2/2", phase="Succeeded")


def lost():
    return status(500, "InternalError", "etcd is away")


def without_crds():
    return status(404, "NotFound", "the server could not find the requested resource")


async def shown(tmp_path, server, **options):
    display = Shown()
    async with serving(server, tmp_path) as client:
        last = await watch(client, "r", display, **options)
    return display, last


async def test_changes_until_the_end(tmp_path):
    server = Server([run(1, "0/2")], [events(("MODIFIED", run(2, "1/2")), ("MODIFIED", END))])
    display, last = await shown(tmp_path, server)
    assert (display.progress, display.said, last.state.word) == (["0/2", "1/2", "2/2"], [], "Succeeded")


@pytest.mark.parametrize("trouble", [lost, without_crds], ids=["an error", "a server that has just started"])
async def test_a_server_that_is_away_is_waited_for(tmp_path, trouble):
    server = Server([run(1, "0/2"), trouble(), END], [status(503, "", "shutting down")])
    display, _ = await shown(tmp_path, server)
    assert display.progress == ["0/2", "2/2"]
    assert [words.endswith(", still trying") for words in display.said] == [True, True]
    assert "(shutting down)" in display.said[0]


async def test_the_first_request_must_be_answered(tmp_path):
    with pytest.raises(Unreachable, match="etcd is away"):
        await shown(tmp_path, Server([lost()]))
    with pytest.raises(NotFound):
        await shown(tmp_path, Server([missing("r")]))


async def test_a_run_that_is_deleted_ends_it(tmp_path):
    with pytest.raises(Deleted, match="WorkflowRun r was deleted"):
        await shown(tmp_path, Server([run(1, "0/2")], [events(("DELETED", run(2, "")))]))


async def test_the_graph_is_read_once_when_its_revision_is_known(tmp_path):
    tasks = {"a": {"phase": "Pending"}}
    later = [run(n, "0/2", revision=REVISION_NAME, tasks=tasks) for n in (2, 3)]
    changes = events(*(("MODIFIED", each) for each in (*later, END)))
    server = Server([run(1, "", tasks=tasks), REVISION], [changes])
    display, _ = await shown(tmp_path, server)
    assert display.tasks[:3] == [["a"], ["b", "a"], ["b", "a"]]
    assert server.asked == ["read", "watch 1", "read"]


async def test_without_the_right_to_read_the_graph_tasks_are_shown_by_name(tmp_path):
    tasks = {"b": {"phase": "Pending"}, "a": {"phase": "Pending"}}
    refused = status(403, "Forbidden", 'controllerrevisions is forbidden: User "u" cannot get it')
    server = Server([run(1, "", revision="rev", tasks=tasks), refused], [events(("MODIFIED", END))])
    display, _ = await shown(tmp_path, server)
    assert display.tasks[0] == ["a", "b"]


def workflow(generation, observed, conditions=(), **spec):
    return {
        "metadata": {"name": "etl", "uid": "new", "generation": generation},
        "spec": spec,
        "status": {"observedGeneration": observed, "conditions": list(conditions)},
    }


def table(*runs):
    """(name, creation time, UID of the Workflow that made it)."""
    rows = [
        {
            "cells": ["etl"],
            "object": {
                "metadata": {"name": name, "creationTimestamp": created}
                | ({"ownerReferences": [{"kind": "Workflow", "uid": owner}]} if owner else {})
            },
        }
        for name, created, owner in runs
    ]
    return {"metadata": {}, "columnDefinitions": [{"name": "Workflow"}], "rows": rows}


async def found(tmp_path, text, *answers):
    said = []
    async with serving(Server(answers), tmp_path) as client:
        return await run_to_watch(client, parse(text), said.append), said


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch):
    monkeypatch.setattr(newest, "_POLL_S", 0)


async def test_a_run_goes_before_a_workflow_of_its_name(tmp_path):
    assert await found(tmp_path, "etl", run(1, "")) == ("etl", [])


async def test_the_newest_run_of_a_workflow(tmp_path):
    runs = table(
        ("etl-g1", "2026-03-01T12:00:00Z", "new"),
        ("by-hand", "2026-03-01T12:00:02Z", None),
        ("of-a-deleted-one", "2026-03-01T12:00:04Z", "old"),
    )
    assert await found(tmp_path, "etl", missing("etl"), workflow(1, 1), runs) == ("by-hand", [])
    assert await found(tmp_path, "workflow/etl", workflow(1, 1), runs) == ("by-hand", [])


async def test_the_run_of_a_change_is_waited_for(tmp_path):
    """The run of the previous generation, which exists already, does not count."""
    answers = [workflow(2, 1), lost(), workflow(2, 2), table(), workflow(2, 2), table(("etl-g2", "", "new"))]
    name, said = await found(tmp_path, "workflow/etl", *answers)
    assert (name, said[0], said[-1]) == (
        "etl-g2",
        "waiting for the operator to read Workflow etl",
        "waiting for the first run of Workflow etl",
    )
    assert "etcd is away" in said[1]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"trigger": "Manual"}, "waiting for somebody to start a run of etl, whose trigger is Manual: sluice run etl"),
        (
            {"after": [{"workflow": "raw"}]},
            "waiting for the first run of Workflow etl, which comes after a success of raw",
        ),
    ],
)
async def test_why_there_is_no_run_yet(tmp_path, spec, words):
    one = table(("mine", "", None))
    assert await found(tmp_path, "workflow/etl", workflow(1, 1, **spec), table(), workflow(1, 1), one) == (
        "mine",
        [words],
    )


async def test_a_refused_workflow_has_no_run(tmp_path):
    no = {"type": "Accepted", "status": "False", "message": "spec.tasks[0]: a fault", "observedGeneration": 1}
    with pytest.raises(WorkflowRefused, match=r"spec.tasks\[0\]: a fault"):
        await found(tmp_path, "workflow/etl", workflow(1, 1, [no]))
    name, _ = await found(tmp_path, "workflow/etl", workflow(2, 1, [no]), workflow(2, 2), table(("etl-g2", "", "new")))
    assert name == "etl-g2"


async def test_neither_run_nor_workflow(tmp_path):
    nothing = table()
    with pytest.raises(BadName, match="no run or Workflow is called 'etl'"):
        await found(tmp_path, "etl", missing("etl"), missing("etl"), nothing, missing("etl"), nothing, nothing, nothing)


def test_off_a_terminal_it_needs_no_rich():
    """The operator's image, where `helm test` watches a run, has none."""
    code = "import sys, sluice.cli.watch.display, sluice.cli.watch.watch; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_failed_task_comes_with_the_way_to_its_log():
    failed = run_view("a >> b", a={"phase": "Failed", "pod": "x"}, b={"phase": "UpstreamFailed"})
    assert log_hints(failed, Access(namespace="team")) == [
        "Log of a: sluice logs run/etl-g3-4f7a9/a -n team",
    ]


@pytest.mark.parametrize(
    "entry",
    [5, {"reason": 5}, {"phase": {}, "message": None}, {"progress": [], "attempt": "x", "pod": 7, "startedAt": 3}],
    ids=str,
)
def test_whatever_stands_in_the_entry_of_a_task_it_is_shown(entry):
    view = RunView.of(manifest({"tasks": {"a": entry}}), None)
    assert [(task.name, task.words, task.attempt) for task in view.tasks] == [("a", "", 0)]
