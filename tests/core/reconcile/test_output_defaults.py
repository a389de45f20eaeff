"""`outputs: [{name: rows, default: "0"}]`: when the default stands in, and what a wrong one is told."""

import json

import pytest

from sluice.core.run.outputs import results_before
from tests.core.validation.judged import A, faults
from tests.core.world import run

ROWS = {"outputs": ["files", {"name": "rows", "default": "0"}]}
READS = {"args": ["$(tasks.a.outputs.rows)"]}


def handed_on(world):
    return results_before(world.run, world.task("b"))["a"].outputs


@pytest.mark.parametrize(
    ("a", "code", "written", "outputs"),
    [
        ({}, 0, "files=x\nrows=7", {"files": "x", "rows": "7"}),
        ({}, 0, "files=x\nrows=", {"files": "x", "rows": ""}),  # it was written
        ({}, 0, "files=x", {"files": "x", "rows": "0"}),
        ({}, 0, '{"files": []}', {"files": [], "rows": "0"}),
        ({"allowFailure": True}, 0, "files=x", {"files": "x", "rows": "0"}),
        ({"allowFailure": True}, 3, "", {"rows": "0"}),
    ],
)
def test_default_stands_in_and_is_known_after_a_restart(a, code, written, outputs):
    world = run("a, b", fields={"a": ROWS | a, "b": READS})
    world.starts()
    world.ends("a", code, outputs=written)
    assert world.decided() == ["create b/1"]
    assert handed_on(world) == outputs
    world.writes()
    assert handed_on(world.restarted()) == outputs


@pytest.mark.parametrize(
    ("a", "code", "written", "phases"),
    [
        ({}, 0, "rows=7", ("Failed", "UpstreamFailed")),  # the other one has no default
        ({}, 3, "", ("Failed", "UpstreamFailed")),
        ({"skipExitCodes": [3], "allowFailure": True}, 3, "", ("Skipped", "Skipped")),  # that is for ??
    ],
)
def test_where_it_does_not(a, code, written, phases):
    world = run("a, b", fields={"a": ROWS | a, "b": READS | {"runIf": "AllDone"}})
    world.starts()
    world.ends("a", code, outputs=written)
    world.decide()
    assert tuple(world.phases.values()) == phases


def test_who_reads_another_output_of_what_failed_cannot_run():
    world = run("a, b", fields={"a": ROWS | {"allowFailure": True}, "b": {"args": ["$(tasks.a.outputs.files)"]}})
    world.starts()
    world.ends("a", 3)
    world.decide()
    assert world.phases["b"] == "UpstreamFailed"


@pytest.mark.parametrize("log", ["::outputs::{}", "no outputs at all"])
def test_outputs_of_a_log(log):
    outputs = {"outputs": [{"name": "rows", "default": [1]}], "outputsFrom": "Log"}
    world = run("a, b", fields={"a": outputs, "b": READS})
    world.starts()
    world.ends("a")
    world.decide()
    world.logs("a", log)
    assert world.decided() == ["create b/1"]
    assert handed_on(world) == {"rows": [1]}


def test_outputs_of_a_child_run():
    world = run("a, b", fields={"a": {"workflow": {"name": "other"}, "outputs": ROWS["outputs"][1:]}, "b": READS})
    world.starts()
    world.sees_child("a", "Succeeded", outputs="{}")
    assert world.decided() == ["create b/1"]
    assert handed_on(world) == {"rows": "0"}


ONE = {"forEach": {"minSuccess": 1}}


def fan_out(**fields):
    a = {"forEach": {"items": ["x", "y", "z"]} | fields.pop("forEach", {}), "skipExitCodes": [4]} | ROWS | fields
    world = run("a, b", fields={"a": a, "b": READS | {"runIf": "AllDone"}})
    world.decide()
    world.writes()
    world.starts()
    return world


@pytest.mark.parametrize(
    ("fields", "codes", "outputs"),
    [
        ({}, [0, 0, 4], {"files": ["f", "f", None], "rows": ["0", "0", None]}),  # never for a skipped one
        ({"allowFailure": True}, [3, 0, 4], {"rows": ["0", "0", None]}),
        (
            {"allowFailure": True, "forEach": {"minSuccess": 1}},
            [3, 0, 0],
            {"files": [None, "f", "f"], "rows": ["0"] * 3},
        ),
        ({"forEach": {"minSuccess": 1}}, [3, 0, 0], {"files": [None, "f", "f"], "rows": [None, "0", "0"]}),
    ],
)
def test_in_a_fan_out_it_is_that_of_each_item(fields, codes, outputs):
    world = fan_out(**fields)
    for index, code in enumerate(codes):
        world.ends(f"a[{index}]", code, outputs="files=f" if code == 0 else "")
        world.decide()
        world.writes()
        world = world.restarted()
    world.decide()
    assert handed_on(world) == outputs
    assert world.task("b").step.name == "CREATING"


def test_a_fan_out_that_failed_before_it_had_items_has_defaults_for_none():
    a = {"forEach": {"from": "$(params.none)"}, "allowFailure": True} | ROWS
    world = run("a, b", fields={"a": a, "b": READS})
    assert world.decided() == ["create b/1"]
    assert handed_on(world) == {"rows": []}


def test_defaults_that_do_not_fit_beside_the_others_are_left_out():
    a = {"forEach": {"range": {"end": 30}}, "allowFailure": True, "outputs": [{"name": "rows", "default": "x" * 4000}]}
    world = run("a, b", fields={"a": a, "b": READS})
    world.decide()
    world.writes()
    for task in world.starts():
        world.ends(task, 3)
    world.decide()
    assert [row is None for row in handed_on(world)["rows"]] == [False] * 24 + [True] * 6
    world.writes()
    assert len(json.loads(world.config_map["a"])["rows"]) == 30


# Faults.

SAYS_NOTHING = 'says nothing; write default: "" for an empty text, or remove it'


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ({"name": "rows"}, None),
        ({"name": "rows", "default": 0}, None),
        ({"name": "rows", "default": [{"a": 1.5}]}, None),
        (
            {"name": "rows", "default": None},
            '.default: says nothing; write default: "" for an empty text, or remove it',
        ),
        ({"name": "rows", "defualt": "0"}, ".defualt: there is no such field; did you mean 'default'?"),
        ({"default": "0"}, ".name: is required"),
        ({"name": 7}, ".name: must be letters, digits, '_' and '-', with a letter or '_' at the start, not 7"),
        (7, ": must be letters, digits, '_' and '-', with a letter or '_' at the start, not 7"),
        ({"name": "k", "default": "x"}, ": 'k' stands in the list twice"),
        ({"name": "rows", "default": float("nan")}, ".default: is nothing that JSON can hold"),
        ({"name": "rows", "default": "x" * 5000}, ".default: has 5002 bytes as JSON; 4096 fit"),
        (
            {"name": "rows", "default": "$(params.day)"},
            ".default: $(params.day) is not filled in here: a default is handed on as it is written",
        ),
    ],
)
def test_fault(output, words):
    found = faults(A | {"outputs": ["k", output]}, parameters=[{"name": "day", "default": "x"}])
    assert found == ([] if words is None else [f"spec.tasks[0].outputs[1]{words}"])
