"""What the installed operator tells of its work: metrics for Prometheus, and a log that programs can read."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.kubernetes import Kubectl, eventually, workflow
from tests.e2e.scrape import Scrape
from tests.install import NAMESPACE, RELEASE


def operator_pod(system: Kubectl) -> str:
    pods = system.list("pods", f"app.kubernetes.io/instance={RELEASE}")
    (name,) = (pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"])
    return str(name)


def scraped(system: Kubectl) -> Scrape:
    pod = f"/api/v1/namespaces/{NAMESPACE}/pods/{operator_pod(system)}"
    return Scrape(system("get", "--raw", f"{pod}:9090/proxy/metrics"))


def counts_the_failed(system: Kubectl, metric: str, resource: str) -> bool:
    found = json.loads(system("get", resource, "--all-namespaces", "--output=json"))["items"]
    failed = sum(each.get("status", {}).get("phase") == "Failed" for each in found)
    return failed > 0 and scraped(system).value(metric, phase="Failed") == failed


def test_the_operator_tells_of_a_run_in_its_metrics_and_its_log(kubectl: Kubectl, system: Kubectl) -> None:
    pool: dict[str, Any] = {"apiVersion": "sluice.dev/v1alpha1", "kind": "Pool", "spec": {"slots": 1}}
    kubectl.apply(pool | {"metadata": {"name": "db"}})
    before = scraped(system)
    turns = {"pools": [{"name": "db"}], "bash": "true"}
    tasks = ({"name": "one", **turns}, {"name": "two", **turns}, {"name": "fails", "bash": "exit 3"})
    run = kubectl.run(workflow("etl", *tasks))["metadata"]["name"]
    after = scraped(system)

    def grown(name: str, **labels: str) -> float:
        return after.value(name, **labels) - before.value(name, **labels)

    assert after.value("sluice_leader") == 1
    assert grown("sluice_api_requests_total", verb="create", resource="pods", code="201") >= 3
    assert grown("sluice_api_request_duration_seconds_count", verb="patch") >= 2
    assert grown("sluice_task_attempts_total", outcome="Success") == 2
    assert grown("sluice_task_attempts_total", outcome="Error") == 1
    assert grown("sluice_task_duration_seconds_count") == 3
    assert grown("sluice_run_duration_seconds_count", phase="Failed") == 1
    assert grown("sluice_wait_seconds_total", reason="pool") > 0
    assert grown("sluice_queue_wait_seconds_count", queue="runs") >= 3
    assert grown("sluice_reconcile_duration_seconds_count", queue="run_status") >= 2
    assert after.value("sluice_pool_slots", namespace=kubectl.namespace, pool="db") == 1
    assert after.value("process_resident_memory_bytes") > 2**20

    for kind in (("sluice_runs", "workflowruns"), ("sluice_workflows", "workflows")):  # older tests' are still going
        eventually(lambda kind=kind: counts_the_failed(system, *kind), f"{kind[0]} is what the API server has")

    lines = [json.loads(line) for line in system("logs", operator_pod(system)).splitlines()]
    about = [line for line in lines if line.get("namespace") == kubectl.namespace and line.get("run") == run]
    assert [line["message"].split(": ")[1] for line in about] == ["Started", "TaskFailed", "Failed"]
    assert [line.get("task") for line in about] == [None, "fails", None]
    assert [line["level"] for line in about] == ["info", "warning", "warning"]
