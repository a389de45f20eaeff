"""Whatever happens between the operator and the API server: each attempt's pod is made once, and the run ends right."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.controller.proxy import Act, Fault, Proxy, cut, expire, hang, ignore, lose, refuse, swallow
from tests.e2e.host import PROGRAM, TAKEN_OVER, HostOperator
from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow

Start = Callable[..., HostOperator]

PODS = r"/pods$"
RUNS = r"/workflowruns$"
REVISIONS = r"/controllerrevisions$"
RUN_STATUS = r"/workflowruns/[^/]+/status$"
WORKFLOW_STATUS = r"/workflows/[^/]+/status$"
WATCH_PODS = r"/pods\?.*watch=(?!.*sendInitialEvents)"
WATCH_OURS = r"/workflow(run)?s\?.*watch=(?!.*sendInitialEvents)"

BUSY, BROKEN = refuse(429, "TooManyRequests"), refuse(500, "InternalError")
CONFLICT = refuse(409, "Conflict")

FOR_GOOD = 1_000_000

GRAPH = {"a": "", "b": "", "c": "", "d": "ab", "e": "bc", "f": "de"}


def etl(graph: dict[str, str], **fields: Any) -> Json:
    """A Workflow of tasks that the proxy runs: no node takes them."""
    common = {"nodeSelector": {"example.com/nowhere": "true"}, **fields}
    return workflow("etl", *({"name": name, "dependsOn": list(before), **common} for name, before in graph.items()))


def each_was_made_once(proxy: Proxy) -> bool:
    """Of the graph's pods. One may have run, and its run may have ended, before the answer to its POST comes by."""
    eventually(lambda: proxy.created.total() >= len(GRAPH), "the POSTs of all pods are answered")
    return set(proxy.created.values()) == {1} and len(proxy.created) == len(GRAPH)


def deaf() -> Fault:
    """The first watch for pods says nothing, so that a pod is known by the answer to its POST or not at all."""
    return Fault(ignore, "GET", WATCH_PODS)


@pytest.fixture
def operator(kubectl: Kubectl, tmp_path: Path) -> Iterator[Start]:
    """Starts an operator that knows the API server by the proxy only."""
    started: list[HostOperator] = []

    def start(proxy: Proxy, program: Sequence[str] = PROGRAM, **settings: str) -> HostOperator:
        config = proxy.kubeconfig(tmp_path / "kubeconfig")
        started.append(HostOperator(config, kubectl.namespace, "only", tmp_path / "log", program))
        started[-1].settings |= settings
        started[-1].start()
        return started[-1]

    yield start
    for each in started:
        each.end()
        print(each.log)  # noqa: T201  # pytest shows it if the test has failed


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([Fault(BROKEN, "POST", PODS, times=3)], id="500 for pods"),
        pytest.param([Fault(BUSY, "POST", PODS, times=3)], id="429 for pods"),
        pytest.param([Fault(lose, "POST", PODS, times=3)], id="pods that were never asked for"),
        pytest.param([Fault(swallow, "POST", PODS, times=3)], id="pods that were made, and nobody said so"),
        pytest.param([Fault(swallow, "POST", RUNS)], id="a run that was made, and nobody said so"),
        pytest.param([Fault(swallow, "POST", REVISIONS)], id="a revision that was made, and nobody said so"),
        pytest.param([Fault(CONFLICT, "PATCH", RUN_STATUS, times=2)], id="409 for a run's status"),
        pytest.param([Fault(BUSY, "PATCH", RUN_STATUS, times=2)], id="429 for a run's status"),
        pytest.param([Fault(swallow, "PATCH", RUN_STATUS, times=2)], id="a run's status that was written unanswered"),
        pytest.param([Fault(CONFLICT, "PATCH", WORKFLOW_STATUS)], id="409 for a Workflow's status"),
        pytest.param([Fault(swallow, "PATCH", WORKFLOW_STATUS)], id="a Workflow's status that was written unanswered"),
        pytest.param([Fault(cut(events=4), "GET", WATCH_PODS, times=3)], id="a cut watch for pods"),
        pytest.param([Fault(cut(events=1), "GET", WATCH_OURS, times=3)], id="a cut watch for our kinds"),
        pytest.param([Fault(cut(events=4), "GET", WATCH_PODS), Fault(expire, "GET", WATCH_PODS)], id="410 for pods"),
        pytest.param([Fault(expire, "GET", WATCH_OURS, times=2)], id="410 for our kinds"),
    ],
)
def test_each_pod_is_made_once_and_the_run_succeeds(
    kubectl: Kubectl, api_server: str, operator: Start, faults: list[Fault]
) -> None:
    with Proxy(api_server, kubectl.namespace, *faults) as proxy:
        operator(proxy)
        run = kubectl.run(etl(GRAPH), seconds=180)
        assert proxy.pending == []
        assert each_was_made_once(proxy)

    assert (run["status"]["phase"], run["status"]["progress"]) == ("Succeeded", "6/6")
    assert {(task["attempt"], task.get("retries") is None) for task in run["status"]["tasks"].values()} == {(1, True)}
    assert {pod["metadata"]["name"] for pod in kubectl.list("pods")} == proxy.created.keys()
    assert len(kubectl.list("workflowruns")) == len(kubectl.list("controllerrevisions")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(BUSY, "POST", RUNS, times=5), id="429"),
        pytest.param(Fault(lose, "POST", RUNS, times=5), id="never asked for"),
        pytest.param(Fault(swallow, "POST", RUNS, times=5), id="made, and nobody said so"),
    ],
)
def test_each_child_run_is_made_once_and_succeeds(
    kubectl: Kubectl, api_server: str, operator: Start, fault: Fault
) -> None:
    with Proxy(api_server, kubectl.namespace, fault) as proxy:
        operator(proxy)
        kubectl.apply(etl({"a": ""}) | {"metadata": {"name": "inner"}})
        eventually(lambda: kubectl.list("workflowruns"), "the inner Workflow has had its own run")
        calls = ({"name": name, "workflow": {"name": "inner"}} for name in "abcd")
        run = kubectl.run(workflow("outer", *calls), seconds=60)
        assert proxy.pending == []

    assert (run["status"]["phase"], run["status"]["progress"]) == ("Succeeded", "4/4")
    assert {task["attempt"] for task in run["status"]["tasks"].values()} == {1}
    assert len(kubectl.list("workflowruns")) == 6


def test_what_somebody_else_wrote_into_the_status_does_not_stay(
    kubectl: Kubectl, api_server: str, operator: Start
) -> None:
    """As a late request of a dead leader does."""
    with Proxy(api_server, kubectl.namespace) as proxy:
        operator(proxy)
        kubectl.apply(workflow("gated", {"name": "gate", "approval": {}}))
        name = kubectl.run_of("gated")
        eventually(lambda: kubectl.task(name, "gate"), "its status is written")
        by_hand = {"status": {"tasks": {"gate": {"retryAt": "2026-01-01T00:00:00Z"}}}}
        kubectl("patch", "workflowrun", name, "--subresource=status", "--type=merge", "-p", json.dumps(by_hand))
        kubectl.decide(name, "gate", "Approve")
        run = kubectl.finished(name)
    assert run["status"]["phase"] == "Succeeded"
    assert "retryAt" not in run["status"]["tasks"]["gate"]


def test_an_operator_killed_while_it_waits_for_answers_finds_its_pods_again(
    kubectl: Kubectl, api_server: str, operator: Start
) -> None:
    with Proxy(api_server, kubectl.namespace, Fault(hang, "POST", PODS, times=3), deaf()) as proxy:
        mortal = operator(proxy)
        kubectl.apply(etl(GRAPH))
        eventually(lambda: len(proxy.created) == 3, "three pods are made, and the operator does not know")
        mortal.kill()
        mortal.start()
        status = kubectl.finished(kubectl.run_of("etl"), seconds=180)["status"]
        assert each_was_made_once(proxy)
    assert status["phase"] == "Succeeded"
    assert {task["attempt"] for task in status["tasks"].values()} == {1}


@pytest.mark.parametrize(
    ("fault", "pods", "phase"),
    [
        pytest.param(hang, 1, "Succeeded", id="the pod was made"),
        pytest.param(ignore, 0, "Failed", id="the pod was not made"),  # who knows? So it counts as made, and lost
    ],
)
def test_at_most_once_is_recorded_before_the_pod_is_asked_for(
    kubectl: Kubectl, api_server: str, operator: Start, fault: Act, pods: int, phase: str
) -> None:
    with Proxy(api_server, kubectl.namespace, Fault(fault, "POST", PODS), deaf()) as proxy:
        mortal = operator(proxy)
        kubectl.apply(etl({"a": ""}, retries={"execution": "AtMostOnce"}))
        eventually(lambda: proxy.pending == [] and proxy.created.total() == pods, "the pod is asked for")
        run = kubectl.run_of("etl")
        assert kubectl.task(run, "a")["attempt"] == 1
        mortal.kill()
        mortal.start()
        status = kubectl.finished(run, seconds=180)["status"]
        assert proxy.created.total() == pods
    assert (status["phase"], status["tasks"]["a"]["attempt"]) == (phase, 1)


def test_an_api_server_that_is_away_for_longer_than_the_lease_costs_no_task(
    kubectl: Kubectl, api_server: str, operator: Start
) -> None:
    with Proxy(api_server, kubectl.namespace) as proxy:
        patient = operator(proxy, **TAKEN_OVER)
        patient.leading()
        proxy.inflict(Fault(lose, ".*", "", times=FOR_GOOD))
        kubectl.apply(etl(GRAPH))
        assert patient.exit_code() == 1  # it may not act without its Lease
        proxy.inflict()
        patient.start()
        status = kubectl.finished(kubectl.run_of("etl"), seconds=180)["status"]
        assert each_was_made_once(proxy)
    assert status["phase"] == "Succeeded"


SLOW_TO_DECIDE = """
import time
from sluice.controller import main
from sluice.controller.run import reconciler

def decide(*said, decide=reconciler.decide):
    reconciler.decide = decide
    until = time.monotonic() + 8
    while time.monotonic() < until:
        pass
    return decide(*said)

reconciler.decide = decide
main.main()
"""


def test_a_piece_of_work_longer_than_the_lease_does_not_cost_it(
    kubectl: Kubectl, api_server: str, operator: Start
) -> None:
    with Proxy(api_server, kubectl.namespace) as proxy:
        slow = operator(proxy, program=(sys.executable, "-c", SLOW_TO_DECIDE), **TAKEN_OVER)
        assert kubectl.run(etl({"a": ""}), seconds=60)["status"]["phase"] == "Succeeded"
        assert not slow.ended


def test_no_pod_is_looked_at_before_the_pools_are_known(kubectl: Kubectl, api_server: str, operator: Start) -> None:
    """What a pod holds whose run is not open yet is bounded by its Pools; of a Pool that is not known it held nothing,
    and another run took the slot.
    """
    pools = Fault(ignore, "GET", r"/pools\?.*(limit=|sendInitialEvents)", times=2)
    pods = Fault(lose, "GET", r"/pods\?.*sendInitialEvents")
    with Proxy(api_server, kubectl.namespace, pools, pods) as proxy:
        operator(proxy).leading()
        eventually(lambda: pools not in proxy.pending, "the Pools are asked for, by kopf too")
        assert pods in proxy.pending


def test_a_pod_that_vanishes_while_nobody_watches_is_missed(kubectl: Kubectl, api_server: str, operator: Start) -> None:
    with Proxy(api_server, kubectl.namespace, pods_run=False) as proxy:
        operator(proxy)
        kubectl.apply(etl({"a": ""}))
        run = kubectl.run_of("etl")
        pod = eventually(lambda: kubectl.task(run, "a").get("pod"), "the task has a pod")
        proxy.inflict(Fault(lose, "GET", WATCH_PODS, times=FOR_GOOD))
        proxy.hang_up(WATCH_PODS)
        kubectl("delete", "pod", pod)
        proxy.inflict(Fault(expire, "GET", WATCH_PODS))
        eventually(lambda: proxy.created.total() == 2, "the task has another pod")
        eventually(lambda: kubectl.task(run, "a").get("attempt") == 2, "the status says so")
    assert kubectl.task(run, "a")["retries"] == {"limit": 0, "infrastructure": 1}
