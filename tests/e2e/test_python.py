"""Workflows written in Python, rendered and run: their pods call the files' own functions, in an image without ours."""

from __future__ import annotations

import json

from sluice.importers.report import Imported
from sluice.importers.write import to_yaml
from sluice.sdk.load import render_file
from tests.e2e.kubernetes import EXAMPLES, Json, Kubectl


def apply(kubectl: Kubectl, name: str) -> None:
    kubectl.apply(to_yaml([Imported(each) for each in render_file(EXAMPLES / "python" / f"{name}.py")]))


def phases(run: Json) -> dict[str, str]:
    return {name: task["phase"] for name, task in run["status"]["tasks"].items()}


def test_values_and_fan_outs_of_a_scheduled_workflow_run_by_hand(kubectl: Kubectl) -> None:
    apply(kubectl, "etl")
    kubectl.apply(
        json.dumps(
            {
                "apiVersion": "sluice.dev/v1alpha1",
                "kind": "WorkflowRun",
                "metadata": {"name": "by-hand"},
                "spec": {"workflow": "etl", "arguments": {"day": "2026-03-01"}},
            }
        )
    )
    run = kubectl.finished("by-hand")
    assert run["status"]["phase"] == "Succeeded", run["status"]
    assert phases(run) == dict.fromkeys(("extract", "clean", "load", "total", "report", "tidy"), "Succeeded")
    assert json.loads(run["status"]["tasks"]["total"]["outputs"]) == {"value": 18}
    assert sorted(kubectl.log("by-hand", "load").splitlines()) == [f"{n} rows of 01.03.2026" for n in (4, 5, 6)]
    assert kubectl.log("by-hand", "report").strip() == "done for 2026-03-01"


def test_processes_order_and_conditions(kubectl: Kubectl) -> None:
    apply(kubectl, "parallel")
    run = kubectl.finished(kubectl.run_of("parallel"))
    name = run["metadata"]["name"]
    assert run["status"]["phase"] == "Succeeded", run["status"]
    succeeded = dict.fromkeys(("square", "count", "summary", "goodbye"), "Succeeded")
    assert phases(run) == succeeded | {"full": "Skipped"}
    logs = {task: kubectl.log(name, task).strip() for task in ("square", "summary", "goodbye")}
    assert logs == {"square": "[2, 4, 6, 8, 10]", "summary": "55 and 3", "goodbye": "bye"}
