"""Who may do what: the API server refuses what the operator would carry out for people who may not do it themselves."""

from __future__ import annotations

import json

import pytest

from tests.e2e.kubernetes import Json, Kubectl, KubectlError, by_hand, eventually, workflow
from tests.install import NAMESPACE, RELEASE

QUICK = workflow("etl", {"name": "work", "bash": "true"})
CHANGED = workflow("etl", {"name": "work", "bash": "echo changed"})
GATED = workflow("gated", {"name": "deploy", "approval": {}}, trigger="Manual")
BACKFILL = {
    "apiVersion": "sluice.dev/v1alpha1",
    "kind": "Backfill",
    "metadata": {"name": "past"},
    "spec": {"workflow": "etl", "from": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:01:00Z", "every": "1m"},
}
NO_PODS = "alice may not create pods in namespace .*; ask for the verb create on pods there"


class Person(Kubectl):
    """kubectl as somebody who has these ClusterRoles in the namespace of the test, and no other rights."""

    def __init__(self, admin: Kubectl, name: str, *roles: str) -> None:
        super().__init__(admin.cluster, admin.namespace, user=name)
        self.name = name
        for role in roles:
            admin("create", "rolebinding", f"{name}-{role}", f"--clusterrole={role}", f"--user={name}")

    def is_refused(self, manifest: Json) -> bool:
        """Would it be? Nothing is written."""
        try:
            self("apply", "--dry-run=server", "-f", "-", stdin=json.dumps(manifest))
        except KubectlError as error:
            return "ValidatingAdmissionPolicy" in str(error)
        return False

    def may(self, verb: str, resource: str, subresource: str = "") -> bool:
        try:
            return self("auth", "can-i", verb, resource, f"--subresource={subresource}").strip() == "yes"
        except KubectlError:  # its exit code says no, too
            return False


@pytest.fixture
def alice(kubectl: Kubectl) -> Person:
    """May do all with our kinds, and nothing with pods."""
    alice = Person(kubectl, "alice", f"{RELEASE}-view", f"{RELEASE}-edit")
    eventually(lambda: alice.is_refused(QUICK), "the policies take effect")  # a second or so after they were installed
    return alice


@pytest.fixture
def bob(kubectl: Kubectl) -> Person:
    """May do what most people may in their namespace."""
    return Person(kubectl, "bob", "edit")


def test_who_may_not_create_pods_cannot_have_the_operator_create_them(alice: Person, bob: Person) -> None:
    for manifest in (QUICK, by_hand("today", "etl"), BACKFILL):
        with pytest.raises(KubectlError, match=NO_PODS):
            alice.apply(manifest)
    bob.apply(QUICK)
    run = bob.run_of("etl")
    assert bob.finished(run)["status"]["phase"] == "Succeeded"
    with pytest.raises(KubectlError, match=NO_PODS):
        alice.apply(CHANGED)
    with pytest.raises(KubectlError, match=NO_PODS):
        alice.patch("workflowrun", run, {"spec": {"state": "Suspended"}})
    for manifest in (by_hand("today", "etl"), BACKFILL):
        bob.apply(manifest)
    assert bob.finished("today")["status"]["phase"] == "Succeeded"
    eventually(lambda: bob.get("backfill", "past").get("status", {}).get("phase") == "Succeeded", "the past is run")


def test_the_arguments_of_a_run_cannot_be_swapped(kubectl: Kubectl, alice: Person) -> None:
    """By nobody. The CRD's rule compares the values of the old keys, and lets a new key in place of another pass."""
    kubectl.apply(workflow("asked", {"name": "work", "bash": "true"}, trigger="Manual", parameters=[{"name": "day"}]))
    kubectl.apply(by_hand("today", "asked", arguments={"day": "monday"}))
    for person in (kubectl, alice):
        with pytest.raises(KubectlError, match=r"spec.arguments: what a run was asked to do cannot be changed"):
            person.patch("workflowrun", "today", {"spec": {"arguments": {"day": None, "night": "monday"}}})


def test_labels_deletions_and_garbage_collection_pass(alice: Person, bob: Person) -> None:
    bob.apply(QUICK)
    run = bob.run_of("etl")
    alice("label", "workflows.sluice.dev/etl", "team=data")
    alice("annotate", f"workflowruns/{run}", "note=mine")
    # The garbage collector, which may not create pods either, takes its finalizer from the Workflow at the end.
    alice("delete", "workflows.sluice.dev/etl", "--cascade=foreground", "--timeout=180s")
    eventually(lambda: not alice.list("workflowruns"), "the run is gone")


def test_a_decision_is_signed_by_who_takes_it_and_may_take_it(kubectl: Kubectl, alice: Person, bob: Person) -> None:
    carol = Person(kubectl, "carol", f"{RELEASE}-approver")
    bob.apply(GATED)
    bob.apply(by_hand("release", "gated"))
    for person in (alice, bob):
        with pytest.raises(
            KubectlError, match=f"{person.name} may not approve the run release; ask for the verb approve"
        ):
            person.decide("release", "deploy", "Approve", by=person.name)
    for by in ("bob", ""):
        with pytest.raises(KubectlError, match=r"spec.approvals.deploy.by: who decides signs .*; write carol"):
            carol.decide("release", "deploy", "Approve", by=by)
    with pytest.raises(KubectlError, match=r"deploy.by: .* write carol"):
        carol.patch("workflowrun", "release", {"spec": {"approvals": {"deploy": {"decision": "Approve"}}}})
    with pytest.raises(KubectlError, match=r"deploy.by: who decides signs"):
        kubectl.decide("release", "deploy", "Approve", by="carol")  # not even the administrator
    with pytest.raises(KubectlError, match="bob may not approve the run tomorrow"):
        bob.apply(by_hand("tomorrow", "gated", approvals={"deploy": {"decision": "Approve", "by": "bob"}}))
    with pytest.raises(KubectlError, match="carol may not create pods"):
        carol.patch("workflowrun", "release", {"spec": {"priority": 1}})

    bob.patch("workflowrun", "release", {"spec": {"state": "Suspended"}})
    carol.decide("release", "deploy", "Approve")
    with pytest.raises(KubectlError, match="bob may not approve the run release"):
        bob.patch("workflowrun", "release", {"spec": {"approvals": None}})
    bob.patch("workflowrun", "release", {"spec": {"state": "Running"}})  # carol's decision stays as it is
    status = bob.finished("release")["status"]
    assert (status["phase"], status["tasks"]["deploy"]["message"]) == ("Succeeded", "approved by carol")


def test_an_editor_cannot_write_the_operators_marks(kubectl: Kubectl, bob: Person) -> None:
    labels = {"sluice.dev/run": "x"}
    forged: Json = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": labels}}
    eventually(lambda: bob.is_refused(forged), "the policies take effect")
    bob.apply(QUICK)
    run = bob.run_of("etl")
    assert bob.finished(run)["status"]["phase"] == "Succeeded"  # the operator can
    refused = "bob may not set, change or remove labels sluice.dev/"
    pod: Json = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "main", "image": "busybox"}]}}
    config_map: Json = {"apiVersion": "v1", "kind": "ConfigMap"}
    run_by_hand = by_hand("today", "etl")
    for manifest, marks in (
        (pod, {"labels": {"sluice.dev/run-uid": "u1"}}),
        (pod, {"annotations": {"sluice.dev/pools": "{}"}}),
        (config_map, {"labels": {"sluice.dev/run": run}}),
        (run_by_hand, {"labels": {"sluice.dev/parent": run}}),
    ):
        with pytest.raises(KubectlError, match=refused):
            bob.apply(manifest | {"metadata": {"name": "forged"} | marks})
    (made,) = bob.pods(run)
    for change in ("sluice.dev/attempt=2", "sluice.dev/attempt-"):
        with pytest.raises(KubectlError, match=refused):
            bob("label", "--overwrite", "pod", made["metadata"]["name"], change)
    bob("label", "pod", made["metadata"]["name"], "team=data")  # what keeps the marks passes
    kubectl.apply(forged | {"data": {"task": "{}"}})  # as the outputs of a run, which the operator reads again
    with pytest.raises(KubectlError, match=refused):
        bob.patch("configmap", "x", {"data": {"task": '{"approved": true}'}})
    bob("label", "configmap", "x", "team=data")
    bob.apply(run_by_hand)


def test_the_operator_may_lower_the_deadline_of_a_pod_and_change_nothing_else(kubectl: Kubectl) -> None:
    account = Kubectl(kubectl.cluster, NAMESPACE).list("serviceaccounts", f"app.kubernetes.io/instance={RELEASE}")[0]
    user = f"system:serviceaccount:{NAMESPACE}:{account['metadata']['name']}"
    operator = Kubectl(kubectl.cluster, kubectl.namespace, user=user)
    containers = [{"name": "main", "image": "busybox", "command": ["sleep", "600"]}]
    kubectl.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": {"containers": containers}})
    for place, value in (
        ("/spec/containers/0/image", "busybox:2"),
        ("/spec/tolerations/-", {"operator": "Exists"}),
        ("/metadata/labels", {"team": "data"}),
        ("/metadata/annotations", {"team": "data"}),
        ("/metadata/finalizers", ["team.example/hold"]),
    ):
        change = json.dumps([{"op": "add", "path": place, "value": value}])
        with pytest.raises(KubectlError, match="may change activeDeadlineSeconds and nothing else"):
            operator("patch", "pod", "one", "--type=json", "-p", change)
    operator.patch("pod", "one", {"spec": {"activeDeadlineSeconds": 300}})


def test_volumes_need_the_right_to_create_claims(kubectl: Kubectl, alice: Person) -> None:
    kubectl("create", "role", "pods-only", "--verb=create", "--resource=pods")
    kubectl("create", "rolebinding", "pods-only", "--role=pods-only", "--user=alice")
    claim = {
        "metadata": {"name": "scratch"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }
    manifest = workflow("etl", {"name": "work", "bash": "true"}, volumeClaimTemplates=[claim])
    with pytest.raises(KubectlError, match="alice may not create PersistentVolumeClaims"):
        alice.apply(manifest)
    alice.apply(QUICK)


def test_the_api_server_finds_nothing_to_say_about_the_policies(kubectl: Kubectl) -> None:
    """It checks each expression against the schema of each kind that it knows then. So a copy is checked, which is
    younger than the CRDs; no binding makes it hold.
    """
    for name in (f"{RELEASE}-authors", f"{RELEASE}-approvals", f"{RELEASE}-marks", f"{RELEASE}-patches"):
        policy = kubectl.get("validatingadmissionpolicy", name)
        copy = {key: policy[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": {"name": f"{name}-again"}}
        kubectl.apply(copy)

        def checked(name: str = f"{name}-again") -> Json | None:
            status: Json = kubectl.get("validatingadmissionpolicy", name).get("status", {})
            return status if "typeChecking" in status else None

        status = eventually(checked, f"policy {name} is checked")
        kubectl("delete", "validatingadmissionpolicy", f"{name}-again")
        assert status["typeChecking"] == {}


@pytest.mark.parametrize(
    ("role", "yes", "no"),
    [
        ("view", "get list watch", "create patch delete approve"),
        ("edit", "get list watch create update patch delete deletecollection", "approve"),
        ("admin", "get list watch create update patch delete deletecollection approve", ""),
    ],
)
def test_kubernetes_own_roles_hold_for_our_kinds(kubectl: Kubectl, role: str, yes: str, no: str) -> None:
    person = Person(kubectl, "dora", role)
    eventually(lambda: person.may("get", "pools.sluice.dev"), f"the role {role} has our kinds")
    may = {verb for verb in (yes + " " + no).split() if person.may(verb, "workflowruns.sluice.dev")}
    assert may == set(yes.split())
    assert not person.may("patch", "workflowruns.sluice.dev", "status")
