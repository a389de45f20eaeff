"""`$(tasks.a.phase)`, `.exitCode` and `.message`: what they stand for, what is waited for, where they are a fault."""

import json

import pytest

from sluice.core.pod.builder import build_pod
from sluice.core.run.outputs import results_before, values_of
from tests.core.kubelet import exited
from tests.core.validation.judged import A, B, faults
from tests.core.world import run

END = "$(tasks.a.phase) $(tasks.a.exitCode) <$(tasks.a.message)>"
ASKS = {"args": [END], "runIf": "AllDone"}


def told(world, task="b"):
    """The argument and the `tasks` of inputs.json in the pod of a task."""
    unit = world.task(task)
    made = build_pod(world.run.identity, unit.definition, 1, before=results_before(world.run, unit))
    inputs = made["metadata"].get("annotations", {}).get("sluice.dev/inputs", '{"tasks": null}')
    return made["spec"]["containers"][0].get("args", [""])[0], json.loads(inputs)["tasks"]


@pytest.mark.parametrize(
    ("a", "code", "message", "argument"),
    [
        ({}, 0, "", "Succeeded 0 <>"),
        ({}, 3, "no space left", "Failed 3 <exit code 3: no space left>"),
        ({}, 3, "x" * 4000, f"Failed 3 <exit code 3: {'x' * 243}>"),
        ({"allowFailure": True}, 3, "", "Failed 3 <exit code 3>"),
        ({"skipExitCodes": [4]}, 4, "nothing new", "Skipped 4 <>"),
    ],
)
def test_how_a_task_ended_and_the_same_after_a_restart(a, code, message, argument):
    world = run("a >> b", fields={"a": a, "b": ASKS})
    world.starts()
    world.sees("a", exited(code, message=message))
    assert world.decided() == ["create b/1"]
    assert told(world)[0] == argument
    world.writes()
    assert told(world.restarted())[0] == argument


def test_what_did_not_run_has_no_exit_code():
    world = run("x >> a >> b", fields={"b": ASKS}, x="Failed")
    assert world.decided() == ["create b/1"]
    assert told(world)[0] == "UpstreamFailed  <>"


@pytest.mark.parametrize("rule", ["AllDone", "OneDone", "NoneFailed"])
def test_asking_is_waiting_whatever_the_rule(rule):
    world = run("c, a; c >> b", fields={"b": ASKS | {"runIf": rule}})
    world.starts()
    world.ends("c")
    assert world.decided() == []
    world.ends("a")
    assert world.decided() == ["create b/1"]


def test_the_trigger_rule_stays():
    world = run("a, b", fields={"b": ASKS | {"runIf": "OneFailed"}})
    world.starts()
    world.ends("a")
    assert world.decided() == []
    assert world.phases["b"] == "Skipped"


def test_in_finally_they_imply_nothing():
    world = run("a, b", fields={"b": {"finally": True, "args": [END]}}, a="Failed")
    assert world.run.definition.graph.dependencies[1] == ()
    assert world.decided() == ["create b/1"]
    assert told(world)[0] == "Failed  <>"


def test_in_finally_they_wait_for_other_finally_tasks():
    world = run("a, b", fields={"a": {"finally": True}, "b": ASKS | {"finally": True}})
    assert world.starts() == ["a"]
    world.ends("a", code=3)
    assert world.starts() == ["b"]


def test_an_item_asks_about_its_own_item():
    b = {"forEach": {"sameAs": "a"}, "runIf": "AllDone", "args": ["$(tasks.a.phase)"]}
    world = run("a, b", fields={"a": {"forEach": {"items": ["x", "y"], "minSuccess": 1}}, "b": b})
    world.decide()
    world.writes()
    world.starts()
    world.ends("a[0]", code=3)
    world.ends("a[1]")
    assert sorted(world.starts()) == ["b[0]", "b[1]"]
    world.writes()
    for each in (world, world.restarted()):
        values = [values_of(each.run, each.task(f"b[{index}]"))["tasks.a.phase"] for index in (0, 1)]
        assert values == ["Failed", "Succeeded"]


# In scripts.


def test_inputs_tell_of_every_dependency_however_it_ended():
    b = {"runIf": "AllDone", "bash": "true", "dependsOn": ["a", "c", "d", "e"]}
    d = {"outputs": ["k"]}
    world = run("x >> c; a, d, e, b", fields={"b": b, "d": d, "e": {"when": "false"}}, x="Failed")
    world.starts()
    world.sees("a", exited(3, message="no space left"))
    world.ends("d", outputs="k=v")
    world.decide()
    assert told(world)[1] == {
        "a": {"phase": "Failed", "exitCode": 3, "message": "exit code 3: no space left", "outputs": {}},
        "c": {"phase": "UpstreamFailed", "outputs": {}},
        "d": {"phase": "Succeeded", "exitCode": 0, "outputs": {"k": "v"}},
        "e": {"phase": "Skipped", "outputs": {}},
    }


def test_of_two_thousand_dependencies_that_failed_the_inputs_fit():
    names = [f"t{number}" for number in range(1999)]
    world = run(", ".join([*names, "b"]), fields={"b": {"runIf": "AllDone", "bash": "true", "dependsOn": names}})
    world.starts()
    for name in names:
        world.sees(name, exited(3, message="x" * 4000))
    world.decide()
    tasks = told(world)[1]
    assert len(tasks) == 1999
    assert len(json.dumps(tasks)) < 250_000


def test_of_very_many_dependencies_the_successes_are_left_out():
    names = [f"t{number}" for number in range(201)]
    world = run(", ".join([*names, "b"]), fields={"b": {"runIf": "AllDone", "bash": "true", "dependsOn": names}})
    world.starts()
    for name in names:
        world.ends(name, code=3 if name == "t7" else 0)
    world.decide()
    assert list(told(world)[1]) == ["t7"]


# Faults.

ASKED = {"args": ["$(tasks.a.phase)"]}


def asked(end):
    return {"args": [f"$(tasks.a.{end})"]}


NO_CODE = "$(tasks.a.exitCode) stands for nothing: 'a' is {}, and has no exit code; ask for its phase"
ONE_ANSWER = "$(tasks.a.{}) is {} whenever 'b' starts, as its runIf is {}; write runIf: AllDone, or leave it out"


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ({}, asked("phase") | {"runIf": "AllDone"}, None),
        ({}, asked("exitCode") | {"finally": True}, None),
        ({"allowFailure": True}, asked("phase"), None),
        ({}, asked("message") | {"runIf": "AllFailed"}, None),
        ({"skipExitCodes": [3]}, asked("exitCode") | {"runIf": "AllSkipped"}, None),
        ({}, asked("phase"), ONE_ANSWER.format("phase", "Succeeded", "AllSucceeded")),
        ({}, asked("exitCode"), ONE_ANSWER.format("exitCode", "0", "AllSucceeded")),
        ({}, asked("message"), ONE_ANSWER.format("message", "empty", "AllSucceeded")),
        ({}, asked("phase") | {"runIf": "AllSkipped"}, ONE_ANSWER.format("phase", "Skipped", "AllSkipped")),
        (
            {"finally": True},
            asked("phase") | {"finally": True},
            ONE_ANSWER.format("phase", "Succeeded", "AllSucceeded"),
        ),
        ({"forEach": {"items": ["x"]}}, asked("exitCode") | {"runIf": "AllDone"}, NO_CODE.format("a fan-out")),
        (
            {},
            asked("phse") | {"runIf": "AllDone", "dependsOn": ["a"]},
            "$(tasks.a.phse) stands for nothing; did you mean $(tasks.a.phase)?",
        ),
    ],
)
def test_fault(a, b, words):
    assert faults(A | a, B | b) == ([] if words is None else [f"spec.tasks[1].args[0]: {words}"])


@pytest.mark.parametrize(
    ("b", "fault"),
    [
        ({"args": ["$(tasks.b.phase)"]}, ".args[0]: 'b' cannot read its own end: there is none before it has ended"),
        ({"args": ["$(tasks.aa.phase)"], "runIf": "AllDone"}, ".args[0]: no task is called 'aa'; did you mean 'a'?"),
        (
            ASKED | {"runIf": "Always"},
            ".runIf: Always waits for nothing, and this task asks about 'a'; remove `runIf`, or write AllDone",
        ),
        (
            {"bash": "echo $(tasks.a.phase)"},
            (
                ".bash: line 1 has the placeholder $(tasks.a.phase), and a value could become code there; "
                "read tasks.a.phase from /sluice/inputs.json, and say dependsOn: [a]"
            ),
        ),
    ],
)
def test_fault_elsewhere(b, fault):
    assert faults(A, B | b) == [f"spec.tasks[1]{fault}"]


def test_of_an_item_only_the_phase_is_known():
    b = {"forEach": {"sameAs": "a"}, "runIf": "AllDone", "args": ["$(tasks.a.message)", "$(tasks.a.phase)"]}
    words = "of an item of 'a' only the phase and the outputs are kept"
    assert faults(A | {"forEach": {"items": ["x"]}}, B | b) == [
        f"spec.tasks[1].args[0]: $(tasks.a.message) stands for nothing: {words}"
    ]


def test_a_run_hands_on_how_its_tasks_ended():
    assert faults(A, outputs={"end": "$(tasks.a.phase)"}) == []
    assert faults(A | {"join": {}, "image": None}, outputs={"end": "$(tasks.a.exitCode)"})[-1].endswith(
        "ask for its phase"
    )
