"""A lost node: no second attempt while its pod may still run, and another one once Kubernetes says that it is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow
from tests.e2e.watch import PodWatch

_ROOM = {"cpu": "8", "memory": "8Gi", "pods": "10"}
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


@pytest.fixture
def silent_node(kubectl: Kubectl) -> Iterator[str]:
    """A node whose kubelet does not answer, as it has none. Only pods that tolerate everything get there."""
    name = f"silent-{kubectl.namespace}"
    taint = {"key": "sluice.dev/silent", "value": kubectl.namespace, "effect": "NoSchedule"}
    kubectl.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"taints": [taint]}})
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "it says so"}
    status = {"capacity": _ROOM, "allocatable": _ROOM, "conditions": [ready]}
    kubectl("patch", "node", name, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
    yield name
    kubectl("delete", "node", name, "--ignore-not-found")


def first_on(node: str, name: str) -> Json:
    """A task that would rather run on this node, and succeeds anywhere else."""
    wish = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    affinity = {"nodeAffinity": {_PREFERRED: [{"weight": 50, "preference": wish}]}}
    return {
        "name": name,
        "bash": '[ "$SLUICE_ATTEMPT" = 2 ]',
        "tolerations": [{"operator": "Exists"}],
        "podTemplate": {"spec": {"affinity": affinity}},
    }


def runs(kubectl: Kubectl, pod: str) -> None:
    """What the kubelet would say."""
    started = {"startedAt": "2026-01-01T00:00:00Z"}
    container = {"name": "main", "state": {"running": started}, "ready": True, "restartCount": 0}
    container |= {"image": "busybox:1.35", "imageID": ""}
    status = {"phase": "Running", "containerStatuses": [container]}
    kubectl("patch", "pod", pod, "--subresource=status", "-p", json.dumps({"status": status}))


def test_pods_of_a_deleted_node_are_made_again_elsewhere_but_not_while_they_may_still_run(
    kubectl: Kubectl, silent_node: str
) -> None:
    with PodWatch(kubectl) as watch:
        kubectl.apply(workflow("etl", first_on(silent_node, "running"), first_on(silent_node, "deleted")))
        run = kubectl.run_of("etl")

        def placed() -> bool:
            return [pod["spec"].get("nodeName") for pod in kubectl.pods(run)] == [silent_node] * 2

        eventually(placed, "both pods are on the silent node")
        for pod in kubectl.pods(run):
            runs(kubectl, pod["metadata"]["name"])
        eventually(lambda: kubectl.task(run, "deleted").get("phase") == "Running", "the task runs")
        kubectl("delete", "pod", kubectl.task(run, "deleted")["pod"], "--wait=false")
        eventually(
            lambda: kubectl.task(run, "deleted").get("reason", "").startswith("Terminating: "), "its pod terminates"
        )
        assert watch.pods_of_attempts() == {"deleted/1": 1, "running/1": 1}

        kubectl("delete", "node", silent_node)
        tasks = kubectl.finished(run, seconds=180)["status"]["tasks"]
        assert watch.pods_of_attempts() == {"deleted/1": 1, "deleted/2": 1, "running/1": 1, "running/2": 1}
    for task in tasks.values():
        assert (task["phase"], task["retries"]) == ("Succeeded", {"limit": 0, "infrastructure": 1})
    for pod in kubectl.pods(run):
        wishes = pod["spec"]["affinity"]["nodeAffinity"][_PREFERRED]
        elsewhere = {"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": [silent_node]}]}
        assert wishes[1] == {"weight": 100, "preference": elsewhere}
