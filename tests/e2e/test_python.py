"""Workflows written in Python do on the cluster what they do here: the same ends and the same values, task by task.

Their pods call the files' own functions, in an image without ours.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from sluice.sdk.load import load_file
from sluice.sdk.local import Run
from tests.e2e.kubernetes import EXAMPLES, Json, Kubectl, eventually
from tests.e2e.terminal import Sluice


def example(name: str) -> Any:
    return getattr(load_file(EXAMPLES / "python" / f"{name}.py"), name)


def run_file(kubectl: Kubectl, name: str, *options: str) -> str:
    """Starts a run of the file's workflow; its name."""
    said = Sluice(kubectl)("run", str(EXAMPLES / "python" / f"{name}.py"), *options)
    assert said.code == 0, said.errors
    return said.text.split("workflowrun/")[-1].split()[0]


def same(run: Json, here: Run) -> None:
    """Compares how a run has ended with how it ended here."""
    tasks = run["status"]["tasks"]
    ends = {name: task["phase"] for name, task in tasks.items()}
    assert ends == {name: task.phase for name, task in here.tasks.items()}, here
    values = {name: json.loads(task["outputs"]) for name, task in tasks.items() if "outputs" in task}
    assert values == {name: dict(task.outputs) for name, task in here.tasks.items() if task.outputs}
    assert run["status"]["phase"] == here.phase


def test_values_and_fan_outs_of_a_scheduled_workflow_run_by_hand(kubectl: Kubectl) -> None:
    run = kubectl.finished(run_file(kubectl, "etl", "-p", "day=2026-03-01", "--name", "by-hand"))
    here = example("etl").local(day=date(2026, 3, 1))
    assert (here.phase, here.tasks["total"].value) == ("Succeeded", 18)
    same(run, here)
    assert sorted(kubectl.log("by-hand", "load").splitlines()) == [f"{n} rows of 01.03.2026" for n in (4, 5, 6)]
    assert kubectl.log("by-hand", "report").strip() == "done for 2026-03-01"


def test_processes_order_and_conditions(kubectl: Kubectl) -> None:
    name = run_file(kubectl, "parallel")
    same(kubectl.finished(name), example("parallel").local())
    logs = {task: kubectl.log(name, task).strip() for task in ("square", "summary", "goodbye")}
    assert logs == {"square": "[2, 4, 6, 8, 10]", "summary": "55 and 3", "goodbye": "bye"}


@pytest.mark.parametrize("answer", ["Approve", "Reject"])
def test_branches_called_workflows_failing_items_and_answers(kubectl: Kubectl, answer: Any) -> None:
    kubectl.apply("{apiVersion: sluice.dev/v1alpha1, kind: Pool, metadata: {name: database}, spec: {slots: 1}}")
    name = run_file(kubectl, "release", "-p", "file=data.json")
    eventually(lambda: kubectl.task(name, "go").get("reason", "").startswith("Approval"), "it asks")
    sluice = Sluice(kubectl)
    assert sluice("approve", f"{name}/go", *(["--reject"] if answer == "Reject" else [])).code == 0
    here = example("release").locally({"go": answer}).local("data.json")
    assert here.phase == ("Succeeded" if answer == "Approve" else "Failed")
    same(kubectl.finished(name), here)
