"""What an installation by Helm does and leaves alone, over its life."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Installed
from tests.e2e.kubernetes import Kubectl, workflow
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


@pytest.fixture
def confined(installed: Installed, bare: Kubectl, elsewhere: Kubectl) -> Iterator[Kubectl]:
    """kubectl in a namespace with an operator that watches it and `elsewhere`; no other operator is at work."""
    installed.off()
    watched = f"watchNamespaces={{{bare.namespace},{elsewhere.namespace}}}"
    install(bare.cluster, "crds.install=false", watched, release="confined", namespace=bare.namespace)
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
