"""One object never stops the others: tried on a real API server, as somebody who may write Workflows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controller.proxy import Proxy
from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, by_hand, eventually, workflow

LEVELS = 1_100


@pytest.fixture
def operator(kubectl: Kubectl, api_server: str, tmp_path: Path) -> Iterator[HostOperator]:
    with Proxy(api_server, kubectl.namespace, pods_run=False) as proxy:
        started = HostOperator(proxy.kubeconfig(tmp_path / "kubeconfig"), kubectl.namespace, "only", tmp_path / "log")
        yield started
        started.end()
    print(started.log)  # noqa: T201  # pytest shows it if the test has failed


def deep(name: str) -> str:
    """As text, since Python's `json` does not write it either."""
    nested = '{"a":' * LEVELS + "1" + "}" * LEVELS
    return (
        f'{{"apiVersion":"sluice.dev/v1alpha1","kind":"Workflow","metadata":{{"name":"{name}"}},'
        f'"spec":{{"tasks":[{{"name":"a","image":"busybox","podTemplate":{{"spec":{nested}}}}}]}}}}'
    )


def test_a_workflow_that_is_nested_too_deeply_stops_neither_the_list_nor_the_watch(
    kubectl: Kubectl, operator: HostOperator
) -> None:
    kubectl("create", "-f", "-", stdin=deep("before"))
    kubectl.apply(workflow("first", {"name": "a"}))
    operator.start()
    operator.leading()
    kubectl.run_of("first")
    kubectl("create", "-f", "-", stdin=deep("meanwhile"))
    kubectl.apply(workflow("second", {"name": "a"}))
    kubectl.run_of("second")
    eventually(lambda: f"{kubectl.namespace}/meanwhile cannot be read" in operator.log, "it is said")
    assert f"{kubectl.namespace}/before cannot be read" in operator.log
    assert "Traceback" not in operator.log


def test_a_value_that_is_written_a_thousand_times_and_a_pod_that_is_long_on_the_wire_stop_nobody(
    kubectl: Kubectl, operator: HostOperator
) -> None:
    """The API server writes each `<` with six characters, and the restarted operator lists that pod first."""
    operator.start()
    operator.leading()
    often = {"containers": [{"name": "main", "env": [{"name": "A", "value": "$(params.x)" * 9_000}]}]}
    parameters = [{"name": "x", "default": "<" * 60_000}]
    bomb = workflow("bomb", {"name": "a", "podTemplate": {"spec": often}}, parameters=parameters)
    long = workflow("long", {"name": "a", "args": ["$(params.x)"] * 22}, parameters=parameters)
    call = {"name": "a", "workflow": {"name": "second", "arguments": {"x": "$(params.x)" * 100}}}
    asked = by_hand("asked", "second", arguments={"k" * 40_000: "1"})
    ask = {"name": "a", "approval": {"message": "$(params.x)" * 93}}
    calls, asks = (workflow(name, task, parameters=parameters) for name, task in (("calls", call), ("asks", ask)))
    for manifest in (bomb, long, calls, asks, asked):
        kubectl("create", "-f", "-", stdin=json.dumps(manifest))
    task = kubectl.finished(kubectl.run_of("bomb"))["status"]["tasks"]["a"]
    assert (task["phase"], task["reason"]) == ("Failed", "GaveUp")
    assert "TooLarge: its placeholders stand for more than 4 MiB in all" in task["message"]
    task = kubectl.finished(kubectl.run_of("calls"))["status"]["tasks"]["a"]
    assert "TooLarge: its placeholders stand for more than 4 MiB in all" in task["message"]
    run = kubectl.run_of("asks")
    eventually(lambda: "more than 4 MiB" in kubectl.task(run, "a")["message"], "the question is left out")
    eventually(lambda: kubectl.pods(kubectl.run_of("long")), "the long pod is made")
    operator.kill()
    operator.start()
    kubectl.apply(workflow("second", {"name": "a"}))
    eventually(lambda: kubectl.pods(kubectl.run_of("second")), "the others go on")
    assert kubectl.finished("asked")["status"]["message"].startswith("spec.arguments.kkk")
    assert "Traceback" not in operator.log
