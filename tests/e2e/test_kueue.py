"""A task in a queue of Kueue's. The test does to its pods what Kueue does: gates, admits and preempts them."""

from __future__ import annotations

import json

from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow

GATES = {"schedulingGates": [{"name": "kueue.x-k8s.io/admission"}]}
PREEMPTED = {"type": "TerminationTarget", "status": "True", "reason": "StoppedByKueue", "message": "for a higher one"}


def test_task_waits_in_its_queue_and_is_made_again_when_it_is_preempted(kubectl: Kubectl) -> None:
    task = {"name": "a", "command": ["true"], "queueName": "batch", "pendingTimeout": "20s"}
    kubectl.apply(workflow("etl", task | {"podTemplate": {"spec": GATES}}))
    run = kubectl.run_of("etl")

    def queued(attempt: int) -> Json:
        def found() -> Json | None:
            entry = kubectl.task(run, "a")
            says = entry.get("reason") == "Queued: in Kueue's queue batch"
            return kubectl.get("pod", entry["pod"]) if says and entry["attempt"] == attempt else None

        return eventually(found, f"attempt {attempt} says that it is queued")

    first = queued(1)
    assert first["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "batch"
    name = first["metadata"]["name"]
    change = json.dumps({"status": {"conditions": [PREEMPTED]}})
    kubectl("patch", "pod", name, "--subresource=status", "--type=strategic", "-p", change)
    kubectl("delete", "pod", name)

    second = queued(2)["metadata"]["name"]
    kubectl.patch("pod", second, {"spec": {"schedulingGates": None}})
    entry = kubectl.finished(run)["status"]["tasks"]["a"]
    assert (entry["phase"], entry["attempt"], entry.get("retries")) == ("Succeeded", 2, None)
