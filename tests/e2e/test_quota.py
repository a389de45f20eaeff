"""A full namespace is not a failure: its tasks wait, say why, and run as there is room."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.e2e.kubernetes import Json, Kubectl, eventually, most_at_once, workflow


def limit(kubectl: Kubectl, resource: str) -> None:
    """A quota of two, in force."""
    kubectl("create", "quota", "two", f"--hard={resource}=2")
    eventually(lambda: kubectl.get("resourcequota", "two").get("status", {}).get("used"), "the quota is in force")


@pytest.mark.parametrize("resource", ["pods", "count/pods"])  # of the second, finished pods use up their share too
def test_a_quota_of_two_pods_lets_six_tasks_through_two_at_a_time(kubectl: Kubectl, resource: str) -> None:
    limit(kubectl, resource)
    kubectl.apply(workflow("etl", *({"name": f"work-{number}", "bash": "sleep 1"} for number in range(6))))
    run = kubectl.run_of("etl")

    def waiting() -> Json | None:
        tasks = kubectl.get("workflowrun", run)["status"].get("tasks", {}).values()
        return next((task for task in tasks if task.get("reason", "").startswith("QuotaExceeded: ")), None)

    assert "exceeded quota: two" in eventually(waiting, "a task says that it waits for the quota")["message"]

    status = kubectl.finished(run)["status"]
    assert (status["phase"], status["progress"]) == ("Succeeded", "6/6")
    assert all((task["attempt"], task.get("retries")) == (1, None) for task in status["tasks"].values())
    spans = [
        [datetime.fromisoformat(task[end]) for end in ("startedAt", "finishedAt")] for task in status["tasks"].values()
    ]
    # The API server's own count may miss a pod that was made just before another ended.
    assert most_at_once((start, end) for start, end in spans) <= 3
