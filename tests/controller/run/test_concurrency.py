"""Runs of one Workflow take turns, also when the operator is killed. Pods start and end when the test says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.controller.proxy import Proxy
from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, by_hand, eventually, workflow

STARTED, ENDED = "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"
RUNNING = {"running": {"startedAt": STARTED}}
SUCCEEDED = {"terminated": {"exitCode": 0, "startedAt": STARTED, "finishedAt": ENDED}}


@pytest.fixture
def operator(kubectl: Kubectl, api_server: str, tmp_path: Path) -> Iterator[HostOperator]:
    with Proxy(api_server, kubectl.namespace, pods_run=False) as proxy:
        config = proxy.kubeconfig(tmp_path / "kubeconfig")
        started = HostOperator(config, kubectl.namespace, "only", tmp_path / "log")
        started.start()
        yield started
        started.end()
    print(started.log)  # noqa: T201  # pytest shows it if the test has failed


def becomes(kubectl: Kubectl, run: str, phase: str) -> None:
    """What a kubelet says of the run's pod."""
    (pod,) = eventually(lambda: kubectl.pods(run), f"{run} has a pod")
    state = RUNNING if phase == "Running" else SUCCEEDED
    container = {"name": "main", "image": "", "imageID": "", "ready": False, "restartCount": 0, "state": state}
    status = json.dumps({"status": {"phase": phase, "containerStatuses": [container]}})
    kubectl("patch", "pod", pod["metadata"]["name"], "--subresource=status", "--type=merge", "-p", status)


def says(kubectl: Kubectl, run: str, words: str) -> None:
    eventually(
        lambda: kubectl.get("workflowrun", run).get("status", {}).get("message") == words, f"{run} says: {words}"
    )


def phase(kubectl: Kubectl, run: str) -> str:
    return str(kubectl.get("workflowrun", run).get("status", {}).get("phase"))


def changed(kubectl: Kubectl, version: str, **spec: Any) -> str:
    """The run of a Workflow that has another version now."""
    kubectl.apply(workflow("etl", {"name": "work", "env": [{"name": "VERSION", "value": version}]}, **spec))
    label = f"sluice.dev/generation={kubectl.get('workflow', 'etl')['metadata']['generation']}"
    (run,) = eventually(lambda: kubectl.list("workflowruns", label), f"version {version} has a run")
    return str(run["metadata"]["name"])


def test_changes_of_a_workflow_are_run_one_at_a_time_the_newest_only(kubectl: Kubectl, operator: HostOperator) -> None:
    operator.leading()
    first = changed(kubectl, "1")
    eventually(lambda: kubectl.pods(first), "the first has a pod, and no container has started")
    second = changed(kubectl, "2")
    says(kubectl, first, f"replaced by run {second}")
    assert kubectl.finished(first)["status"]["replacedBy"] == second
    becomes(kubectl, second, "Running")
    eventually(lambda: kubectl.task(second, "work").get("phase") == "Running", "the status says so")
    third = changed(kubectl, "3")
    says(kubectl, third, f"Queued: 1/1 runs of etl are going ({second})")
    fourth = changed(kubectl, "4")
    assert kubectl.finished(third)["status"]["message"] == f"replaced by run {fourth}"

    assert kubectl.pods(fourth) == []
    becomes(kubectl, second, "Succeeded")
    assert kubectl.finished(second)["status"]["phase"] == "Succeeded"
    becomes(kubectl, fourth, "Succeeded")
    status = kubectl.finished(fourth)["status"]
    assert (status["phase"], status.get("message")) == ("Succeeded", None)
    assert kubectl.pods(third) == []


def test_a_change_resumes_from_the_last_run_that_has_started(kubectl: Kubectl, operator: HostOperator) -> None:
    operator.leading()
    first = changed(kubectl, "1", onChange={"reuse": "Unchanged"})
    becomes(kubectl, first, "Running")
    eventually(lambda: kubectl.task(first, "work").get("phase") == "Running", "the status says so")
    second = changed(kubectl, "2", onChange={"reuse": "Unchanged"})
    says(kubectl, second, f"Queued: 1/1 runs of etl are going ({first})")
    third = changed(kubectl, "3", onChange={"reuse": "Unchanged"})
    assert kubectl.finished(second)["status"]["message"] == f"replaced by run {third}"
    assert kubectl.get("workflowrun", third)["spec"]["resumeFrom"] == {"run": first}


def test_a_queue_survives_the_operator(kubectl: Kubectl, operator: HostOperator) -> None:
    kubectl.apply(workflow("etl", {"name": "work"}, trigger="Manual", concurrency={"policy": "Queue"}))
    kubectl.apply(by_hand("b", "etl"))
    eventually(lambda: phase(kubectl, "b") == "Running", "b goes")
    kubectl.apply(by_hand("a", "etl"))  # its name comes first, and it came second
    says(kubectl, "a", "Queued: 1/1 runs of etl are going (b)")
    operator.kill()
    operator.start()
    kubectl.apply(by_hand("c", "etl"))
    says(kubectl, "c", "Queued: 1/1 runs of etl are going (b), 1 before this one")
    becomes(kubectl, "b", "Succeeded")
    says(kubectl, "c", "Queued: 1/1 runs of etl are going (a)")
    assert kubectl.pods("c") == []
    for run in ("a", "c"):
        becomes(kubectl, run, "Succeeded")
        assert kubectl.finished(run)["status"]["phase"] == "Succeeded"


def test_a_called_run_that_is_turned_away_fails_its_task(kubectl: Kubectl, operator: HostOperator) -> None:
    """At once under Forbid, and under Replace when another run comes."""
    operator.leading()
    calls = workflow("etl", {"name": "call", "workflow": {"name": "load"}}, trigger="Manual")
    load = workflow("load", {"name": "work"}, trigger="Manual", concurrency={"policy": "Forbid"})
    kubectl.apply(load)
    kubectl.apply(calls)
    kubectl.apply(by_hand("first", "load"))
    eventually(lambda: phase(kubectl, "first") == "Running", "the first goes")
    kubectl.apply(by_hand("etl-1", "etl"))
    status = kubectl.finished("etl-1")["status"]
    assert status["phase"] == "Failed"
    assert "was turned away: Forbid: " in status["message"]

    becomes(kubectl, "first", "Succeeded")
    kubectl.finished("first")
    kubectl.apply(load | {"spec": load["spec"] | {"concurrency": {"policy": "Replace"}}})
    kubectl.apply(by_hand("etl-2", "etl"))
    called = eventually(lambda: kubectl.task("etl-2", "call").get("run"), "etl calls")
    eventually(lambda: phase(kubectl, called) == "Running", "what it calls goes")
    kubectl.apply(by_hand("second", "load"))
    assert kubectl.finished("etl-2")["status"]["message"] == (
        f"task call failed: run {called} was turned away: replaced by run second"
    )
