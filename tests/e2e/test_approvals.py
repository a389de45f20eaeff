"""Approvals: a person decides, and the operator may be dead at the time."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow

GATED = workflow("gated", {"name": "deploy", "approval": {"timeout": "1h"}}, {"name": "next", "dependsOn": ["deploy"]})


def asking(kubectl: Kubectl, run: str) -> Json:
    """The entry of the approval, once it asks for a decision and says until when."""
    return eventually(
        lambda: (task := kubectl.task(run, "deploy")).get("startedAt") and task, "the task asks for a decision"
    )


def test_a_rejected_task_has_failed_and_makes_no_pod(kubectl: Kubectl) -> None:
    kubectl.apply(GATED)
    run = kubectl.run_of("gated")
    assert asking(kubectl, run)["reason"].startswith(
        "Approval: set spec.approvals.deploy.decision to Approve or Reject, and .by to your user name"
    )
    kubectl.decide(run, "deplyo", "Approve")

    def named() -> bool:
        return any("did you mean 'deploy'?" in event["message"] for event in kubectl.list("events"))

    eventually(named, "an Event names the task that was meant")
    kubectl.decide(run, "deploy", "Reject", comment="not today")
    status = kubectl.finished(run)["status"]
    assert status["phase"] == "Failed"
    assert status["message"] == f"task deploy failed: rejected by {kubectl.whoami()}: not today"
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
    bare.decide(run, "deploy", "Reject")
    mortal.start()
    task = bare.finished(run)["status"]["tasks"]["deploy"]
    assert (task["phase"], task["startedAt"]) == ("Failed", before["startedAt"])
    assert task["message"] == f"rejected by {bare.whoami()}"
