"""Conditions, as the operator asks them."""

from __future__ import annotations

from tests.e2e.kubernetes import Kubectl, condition, eventually, workflow
from tests.e2e.test_triggers import restart

NOT = {"name": "not", "when": "1 > 2", "outputs": ["n"], "bash": 'echo n=1 >> "$SLUICE_OUTPUTS"'}
MANY = {"name": "many", "outputs": ["n"], "bash": 'echo n=many >> "$SLUICE_OUTPUTS"'}


def test_each_task_says_what_became_of_its_condition(kubectl: Kubectl) -> None:
    run = kubectl.run(
        workflow(
            "asking",
            NOT,
            MANY,
            {"name": "inherits", "runIf": "AllDone", "when": "tasks['not'].outputs.n == '1'", "bash": "true"},
            {"name": "careful", "runIf": "AllDone", "when": "!has(tasks['not'].outputs.n)", "bash": "true"},
            {"name": "wrong", "when": "tasks.many.outputs.n > 1", "bash": "true"},
            {"name": "some", "forEach": {"items": ["x", "y"]}, "when": "item != 'y'", "bash": 'echo "$ITEM"'},
        )
    )
    told = {name: (task["phase"], task.get("reason")) for name, task in run["status"]["tasks"].items()}
    assert told == {
        "not": ("Skipped", "Skipped: when is false: 1 > 2"),
        "many": ("Succeeded", None),
        "inherits": ("Skipped", "Skipped: so was not"),
        "careful": ("Succeeded", None),
        "wrong": ("Failed", "WhenFailed: its condition has no answer"),
        "some": ("Succeeded", None),
    }
    assert run["status"]["message"] == (
        "task wrong failed: when: tasks.many.outputs.n > 1: line 1, column 22: "
        "`>` does not take (string, int64); convert with int(), double() or string()"
    )
    assert kubectl.log(run["metadata"]["name"], "some").strip() == "x"


def test_an_operator_that_came_later_has_the_same_answer(kubectl: Kubectl, system: Kubectl) -> None:
    kubectl.apply(
        workflow(
            "patient",
            MANY,
            {"name": "agree", "dependsOn": ["many"], "approval": {}},
            {"name": "then", "dependsOn": ["agree"], "when": "tasks.many.outputs.n == 'many'", "bash": "true"},
        )
    )
    run = kubectl.run_of("patient")
    eventually(lambda: kubectl.task(run, "agree").get("reason", "").startswith("Approval:"), "agree asks")
    restart(system)
    kubectl.decide(run, "agree", "Approve")
    assert kubectl.finished(run)["status"]["phase"] == "Succeeded"


def test_a_condition_that_is_not_sound_is_refused_with_its_place(kubectl: Kubectl) -> None:
    kubectl.apply(
        workflow("wrong", MANY, {"name": "b", "when": "true &&\n task.many.phase == 'Failed'", "bash": "true"})
    )
    accepted = eventually(lambda: condition(kubectl.get("workflow", "wrong"), "Accepted"), "wrong is judged")
    assert accepted["status"] == "False"
    assert (
        "spec.tasks[1].when: line 2, column 2: nothing is called 'task'; did you mean 'tasks'?" in accepted["message"]
    )
