"""The volume of a run: shared by its tasks, gone when the run has succeeded, kept when it has failed."""

from __future__ import annotations

from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow
from tests.e2e.volumes import Disks

SCRATCH = {
    "metadata": {"name": "scratch"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
}


def sharing(*tasks: Json) -> Json:
    mounts = {"volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}]}
    return workflow("etl", *(task | mounts for task in tasks), volumeClaimTemplates=[SCRATCH])


def test_a_failed_run_keeps_its_volume_until_it_goes(kubectl: Kubectl, disks: Disks) -> None:
    disks.make(1)
    run = kubectl.run(sharing({"name": "work", "bash": "echo here > /scratch/file; exit 3"}))["metadata"]["name"]
    (claim,) = kubectl.list("pvc", f"sluice.dev/run={run}")
    assert "deletionTimestamp" not in claim["metadata"]
    kubectl("delete", "workflowrun", run)
    eventually(lambda: not kubectl.list("pvc"), "its volume is gone")


def test_a_volume_that_no_quota_has_room_for_is_waited_for(kubectl: Kubectl, disks: Disks) -> None:
    disks.make(1)
    kubectl("create", "quota", "none", "--hard=persistentvolumeclaims=0")
    eventually(lambda: kubectl.get("resourcequota", "none").get("status", {}).get("used"), "the quota is in force")
    kubectl.apply(sharing({"name": "work", "bash": "true"}))
    run = kubectl.run_of("etl")
    waiting = eventually(
        lambda: (task := kubectl.task(run, "work")).get("reason", "").startswith("QuotaTooSmall: ") and task,
        "the task says that it waits for another quota",
    )
    assert "PersistentVolumeClaim" in waiting["message"]
    assert "exceeded quota: none" in waiting["message"]
    assert kubectl.pods(run) == []

    kubectl("delete", "quota", "none")
    assert kubectl.finished(run)["status"]["phase"] == "Succeeded"
