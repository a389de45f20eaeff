"""A run that starts where another has failed: by hand, and by itself when the manifest is fixed."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, by_hand, condition, eventually, workflow

EXTRACT = {"name": "extract", "bash": 'echo rows=3 > "$SLUICE_OUTPUTS"', "outputs": ["rows"]}
LOAD = {"name": "load", "env": [{"name": "ROWS", "value": "$(tasks.extract.outputs.rows)"}]}
BROKEN, FIXED = LOAD | {"bash": "exit 1"}, LOAD | {"bash": 'echo "$ROWS rows"'}

NOBODY = "there is no run 'nobody' in this namespace; name one that has ended, or leave out resumeFrom"


def resumes(name: str, run: str, **more: object) -> Json:
    return by_hand(name, "etl", resumeFrom={"run": run, **more})


def tasks_that_ran(kubectl: Kubectl, run: str) -> set[str]:
    return {pod["metadata"]["labels"]["sluice.dev/task"] for pod in kubectl.pods(run)}


def test_a_fixed_manifest_starts_at_the_step_that_had_failed(kubectl: Kubectl) -> None:
    reuse = {"onChange": {"reuse": "Unchanged"}}
    first = kubectl.run(workflow("etl", EXTRACT, BROKEN, **reuse))["metadata"]["name"]
    kubectl.apply(workflow("etl", EXTRACT, FIXED, **reuse))
    second = eventually(lambda: (run := kubectl.run_of("etl")) != first and run, "the fixed Workflow has a run")
    status = kubectl.finished(second)["status"]
    assert (status["phase"], status["progress"]) == ("Succeeded", "2/2")
    assert status["tasks"]["extract"]["reason"] == f"Kept: from run {first}"
    assert tasks_that_ran(kubectl, second) == {"load"}
    assert kubectl.log(second, "load") == "3 rows\n"


def test_without_reuse_a_fixed_manifest_does_everything(kubectl: Kubectl) -> None:
    first = kubectl.run(workflow("etl", EXTRACT, BROKEN))["metadata"]["name"]
    kubectl.apply(workflow("etl", EXTRACT, FIXED))
    second = eventually(lambda: (run := kubectl.run_of("etl")) != first and run, "the fixed Workflow has a run")
    assert kubectl.finished(second)["status"]["phase"] == "Succeeded"
    assert tasks_that_ran(kubectl, second) == {"extract", "load"}


def test_named_tasks_run_again_and_it_waits_for_the_other_run(kubectl: Kubectl) -> None:
    gate = {"name": "gate", "bash": "until [ -e /tmp/go ]; do sleep 0.1; done; exit 1"}
    kubectl.apply(workflow("etl", EXTRACT, FIXED, gate))
    first = kubectl.run_of("etl")
    eventually(lambda: kubectl.task(first, "gate").get("phase") == "Running", "the gate runs")
    kubectl.apply(resumes("again", first, rerun=["load", "gate"]))
    waiting = eventually(
        lambda: condition(kubectl.get("workflowrun", "again"), "Reconciling"), "the new run says why it waits"
    )
    assert waiting["message"] == f"waits for run {first}, from which it resumes, to end"

    kubectl.let_go(kubectl.task(first, "gate")["pod"])
    eventually(lambda: kubectl.task("again", "gate").get("phase") == "Running", "the gate runs again")
    kubectl("delete", "workflowrun", first)  # it is not needed any more
    kubectl.let_go(kubectl.task("again", "gate")["pod"])
    status = kubectl.finished("again")["status"]
    assert {name: task["phase"] for name, task in status["tasks"].items()} == {
        "extract": "Succeeded",
        "load": "Succeeded",
        "gate": "Failed",
    }
    assert tasks_that_ran(kubectl, "again") == {"load", "gate"}
    assert kubectl.log("again", "load") == "3 rows\n"


def test_of_a_fan_out_only_the_items_run_again_that_had_failed_or_are_named(kubectl: Kubectl) -> None:
    items = {"forEach": {"items": ["a", "b", "c", "d"]}, "outputs": ["got"]}
    copy = {"name": "copy", "bash": 'echo "got=$ITEM" > "$SLUICE_OUTPUTS"; [ "$ITEM" != c ]', **items}
    total = {"name": "sum", "bash": 'echo "$GOT"', "env": [{"name": "GOT", "value": "$(tasks.copy.outputs.got)"}]}
    first = kubectl.run(workflow("etl", copy, total))["metadata"]["name"]
    mended = copy | {"forEach": {"items": ["a", "b", "see", "d"]}}
    kubectl.apply(workflow("etl", mended, total, trigger="Manual"))
    kubectl.apply(resumes("again", first, rerun=[{"task": "copy", "items": "0"}]))
    run = kubectl.finished("again")
    assert (run["status"]["phase"], run["status"]["tasks"]["copy"]["progress"]) == ("Succeeded", "4/4")
    labels = [pod["metadata"]["labels"] for pod in kubectl.pods("again")]
    assert sorted(each.get("sluice.dev/index", "") for each in labels) == ["", "0", "2"]
    assert kubectl.log("again", "sum") == '["a","b","see","d"]\n'


def test_a_task_that_runs_a_workflow_is_kept_as_long_as_that_is_unchanged(kubectl: Kubectl) -> None:
    inner = {"name": "work", "bash": "exit 0"}
    kubectl.apply(workflow("inner", inner, trigger="Manual"))
    call = {"name": "call", "workflow": {"name": "inner"}}
    broken = {"name": "load", "bash": "exit 1", "dependsOn": ["call"]}
    first = kubectl.run(workflow("etl", call, broken))["metadata"]["name"]
    kubectl.apply(resumes("again", first))
    assert kubectl.finished("again")["status"]["tasks"]["call"]["reason"] == f"Kept: from run {first}"
    kubectl.apply(workflow("inner", inner | {"bash": "echo other"}, trigger="Manual"))
    kubectl.apply(resumes("another", "again"))
    assert "run" in kubectl.finished("another")["status"]["tasks"]["call"]


def test_a_run_that_cannot_resume_says_why(kubectl: Kubectl) -> None:
    kubectl.run(workflow("etl", EXTRACT, BROKEN))
    kubectl.apply(resumes("again", "nobody", rerun=["laod"]))
    run = kubectl.finished("again")
    assert run["status"]["phase"] == "Failed"
    assert run["status"]["message"].splitlines() == [
        "spec.resumeFrom.rerun[0]: no task is called 'laod'; did you mean 'load'?",
        f"spec.resumeFrom.run: {NOBODY}",
    ]


def test_an_operator_killed_in_the_middle_keeps_the_same(
    bare: Kubectl, operator: Callable[[str], HostOperator]
) -> None:
    mortal = operator("mortal")
    first = bare.run(workflow("etl", EXTRACT, BROKEN))["metadata"]["name"]
    gate = {"name": "gate", "dependsOn": ["extract"], "bash": "until [ -e /tmp/go ]; do sleep 0.1; done"}
    bare.apply(workflow("etl", EXTRACT, FIXED, gate, trigger="Manual"))
    bare.apply(resumes("again", first))
    eventually(lambda: "resumed" in bare.get("workflowrun", "again")["status"], "what is kept is recorded")
    mortal.kill()
    bare("delete", "workflowrun", first)
    mortal.start()
    eventually(lambda: bare.task("again", "gate").get("phase") == "Running", "the gate runs")
    bare.let_go(bare.task("again", "gate")["pod"])
    status = bare.finished("again")["status"]
    assert (status["phase"], status["resumed"]) == ("Succeeded", {"run": first})
    assert tasks_that_ran(bare, "again") == {"load", "gate"}
