"""Which run is meant by what people type."""

import pytest

from sluice.client.names import BadName, Kind, Target, check_task, parse, pick
from sluice.client.table import TableRow
from sluice.core.base.ownership import RunRef
from tests.core.kubelet import of_child


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("", Target()),
        ("etl", Target("etl")),
        ("etl~1", Target("etl", back=1)),
        ("run/etl", Target("etl", Kind.RUN)),
        ("workflowruns.sluice.dev/etl", Target("etl", Kind.RUN)),
        ("workflow/etl~2", Target("etl", Kind.WORKFLOW, 2)),
        ("pool/warehouse", Target("warehouse", Kind.POOL)),
        ("backfill/march", Target("march", Kind.BACKFILL)),
        ("etl/load", Target("etl", task="load")),
        ("etl~1/load[17]", Target("etl", back=1, task="load", item=17)),
        ("run/run/load", Target("run", Kind.RUN, task="load")),
        ("run", Target("run")),  # of a Workflow that is called so
    ],
)
def test_parses(text, target):
    assert parse(text) == target


@pytest.mark.parametrize(
    "text", ["Etl", "etl~", "etl~x", "etl[1]", "etl/load[]", "etl/load[-1]", "/", "run/", "etl\n", "a b"]
)
def test_refuses_what_is_no_name(text):
    with pytest.raises(BadName, match="is no name of a run"):
        parse(text)


def test_only_the_runs_of_a_workflow_are_counted():
    with pytest.raises(BadName, match="write etl~1"):
        parse("run/etl~1")


def row(name, workflow, second, **metadata):
    created = f"2026-03-01T02:00:{second:02}Z"
    found = {"name": name, "namespace": "team", "creationTimestamp": created, **metadata}
    return TableRow(found, {"Workflow": workflow})


_CHILD = of_child(RunRef("team", "etl-a", "1"))
_GOING = {"deletionTimestamp": "2026-03-01T03:00:00Z"}
RUNS = [
    row("etl-a", "etl", 1),
    row("etl-c", "etl", 3),
    row("etl-b", "etl", 2),
    row(workflow="etl", second=8, **_CHILD),
    row("etl-0", "etl", 0, ownerReferences=_CHILD["ownerReferences"]),  # anybody can write them
    row("etl-going", "etl", 9, **_GOING),
    row("report", "etl", 4),  # a run with the name of a Workflow
    row("r", "report", 5),
]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("etl-b", "etl-b"),
        (_CHILD["name"], _CHILD["name"]),
        ("etl", "report"),
        ("etl~1", "etl-c"),
        ("etl~3", "etl-a"),
        ("etl~4", "etl-0"),
        ("report", "report"),
        ("run/report", "report"),
        ("workflow/report", "r"),
        ("", "r"),
    ],
)
def test_picks(text, name):
    assert pick(parse(text), RUNS) == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("etl~5", "Workflow etl has only 5 runs; the oldest is etl-0"),
        ("elt", "no run or Workflow is called 'elt'; did you mean 'etl'?"),
        ("run/etl", "no run is called 'etl'; did you mean 'etl-c'?"),
        ("workflow/reprot", "no Workflow is called 'reprot'; did you mean 'report'?"),
        ("nightly", "Workflow nightly has no run yet; to start one: sluice run nightly"),
    ],
)
def test_says_what_is_wrong(text, words):
    with pytest.raises(BadName) as error:
        pick(parse(text), RUNS, ["nightly"])
    assert str(error.value) == words


def test_an_empty_namespace_says_so():
    with pytest.raises(BadName, match="no run in this namespace"):
        pick(parse(""), [])


def test_a_task_has_a_nearest_name():
    assert check_task("load", ["load", "extract"]) == "load"
    with pytest.raises(BadName, match="no task is called 'laod'; did you mean 'load'"):
        check_task("laod", ["load", "extract"])
