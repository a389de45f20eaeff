"""Approvals: a person decides, and the operator may be dead at the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow

GATED = workflow("gated", {"name": "deploy", "approval": {"timeout": "1h"}}, {"name": "next", "dependsOn": ["deploy"]})


def asking(kubectl: Kubectl, run: str) -> Json:
    """The entry of the approval, once it asks for a decision and says until when."""
    return eventually(
        lambda: (task := kubectl.task(run, "deploy")).get("startedAt") and task, "the task asks for a decision"
    )


def decide(kubectl: Kubectl, run: str, task: str = "deploy", **decision: Any) -> None:
    kubectl.patch("workflowrun", run, {"spec": {"approvals": {task: decision}}})


def test_a_rejected_task_has_failed_and_makes_no_pod(kubectl: Kubectl) -> None:
    kubectl.apply(GATED)
    run = kubectl.run_of("gated")
    assert asking(kubectl, run)["reason"].startswith(
        "Approval: set spec.approvals.deploy.decision to Approve or Reject"
    )
    decide(kubectl, run, "deplyo", decision="Approve")

    def told() -> bool:
        return any("did you mean 'deploy'?" in event["message"] for event in kubectl.list("events"))

    eventually(told, "an Event names the task that was meant")
    decide(kubectl, run, decision="Reject", by="ada", comment="not today")
    status = kubectl.finished(run)["status"]
    assert (status["phase"], status["message"]) == ("Failed", "task deploy failed: rejected by ada: not today")
    assert {name: task["phase"] for name, task in status["tasks"].items()} == {
        "deploy": "Failed",
        "next": "UpstreamFailed",
    }
    assert kubectl.pods(run) == []


def test_a_decision_that_was_taken_while_the_operator_was_dead_counts(
    bare: Kubectl, operator: Callable[[str], HostOperator]
) -> None:
    mortal = operator("mortal")
    bare.apply(GATED)
    run = bare.run_of("gated")
    before = asking(bare, run)
    mortal.kill()
    decide(bare, run, decision="Reject", by="ada")
    mortal.start()
    task = bare.finished(run)["status"]["tasks"]["deploy"]
    assert (task["phase"], task["message"], task["startedAt"]) == ("Failed", "rejected by ada", before["startedAt"])
