"""What an installation by Helm does and leaves alone, over its life."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import Installed
from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow
from tests.e2e.test_rights import rights_of
from tests.e2e.watch import PodWatch
from tests.install import CHART, NAMESPACE, RELEASE, helm, install

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
    own: Installed,
    bare: Kubectl,
    elsewhere: Kubectl,  # noqa: ARG001  # it has to be there
) -> Iterator[Kubectl]:
    """kubectl in a namespace with an operator that watches it and `elsewhere`; no other operator is at work."""
    own.off()
    upgrade_confined(bare)
    yield bare
    helm(bare.cluster, bare.namespace, "uninstall", "confined", "--wait")


def test_confined_to_namespaces_it_works_and_may_work_only_there(confined: Kubectl, elsewhere: Kubectl) -> None:
    account = f"system:serviceaccount:{confined.namespace}:{CONFINED}"
    assert rights_of(account, confined)["pods"] == {"get", "list", "watch", "create", "patch", "delete"}
    nowhere = Kubectl(confined.cluster, "default")
    assert not [name for name in rights_of(account, nowhere) if not name.startswith("self")]
    assert confined.run(HELLO)["status"]["phase"] == "Succeeded"
    assert elsewhere.run(HELLO)["status"]["phase"] == "Succeeded"

    # One of the namespaces is lost: the other is served all the same.
    elsewhere("delete", "rolebinding", CONFINED)
    confined("rollout", "restart", "deployment", CONFINED)
    confined("rollout", "status", "deployment", CONFINED, "--timeout=300s")
    again = workflow("again", {"name": "a", "bash": "true"})
    elsewhere.apply(again)
    assert confined.run(again)["status"]["phase"] == "Succeeded"
    assert not [run for run in elsewhere.list("workflowruns") if run["spec"]["workflow"] == "again"]
    log = eventually(  # of the pods before the restart, the last one may go meanwhile
        lambda: confined("logs", "-l", "app.kubernetes.io/instance=confined", "--tail=-1"), "its log"
    )
    assert f"namespace {elsewhere.namespace} is not watched" in log

    # Once it can be read again, it is served without a hand on the operator.
    upgrade_confined(confined)
    assert elsewhere.finished(elsewhere.run_of("again"))["status"]["phase"] == "Succeeded"


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


def test_helm_test_runs_a_workflow(system: Kubectl) -> None:
    assert "Phase:          Succeeded" in helm(system.cluster, NAMESPACE, "test", RELEASE)
    left = system("get", "workflows,workflowruns,serviceaccounts,roles,rolebindings", "-o", "name")
    assert f"{RELEASE}-test" not in left


@pytest.fixture
def older_chart(tmp_path: Path) -> Path:
    """The chart as it could have been one version earlier: without `history` in the CRD of Workflows."""
    older = shutil.copytree(CHART, tmp_path / "sluice")
    described = yaml.safe_load((older / "Chart.yaml").read_text()) | {"version": "0.0.9"}
    (older / "Chart.yaml").write_text(yaml.safe_dump(described))
    crd = older / "files/crds/sluice.dev_workflows.yaml"
    found = yaml.safe_load(crd.read_text())
    del fields_of(found)["history"]
    crd.write_text(yaml.safe_dump(found))
    return older


def fields_of(crd: Json) -> Json:
    (version,) = crd["spec"]["versions"]
    fields: Json = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    return fields


@pytest.fixture
def release(own: Installed, bare: Kubectl) -> Iterator[Kubectl]:
    """kubectl in a namespace of the test's own. What the test does to the installed release is undone."""
    own.on()
    yield bare
    install(bare.cluster)


def knows_history(kubectl: Kubectl) -> bool:
    return "history" in fields_of(kubectl.get("crd", "workflows.sluice.dev"))


def test_an_upgrade_loses_no_run_and_doubles_none(release: Kubectl, older_chart: Path) -> None:
    kubectl = release
    install(kubectl.cluster, chart=older_chart)
    assert not knows_history(kubectl)
    kubectl.run(HELLO)
    with PodWatch(kubectl) as watch:
        kubectl.apply(workflow("long", *({"name": f"t{n}", "bash": "sleep 1"} for n in range(20)), parallelism=2))
        run = kubectl.run_of("long")
        eventually(lambda: kubectl.pods(run), "it is under way")
        install(kubectl.cluster)
        assert kubectl.get("workflowrun", run)["status"]["phase"] == "Running", "it should have outlasted the upgrade"
        assert knows_history(kubectl)
        assert kubectl.finished(run)["status"]["progress"] == "20/20"
        assert watch.pods_of_attempts() == {"a/1": 1, "b/1": 1} | {f"t{n}/1": 1 for n in range(20)}
    assert len(kubectl.list("workflowruns")) == 2


def test_uninstalled_it_leaves_what_people_made_and_goes_on_when_it_is_back(release: Kubectl) -> None:
    kubectl = release
    gate = {"name": "gate", "bash": "until [ -e /tmp/go ]; do sleep 0.1; done"}
    kubectl.apply(workflow("gated", gate, {"name": "after", "bash": "true", "dependsOn": ["gate"]}))
    run = kubectl.run_of("gated")
    eventually(lambda: kubectl.task(run, "gate").get("phase") == "Running", "the first task runs")
    of_the_release = list(yaml.safe_load_all(helm(kubectl.cluster, NAMESPACE, "get", "manifest", RELEASE)))

    helm(kubectl.cluster, NAMESPACE, "uninstall", RELEASE, "--wait")
    there = {f"{each['kind']}/{each['metadata']['name']}" for each in of_the_release if is_there(kubectl, each)}
    crds = ("pools", "workflowruns", "workflows")
    assert there >= {f"CustomResourceDefinition/{kind}.sluice.dev" for kind in crds}
    assert not [name for name in there if not name.startswith("CustomResourceDefinition/")]
    (pod,) = kubectl.pods(run)
    kubectl.let_go(pod["metadata"]["name"])
    eventually(lambda: kubectl.pods(run)[0]["status"]["phase"] == "Succeeded", "its pod ends by itself")

    install(kubectl.cluster)
    assert kubectl.finished(run)["status"]["phase"] == "Succeeded"
    assert len(kubectl.list("workflowruns")) == 1
    assert kubectl.get("pod", pod["metadata"]["name"])["metadata"]["uid"] == pod["metadata"]["uid"]


def is_there(kubectl: Kubectl, found: Json) -> bool:
    name, namespace = found["metadata"]["name"], found["metadata"].get("namespace", "default")
    return bool(kubectl("get", f"--namespace={namespace}", "--ignore-not-found", "-o", "name", found["kind"], name))
