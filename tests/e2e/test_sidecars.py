"""A second container never holds up a task: `main` decides, and what goes on beside it is ended."""

from __future__ import annotations

from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow

BESIDE = {
    "spec": {
        "terminationGracePeriodSeconds": 1,  # `sleep` does not listen
        "containers": [{"name": "proxy", "image": "busybox:1.35", "command": ["sleep", "600"]}],
    }
}
TASKS: tuple[Json, Json] = (
    {"name": "work", "bash": "echo said; echo rows=3 > $SLUICE_OUTPUTS", "outputs": ["rows"], "podTemplate": BESIDE},
    {"name": "next", "env": [{"name": "ROWS", "value": "$(tasks.work.outputs.rows)"}], "bash": "echo $ROWS"},
)


def test_the_run_goes_on_with_main_and_the_other_container_is_ended(kubectl: Kubectl) -> None:
    run = kubectl.run(workflow("etl", *TASKS))
    assert run["status"]["progress"] == "2/2"
    name = run["status"]["tasks"]["work"]["pod"]

    def ended() -> Json | None:
        status: Json = kubectl.get("pod", name)["status"]
        return status if status["phase"] == "Failed" else None

    status = eventually(ended, "the other container is ended")
    assert status["reason"] == "DeadlineExceeded"
    assert {each["name"]: each["state"]["terminated"]["exitCode"] for each in status["containerStatuses"]} == {
        "main": 0,
        "proxy": 137,
    }
    assert kubectl("logs", name, "--container=main").strip() == "said"


def test_where_the_deadline_cannot_be_lowered_the_pod_is_deleted(kubectl: Kubectl) -> None:
    """A quota for pods that have one would be exceeded."""
    kubectl.apply(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "none"},
            "spec": {"hard": {"pods": "0"}, "scopes": ["Terminating"]},
        }
    )
    eventually(lambda: kubectl.get("resourcequota", "none").get("status", {}).get("used"), "the quota is in force")
    run = kubectl.run(workflow("etl", *TASKS))
    assert run["status"]["phase"] == "Succeeded"
    name = run["status"]["tasks"]["work"]["pod"]
    eventually(lambda: name not in [pod["metadata"]["name"] for pod in kubectl.list("pods")], "the pod is deleted")
