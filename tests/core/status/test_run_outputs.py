"""What a run hands on, and how it reaches the task that made the run."""

import json

import pytest

from sluice.core.base.naming import graph_of, revision_name
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.run.outputs import results_before
from sluice.core.spec.definition import Definition
from sluice.core.status.reasons import reason
from tests.core.kubelet import RUN, START
from tests.core.validation.judged import A, faults
from tests.core.world import World, graph, run

LISTS = {"outputs": ["files", "total"]}


def ended(outputs, text="a", written='{"files": ["x", "y"], "total": 6}', code=0, **fields):
    """The status of a run with these `outputs`, whose task `a` has written that."""
    data = graph(text, **{"a": LISTS} | fields) | {"outputs": outputs}
    world = World(restore(RUN, "etl-1", Definition.of(data), status={}, pods=[], now=START, orders=Orders()))
    world.starts()
    world.ends("a", code, outputs=written if code == 0 else "")
    world.decide()
    world.writes()
    return world.stored


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$(tasks.a.outputs.total)", 6),  # it keeps its type
        ("$(tasks.a.outputs.files)", ["x", "y"]),
        ("$(tasks.a.outputs.total) rows", "6 rows"),
        ("of $(run.name)", f"of {RUN.name}"),
        ("since $(run.startedAt)", "since 2026-01-01T00:00:00Z"),
        ("as it is", "as it is"),
    ],
)
def test_value(text, value):
    assert json.loads(ended({"it": text})["outputs"]) == {"it": value}


def test_what_a_skipped_task_did_not_hand_on_is_left_out():
    skipped = {"b": {"runIf": "OneFailed", "outputs": ["k"]}}
    status = ended({"k": "$(tasks.b.outputs.k)", "total": "$(tasks.a.outputs.total)"}, "a >> b", **skipped)
    assert (status["phase"], json.loads(status["outputs"])) == ("Succeeded", {"total": 6})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$(tasks.b.outputs.k ?? tasks.a.outputs.total)", 6),  # with its type
        ("$(tasks.b.outputs.k ?? 'none')", "none"),
        ("$(tasks.b.outputs.k ?? 'no') rows", "no rows"),
        ("$(tasks.b.phase) $(tasks.a.exitCode)", "Skipped 0"),
        ("$(tasks.b.exitCode ?? 'none')", "none"),
    ],
)
def test_of_several_parts_the_first_that_exists(text, value):
    skipped = {"b": {"runIf": "OneFailed", "outputs": ["k"]}}
    assert json.loads(ended({"it": text}, "a >> b", **skipped)["outputs"]) == {"it": value}


def test_what_has_no_part_that_exists_is_left_out():
    skipped = {"b": {"runIf": "OneFailed", "outputs": ["k", "l"]}}
    assert "outputs" not in ended({"it": "$(tasks.b.outputs.k ?? tasks.b.outputs.l)"}, "a >> b", **skipped)


def test_run_that_failed_hands_on_nothing():
    assert "outputs" not in ended({"it": "as it is"}, code=1)


def test_too_much_is_not_handed_on_and_the_run_says_so():
    status = ended({str(number): "x" * 1000 for number in range(5)})
    assert (status["phase"], status.get("outputs")) == ("Succeeded", None)
    assert status["message"].startswith("outputs too large: those of the run have 50")


def test_change_of_the_outputs_is_a_change_of_what_the_workflow_does():
    plain = graph("a")
    names = {revision_name("etl", "uid", graph_of(spec)) for spec in (plain, plain | {"outputs": {"it": "x"}})}
    assert len(names) == 2


# At the task that made the run.


def calls(outputs="", **sub):
    fields = {"sub": {"workflow": {"name": "other"}, "outputs": ["total"]} | sub}
    world = run("sub >> b", fields=fields | {"b": {"command": ["echo", "$(tasks.sub.outputs.total)"]}})
    world.starts()
    world.sees_child("sub", "Succeeded", outputs=outputs)
    return world


def test_outputs_of_the_child_become_those_of_the_task():
    world = calls('{"total":6,"more":1}')
    assert world.decided() == ["create b/1"]
    assert results_before(world.run, world.task("b"))["sub"].outputs == {"total": 6}
    world.writes()
    assert world.stored["tasks"]["sub"]["outputs"] == '{"total":6}'


@pytest.mark.parametrize("outputs", ["", '{"totl":6}'])
def test_child_that_hands_on_too_little_is_a_failure_of_the_task(outputs):
    world = calls(outputs)
    world.decide()
    assert world.phases == {"sub": "Failed", "b": "UpstreamFailed"}
    said = reason(world.run, 0)
    assert said.text == "Error"
    assert "the declared outputs 'total' are missing" in (said.message or "")


def test_it_is_paid_for_as_a_failed_child():
    world = calls("", retries={"limit": 1})
    world.decide()
    assert reason(world.run, 0).text.startswith("Backoff: ")


def test_outputs_are_known_after_a_restart():
    world = calls('{"total":6}')
    world.decide()
    world.writes()
    assert world.restarted().run.tasks[0].outputs == {"total": 6}


# Faults.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$(tasks.b.outputs.k)", "no task is called 'b'"),
        ("$(tasks.a.outputs.k)", "'a' declares no output 'k'; add it there: `outputs: [k]`"),
        ("$(params.x)", "$(params.x) stands for nothing"),
        ("$(run.phase)", "$(run.phase) is known to `finally` tasks only, as the run has not ended before"),
        (7, "must be a string; put it in quotes"),
    ],
)
def test_fault(text, words):
    assert faults(A, outputs={"it": text}) == [f"spec.outputs.it: {words}"]


def test_more_than_any_object_can_have_is_too_large():
    status = ended({"all": "$(tasks.a.outputs.total)" * 1_100}, written=json.dumps({"files": [], "total": "x" * 4_000}))
    assert status["message"].startswith("outputs too large: all: its placeholders stand for more than 4 MiB in all")
