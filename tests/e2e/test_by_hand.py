"""A WorkflowRun that a person creates: its values, and the state that the person asks for."""

from __future__ import annotations

import pytest

from tests.e2e.kubernetes import Json, Kubectl, KubectlError, by_hand, condition, eventually, workflow
from tests.e2e.watch import Watch

PARAMETERS = [{"name": "day"}, {"name": "region", "default": "north"}]


def manual(*tasks: Json, parameters: list[Json] | None = None) -> Json:
    return workflow("etl", *tasks, trigger="Manual", parameters=parameters or [])


def phase(kubectl: Kubectl, run: str) -> str:
    return str(kubectl.get("workflowrun", run).get("status", {}).get("phase"))


def waits_suspended(kubectl: Kubectl, task: str) -> bool:
    return str(kubectl.task("today", task).get("reason")).startswith("Suspended: ")


def test_it_brings_values_and_the_defaults_fill_in_the_rest(kubectl: Kubectl) -> None:
    kubectl.apply(manual({"name": "print", "bash": 'echo "$PARAM_DAY in the $PARAM_REGION"'}, parameters=PARAMETERS))
    kubectl.apply(by_hand("today", "etl", arguments={"day": "monday"}))
    assert kubectl.finished("today")["status"]["phase"] == "Succeeded"
    assert kubectl.log("today", "print") == "monday in the north\n"


def test_unknown_and_missing_parameters_are_refused_in_one_go(kubectl: Kubectl) -> None:
    kubectl.apply(manual({"name": "print", "bash": "true"}, parameters=PARAMETERS))
    kubectl.apply(by_hand("today", "etl", arguments={"regoin": "south", "hour": "1"}))
    run = kubectl.finished("today")
    assert run["status"]["phase"] == "Failed"
    assert run["status"]["message"].splitlines() == [
        "spec.arguments: 'day' has no default in the Workflow; give it a value here",
        "spec.arguments.hour: the Workflow has no parameter called 'hour'",
        "spec.arguments.regoin: the Workflow has no parameter called 'regoin'; did you mean 'region'?",
    ]
    assert condition(run, "Accepted")["status"] == "False"
    assert kubectl.pods("today") == []


def test_it_waits_for_a_workflow_that_does_not_exist_yet(kubectl: Kubectl) -> None:
    kubectl.apply(by_hand("today", "etl"))
    waiting = eventually(
        lambda: condition(kubectl.get("workflowrun", "today"), "Accepted"), "the run says why it waits"
    )
    assert waiting["reason"] == "WorkflowNotFound"
    assert "no Workflow 'etl' in this namespace" in waiting["message"]

    kubectl.apply(manual({"name": "hello", "bash": "true"}))
    assert kubectl.finished("today")["status"]["phase"] == "Succeeded"


def test_a_suspended_run_starts_no_task_until_it_is_running(kubectl: Kubectl) -> None:
    kubectl.apply(manual({"name": "hello", "bash": "true"}))
    kubectl.apply(by_hand("today", "etl", state="Suspended"))
    eventually(lambda: phase(kubectl, "today") == "Suspended", "the run is Suspended")
    eventually(lambda: waits_suspended(kubectl, "hello"), "its task says so")
    assert kubectl.pods("today") == []

    kubectl.patch("workflowrun", "today", {"spec": {"state": "Running"}})
    assert kubectl.finished("today")["status"]["phase"] == "Succeeded"


def test_a_task_that_runs_may_finish_while_the_run_is_suspended(kubectl: Kubectl) -> None:
    first = {"name": "first", "bash": "until [ -e /tmp/go ]; do sleep 0.1; done"}
    kubectl.apply(manual(first, {"name": "second", "dependsOn": ["first"], "bash": "true"}))
    kubectl.apply(by_hand("today", "etl"))
    eventually(lambda: kubectl.task("today", "first").get("phase") == "Running", "the first task runs")
    kubectl.patch("workflowrun", "today", {"spec": {"state": "Suspended"}})
    eventually(lambda: phase(kubectl, "today") == "Suspended", "the run is Suspended")
    kubectl.let_go(kubectl.task("today", "first")["pod"])
    eventually(lambda: kubectl.task("today", "first")["phase"] == "Succeeded", "the first task has succeeded")
    eventually(lambda: waits_suspended(kubectl, "second"), "the second waits")
    assert len(kubectl.pods("today")) == 1

    kubectl.patch("workflowrun", "today", {"spec": {"state": "Running"}})
    assert kubectl.finished("today")["status"]["phase"] == "Succeeded"


def test_a_stopped_run_ends_its_tasks_gracefully(kubectl: Kubectl) -> None:
    goodbye = {"name": "work", "bash": "trap 'exit 7' TERM; echo ready; sleep 300 & wait"}
    kubectl.apply(manual(goodbye, {"name": "next", "dependsOn": ["work"], "bash": "true"}))
    kubectl.apply(by_hand("today", "etl"))
    eventually(lambda: "ready" in kubectl.log("today", "work"), "the task runs")
    with Watch(kubectl, "pods", ".status.containerStatuses[0].state.terminated.exitCode") as pods:
        kubectl.patch("workflowrun", "today", {"spec": {"state": "Stopped"}})
        status = kubectl.finished("today")["status"]
        eventually(lambda: not kubectl.pods("today"), "the pod is gone")
        eventually(lambda: ("7",) in pods.seen, "the program could answer SIGTERM")

    assert status["phase"] == "Stopped"
    assert {name: task["phase"] for name, task in status["tasks"].items()} == {"work": "Stopped", "next": "Stopped"}


@pytest.mark.parametrize(
    "change",
    [
        {"workflow": "other"},
        {"arguments": {"day": "tuesday"}},
        {"arguments": {"hour": "noon"}},  # one more
        {"arguments": None},
        {"revision": "other"},  # of a run that named none
    ],
)
def test_what_it_runs_cannot_be_changed(kubectl: Kubectl, change: Json) -> None:
    kubectl.apply(by_hand("today", "etl", arguments={"day": "monday"}))
    with pytest.raises(KubectlError, match="cannot be changed; create another WorkflowRun"):
        kubectl.patch("workflowrun", "today", {"spec": change})
