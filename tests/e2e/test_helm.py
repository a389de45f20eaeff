"""What an installation by Helm does and leaves alone, over its life."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Installed
from tests.e2e.kubernetes import Json, Kubectl, workflow
from tests.e2e.test_rights import rights_of
from tests.install import helm, install

HELLO = workflow("hello", {"name": "a", "bash": "true"}, {"name": "b", "bash": "true", "dependsOn": ["a"]})
CONFINED = "confined-sluice-operator"


@pytest.fixture
def elsewhere(bare: Kubectl) -> Iterator[Kubectl]:
    """kubectl in a second namespace."""
    kubectl = Kubectl(bare.cluster, f"{bare.namespace}-elsewhere")
    kubectl("create", "namespace", kubectl.namespace)
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


def upgrade_confined(kubectl: Kubectl, *values: str) -> None:
    without = ("crds.install=false", "userRoles.create=false", "admissionPolicy.create=false")
    watched = f"watchNamespaces={{{kubectl.namespace},{kubectl.namespace}-elsewhere}}"
    install(kubectl.cluster, *without, watched, *values, release="confined", namespace=kubectl.namespace)


@pytest.fixture
def confined(
    installed: Installed,
    bare: Kubectl,
    elsewhere: Kubectl,  # noqa: ARG001  # it has to be there
) -> Iterator[Kubectl]:
    """kubectl in a namespace with an operator that watches it and `elsewhere`; no other operator is at work."""
    installed.off()
    upgrade_confined(bare)
    yield bare
    helm(bare.cluster, bare.namespace, "uninstall", "confined", "--wait")


def test_confined_to_namespaces_it_works_and_may_work_only_there(confined: Kubectl, elsewhere: Kubectl) -> None:
    account = f"system:serviceaccount:{confined.namespace}:{CONFINED}"
    assert rights_of(account, confined)["pods"] == {"get", "list", "watch", "create", "delete"}
    nowhere = Kubectl(confined.cluster, "default")
    assert not [name for name in rights_of(account, nowhere) if not name.startswith("self")]
    assert confined.run(HELLO)["status"]["phase"] == "Succeeded"
    assert elsewhere.run(HELLO)["status"]["phase"] == "Succeeded"

    # One of the namespaces is lost: the other is served all the same.
    elsewhere("delete", "rolebinding", CONFINED)
    confined("rollout", "restart", "deployment", CONFINED)
    confined("rollout", "status", "deployment", CONFINED, "--timeout=120s")
    again = workflow("again", {"name": "a", "bash": "true"})
    elsewhere.apply(again)
    assert confined.run(again)["status"]["phase"] == "Succeeded"
    assert not [run for run in elsewhere.list("workflowruns") if run["spec"]["workflow"] == "again"]
    log = confined("logs", "-l", "app.kubernetes.io/instance=confined", "--tail=-1")
    assert f"namespace {elsewhere.namespace} is not watched" in log


def test_the_charts_defaults_reach_the_pods_and_a_changed_one_starts_no_run(confined: Kubectl) -> None:
    def team_of(run: Json) -> str:
        (pod,) = confined.pods(run["metadata"]["name"])
        label: str = pod["metadata"]["labels"]["team"]
        return label

    label = "taskDefaults.podTemplate.metadata.labels.team"
    upgrade_confined(confined, "taskDefaults.image=busybox:1.35", f"{label}=data")
    assert team_of(confined.run(workflow("first", {"name": "a", "bash": "true"}, defaults={}))) == "data"
    upgrade_confined(confined, "taskDefaults.image=python:3.13-slim", f"{label}=science")
    assert team_of(confined.run(workflow("second", {"name": "a", "bash": "true"}, defaults={}))) == "science"
    assert len(confined.list("workflowruns")) == 2
