"""Nothing hangs and nothing is left, with or without the operator: no finalizers, and owner references clean up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, KubectlError, eventually, workflow

Start = Callable[[str], HostOperator]

OURS = ("workflows", "workflowruns", "pods", "controllerrevisions")

LONG = workflow(
    "etl",
    {"name": "work", "bash": "trap 'exit 0' TERM; echo ready; sleep 300 & wait"},
    {"name": "next", "dependsOn": ["work"], "bash": "true"},
)


def under_way(kubectl: Kubectl) -> None:
    """A run of LONG whose first task runs."""
    kubectl.apply(LONG)
    run = kubectl.run_of("etl")
    eventually(lambda: "ready" in kubectl.log(run, "work"), "the first task runs")


def left(kubectl: Kubectl) -> list[str]:
    return [f"{found['kind']}/{found['metadata']['name']}" for kind in OURS for found in kubectl.list(kind)]


@pytest.mark.parametrize("cascade", ["foreground", "background"])
def test_without_the_operator_a_deleted_workflow_leaves_nothing(bare: Kubectl, operator: Start, cascade: str) -> None:
    mortal = operator("mortal")
    under_way(bare)
    assert {name.split("/")[0] for name in left(bare)} == {"Workflow", "WorkflowRun", "Pod", "ControllerRevision"}
    mortal.kill()
    bare("delete", "workflow", "etl", f"--cascade={cascade}", "--timeout=180s")
    eventually(lambda: not left(bare), "nothing is left", 180)


def test_a_namespace_can_go_in_the_middle_of_a_run(bare: Kubectl, operator: Start) -> None:
    alive = operator("alive")
    elsewhere = Kubectl(bare.cluster, f"{bare.namespace}-going")
    elsewhere("create", "namespace", elsewhere.namespace)
    under_way(elsewhere)
    elsewhere("delete", "namespace", elsewhere.namespace, "--timeout=180s")
    with pytest.raises(KubectlError, match="NotFound"):
        elsewhere("get", "namespace", elsewhere.namespace)

    run = bare.run(workflow("etl", {"name": "work", "bash": "true"}))  # and life goes on
    assert run["status"]["phase"] == "Succeeded"
    assert "Traceback" not in alive.log
    assert [line for line in alive.log.splitlines() if elsewhere.namespace in line and "trying again" in line] == []
