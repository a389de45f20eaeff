"""When a Workflow runs by itself. Its pods find no node here: only the runs are of interest."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.core.base.naming import owner_reference, run_name
from tests.e2e.kubernetes import Json, Kubectl, by_hand, condition, eventually, workflow
from tests.install import RELEASE

IDLE = {"name": "idle", "nodeSelector": {"example.com/nowhere": "true"}}


def etl(*more: Json, **spec: Any) -> Json:
    return workflow("etl", IDLE, *more, **spec)


def applied(kubectl: Kubectl, manifest: Json) -> None:
    """Applies a Workflow and waits until the operator has judged it as it is now."""
    kubectl.apply(manifest)
    name = manifest["metadata"]["name"]

    def observed() -> bool:
        found = kubectl.get("workflow", name)
        return bool(found["status"].get("observedGeneration") == found["metadata"]["generation"])

    eventually(observed, f"Workflow {name} is observed")


def runs(kubectl: Kubectl) -> list[str]:
    """The generations that have had a run, once the operator has certainly decided about all that was applied."""
    found = kubectl.get("workflow", "etl")
    change = {"spec": {"parallelism": found["spec"].get("parallelism", 100) + 1}}
    kubectl.patch("workflow", "etl", change)  # a new generation, and no run: see below
    generation = found["metadata"]["generation"] + 1
    eventually(
        lambda: kubectl.get("workflow", "etl")["status"].get("observedGeneration") == generation, "etl is observed"
    )
    return sorted(run["metadata"]["labels"]["sluice.dev/generation"] for run in kubectl.list("workflowruns"))


def test_applying_a_manifest_again_makes_no_run(kubectl: Kubectl) -> None:
    applied(kubectl, etl())
    applied(kubectl, etl())
    assert runs(kubectl) == ["1"]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(etl({"name": "another"}), id="tasks"),
        pytest.param(etl(parameters=[{"name": "day", "default": "monday"}]), id="parameters"),
        pytest.param(etl(defaults={"image": "busybox:1.35", "env": [{"name": "A", "value": "1"}]}), id="defaults"),
    ],
)
def test_a_change_of_what_it_would_do_makes_one_run(kubectl: Kubectl, changed: Json) -> None:
    applied(kubectl, etl())
    applied(kubectl, changed)
    assert runs(kubectl) == ["1", "2"]


def test_a_change_back_makes_one_run(kubectl: Kubectl) -> None:
    applied(kubectl, etl())
    applied(kubectl, etl({"name": "another"}))
    applied(kubectl, etl())
    assert runs(kubectl) == ["1", "2", "3"]


def test_a_change_of_labels_makes_no_run(kubectl: Kubectl) -> None:
    applied(kubectl, etl())
    kubectl("label", "workflow", "etl", "team=blue")
    assert runs(kubectl) == ["1"]


def test_a_change_of_what_is_only_told_or_guessed_makes_no_run(kubectl: Kubectl) -> None:
    applied(kubectl, etl(parameters=[{"name": "day", "default": "monday"}]))
    told = etl(parameters=[{"name": "day", "default": "monday", "description": "which"}])
    told["spec"]["tasks"][0] |= {"group": "all", "expectedDuration": "5m"}
    applied(kubectl, told)
    assert runs(kubectl) == ["1"]
    last = kubectl.get("workflow", "etl")["status"]["lastRun"]
    (run,) = kubectl.list("workflowruns")
    assert run["metadata"]["labels"]["sluice.dev/change"] == last["change"]


def test_a_mark_of_an_older_operator_is_completed_and_makes_no_run(kubectl: Kubectl) -> None:
    applied(kubectl, etl())
    change = kubectl.get("workflow", "etl")["status"]["lastRun"]["change"]
    kubectl("patch", "workflow", "etl", "--subresource=status", "--type=merge", "-p", _WITHOUT_CHANGE)
    told = etl()
    told["spec"]["tasks"][0]["group"] = "all"
    applied(kubectl, told)
    assert runs(kubectl) == ["1"]
    eventually(lambda: kubectl.get("workflow", "etl")["status"]["lastRun"].get("change") == change, "it is known again")


_WITHOUT_CHANGE = '{"status": {"lastRun": {"change": null}}}'


def test_a_change_of_parallelism_makes_no_run(kubectl: Kubectl) -> None:
    applied(kubectl, etl())
    applied(kubectl, etl(parallelism=2))
    assert runs(kubectl) == ["1"]


def test_a_deleted_run_does_not_come_back(kubectl: Kubectl, system: Kubectl) -> None:
    applied(kubectl, etl())
    kubectl("delete", "workflowrun", kubectl.run_of("etl"))
    assert runs(kubectl) == []
    restart(system)
    assert runs(kubectl) == []


def restart(system: Kubectl) -> None:
    """Another pod takes the operator's place."""
    selector = f"app.kubernetes.io/instance={RELEASE}"
    system("delete", "pod", "-l", selector)
    system("rollout", "status", "deployment", "-l", selector, "--timeout=300s")


def test_a_workflow_can_be_made_again_while_pods_of_the_first_are_terminating(kubectl: Kubectl) -> None:
    stubborn = {
        "name": "work",
        "bash": "trap '' TERM; echo ready; sleep 600",
        "podTemplate": {"spec": {"terminationGracePeriodSeconds": 600}},
    }
    kubectl.apply(workflow("etl", stubborn))
    first = kubectl.run_of("etl")
    eventually(lambda: "ready" in kubectl.log(first, "work"), "the first task ignores SIGTERM")
    kubectl("delete", "workflow", "etl")
    eventually(lambda: "deletionTimestamp" in kubectl.pods(first)[0]["metadata"], "its pod is terminating")

    second = kubectl.run(workflow("etl", {"name": "work", "bash": "echo done"}))
    assert second["status"]["phase"] == "Succeeded"
    assert second["metadata"]["name"] != first
    (old,) = kubectl.pods(first)
    kubectl("delete", "pod", old["metadata"]["name"], "--grace-period=0", "--force")


def test_a_run_whose_name_somebody_has_taken_is_made_when_the_name_is_free(kubectl: Kubectl) -> None:
    applied(kubectl, etl(trigger="Manual"))
    found = kubectl.get("workflow", "etl")
    name = run_name("etl", found["metadata"]["uid"], found["metadata"]["generation"] + 1)
    theirs = by_hand(name, "another")
    owner = owner_reference("Workflow", "etl", found["metadata"]["uid"])  # anybody may write one
    theirs["metadata"]["ownerReferences"] = [owner]
    kubectl.apply(theirs)
    applied(kubectl, etl({"name": "changed"}))
    accepted = condition(kubectl.get("workflow", "etl"), "Accepted")
    assert accepted["reason"] == "NameTaken"
    assert "delete it" in accepted["message"]

    kubectl("delete", "workflowrun", name)  # which is no news about etl
    assert kubectl.run_of("etl") == name
    eventually(lambda: condition(kubectl.get("workflow", "etl"), "Accepted")["status"] == "True", "it is accepted")


def test_a_manual_workflow_runs_only_by_hand(kubectl: Kubectl) -> None:
    applied(kubectl, etl(trigger="Manual"))
    applied(kubectl, workflow("etl", {"name": "hello", "bash": "true"}, trigger="Manual"))
    found = kubectl.get("workflow", "etl")
    assert (condition(found, "Accepted")["status"], found["status"]["phase"]) == ("True", "Ready")
    assert kubectl.list("workflowruns") == []

    kubectl.apply(by_hand("today", "etl"))
    assert kubectl.finished("today")["status"]["phase"] == "Succeeded"
