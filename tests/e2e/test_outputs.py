"""What a task hands on, and what becomes of one that does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow


def extract(bash: str, **fields: Any) -> Json:
    return {"name": "extract", "outputs": ["files"], "bash": bash, **fields}


@pytest.mark.parametrize(
    ("bash", "message"),
    [
        pytest.param(
            "echo file=x > $SLUICE_OUTPUTS",
            "cannot read its outputs, 7 bytes in $SLUICE_OUTPUTS: line 1: 'file' is not among the task's `outputs`; "
            "declare it, or do not write it; a value of several lines is written as JSON, or between the lines "
            "key<<EOF and EOF",
            id="a missing key",
        ),
        pytest.param(
            """awk 'BEGIN {printf "{\\"files\\": \\""; for (i = 0; i < 5000; i++) printf "x"; print "\\"}"}' """
            "> $SLUICE_OUTPUTS",
            "outputs too large: Kubernetes has cut $SLUICE_OUTPUTS at 4096 bytes; set outputsFrom: Log",
            id="too large",
        ),
    ],
)
def test_outputs_that_cannot_be_used_are_the_tasks_error(kubectl: Kubectl, bash: str, message: str) -> None:
    load = {"name": "load", "command": ["echo", "$(tasks.extract.outputs.files)"]}
    run = kubectl.run(workflow("etl", extract(bash, retries={"limit": 1, "backoff": {"initial": "1s"}}), load))
    task = run["status"]["tasks"]["extract"]
    assert (task["phase"], task["attempt"], task["exitCode"]) == ("Failed", 2, 0)
    assert (task["reason"], task["message"]) == ("Error: 1 of 1 retries used", message)
    assert run["status"]["message"] == f"task extract failed: {message}"
    assert run["status"]["tasks"]["load"]["reason"] == "UpstreamFailed: extract"


NUMBERS = """
import json
print("::outputs::" + json.dumps({"numbers": list(range(5000))}))
"""
COUNT: Json = {
    "name": "count",
    "image": "python:3.13-slim",
    "outputs": ["numbers"],
    "outputsFrom": "Log",
    "python": NUMBERS,
}
GATE: Json = {"name": "gate", "dependsOn": ["count"], "bash": "until [ -e /tmp/go ]; do sleep 0.2; done"}
SUM: Json = {
    "name": "sum",
    "image": "python:3.13-slim",
    "dependsOn": ["gate"],
    "env": [{"name": "NUMBERS", "value": "$(tasks.count.outputs.numbers)"}],
    "python": "import json, os; print(sum(json.loads(os.environ['NUMBERS'])))",
}


def at_the_gate(kubectl: Kubectl) -> str:
    """The run, once its large outputs are recorded and the next task holds it up."""
    kubectl.apply(workflow("etl", COUNT, GATE, SUM))
    run = kubectl.run_of("etl")
    eventually(lambda: kubectl.task(run, "count").get("phase") == "Succeeded", "count has succeeded", 60)
    eventually(lambda: kubectl.task(run, "gate").get("phase") == "Running", "the gate is closed", 60)
    return run


def open_gate(kubectl: Kubectl, run: str) -> None:
    kubectl.let_go(kubectl.task(run, "gate")["pod"])


def test_large_outputs_are_in_a_config_map_and_survive_a_restart(
    bare: Kubectl, operator: Callable[[str], HostOperator]
) -> None:
    mortal = operator("mortal")
    run = at_the_gate(bare)
    assert bare.task(run, "count")["outputsIn"] == "ConfigMap"
    name = bare.get("workflowrun", run)["status"]["outputsConfigMap"]
    assert json.loads(bare.get("configmap", name)["data"]["count"]) == {"numbers": list(range(5000))}
    mortal.kill()
    bare("delete", "pod", "-l", "sluice.dev/task=count")
    mortal.start()
    open_gate(bare, run)
    assert bare.finished(run)["status"]["phase"] == "Succeeded"
    assert bare.log(run, "sum").strip() == "12497500"
    bare("delete", "workflow", "etl")
    eventually(
        lambda: not bare.list("configmaps", "sluice.dev/workflow=etl"), "the ConfigMap has gone with its run", 60
    )


def test_outputs_that_a_person_has_deleted_are_missed_by_name(
    bare: Kubectl, operator: Callable[[str], HostOperator]
) -> None:
    mortal = operator("mortal")
    run = at_the_gate(bare)
    mortal.kill()
    name = bare.get("workflowrun", run)["status"]["outputsConfigMap"]
    bare("delete", "configmap", name)
    mortal.start()
    open_gate(bare, run)
    task = bare.finished(run)["status"]["tasks"]["sum"]
    assert (task["phase"], task["reason"]) == ("Failed", "GaveUp")
    assert task["message"] == f"Invalid: the outputs of count are gone: ConfigMap {name} was deleted or changed"
