"""Nothing hangs and nothing is left, with or without the operator: no finalizers, and owner references clean up."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, KubectlError, eventually, workflow
from tests.e2e.watch import PodWatch, Watch

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
    bare("delete", "workflow", "etl", f"--cascade={cascade}", "--timeout=300s")
    eventually(lambda: not left(bare), "nothing is left", 180)


def test_a_renamed_workflow_goes_with_its_runs_and_nothing_is_made_again(bare: Kubectl, operator: Start) -> None:
    alive = operator("alive")

    def sync(name: str) -> None:
        """As a GitOps tool does: apply what is in Git, and delete what was and is no more."""
        manifest = LONG | {"metadata": {"name": name, "labels": {"app": "jobs"}}}
        prune = ("--prune", "--selector=app=jobs", "--prune-allowlist=sluice.dev/v1alpha1/Workflow")
        bare("apply", "-f", "-", *prune, stdin=json.dumps(manifest))
        eventually(lambda: "ready" in bare.log(bare.run_of(name), "work"), f"the first task of {name} runs")

    with Watch(bare, "workflowruns", ".metadata.uid") as runs, PodWatch(bare) as pods:
        sync("etl")
        sync("renamed")
        eventually(lambda: {name.split("/")[1].split("-")[0] for name in left(bare)} == {"renamed"}, "etl is gone", 180)
        bare("delete", "workflow", "renamed", "--cascade=foreground", "--timeout=300s")
        eventually(lambda: not left(bare), "nothing is left", 180)
        made = workflow("after", {"name": "after", "bash": "true"})
        assert bare.run(made)["status"]["phase"] == "Succeeded"  # the operator has had its turn by now
        assert len(set(runs.seen)) == 3
        assert len({uid for uid, task, _ in pods.seen if task != "after"}) == 2
    assert "Traceback" not in alive.log


def test_a_namespace_can_go_in_the_middle_of_a_run(bare: Kubectl, operator: Start) -> None:
    alive = operator("alive")
    elsewhere = Kubectl(bare.cluster, f"{bare.namespace}-going")
    elsewhere("create", "namespace", elsewhere.namespace)
    under_way(elsewhere)
    elsewhere("delete", "namespace", elsewhere.namespace, "--timeout=300s")
    with pytest.raises(KubectlError, match="NotFound"):
        elsewhere("get", "namespace", elsewhere.namespace)

    run = bare.run(workflow("etl", {"name": "work", "bash": "true"}))  # and life goes on
    assert run["status"]["phase"] == "Succeeded"
    assert "Traceback" not in alive.log
    assert [line for line in alive.log.splitlines() if elsewhere.namespace in line and "trying again" in line] == []
