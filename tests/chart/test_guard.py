"""Admission policies and users' roles, as the chart renders them. tests/e2e tests what they deny and grant."""

from __future__ import annotations

import pytest

from sluice.api.crd import KINDS
from sluice.api.run import WorkflowRunSpec

POLICIES = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
(RUN,) = (kind for kind in KINDS if kind.name == "WorkflowRun")


def named(objects, kind):
    return {found["metadata"]["name"]: found for found in objects[kind]}


@pytest.mark.parametrize(("kube", "made"), [("1.29.9", False), ("1.30.0", True), ("1.33.1-gke.100", True)])
def test_policies_are_made_where_the_server_has_them(render, kube, made):
    assert {kind in render(kube=kube) for kind in POLICIES} == {made}


def test_policies_can_be_left_out(render):
    assert not set(POLICIES) & render(**{"admissionPolicy.create": False}).keys()


def test_each_policy_is_bound_and_denies(render):
    objects = render()
    policies, bindings = (named(objects, kind) for kind in POLICIES)
    assert (
        policies.keys()
        == bindings.keys()
        == {
            "sluice-authors",
            "sluice-approvals",
            "sluice-marks",
            "sluice-patches",
        }
    )
    for name, binding in bindings.items():
        assert binding["spec"] == {"policyName": name, "validationActions": ["Deny"]}


def test_policies_look_at_what_people_write_and_never_at_a_status_or_a_deletion(render):
    for name, policy in named(render(), "ValidatingAdmissionPolicy").items():
        if name in ("sluice-marks", "sluice-patches"):  # a pod's: its status can carry marks, too
            continue
        for rule in policy["spec"]["matchConstraints"]["resourceRules"]:
            assert rule["operations"] == ["CREATE", "UPDATE"]
            assert not [resource for resource in rule["resources"] if "/" in resource or "*" in resource]


def test_every_kind_of_ours_has_its_guard_and_its_roles(render):
    objects = render()
    ours = {kind.plural for kind in KINDS}
    for role in ("sluice-view", "sluice-edit"):
        assert ours <= set(named(objects, "ClusterRole")[role]["rules"][0]["resources"])
    (rule,) = named(objects, "ValidatingAdmissionPolicy")["sluice-authors"]["spec"]["matchConstraints"]["resourceRules"]
    assert ours - {"pools"} <= set(rule["resources"])  # a Pool creates no pods


def test_every_field_of_a_run_that_can_change_is_looked_at(render):
    """A new field must be immutable, or listed in a policy as one that makes the operator act."""
    can_change = {field.alias for field in WorkflowRunSpec.model_fields.values()} - set(RUN.immutable)
    assert can_change == {"state", "priority", "approvals"}
    policies = named(render(), "ValidatingAdmissionPolicy")
    (of_authors,) = policies["sluice-authors"]["spec"]["matchConditions"]
    assert "['state', 'priority', 'arguments'].exists(field" in of_authors["expression"]
    (of_approvals,) = policies["sluice-approvals"]["spec"]["matchConditions"]
    assert "object.spec.?approvals != oldObject.spec.?approvals" in of_approvals["expression"]


@pytest.mark.parametrize(
    ("role", "to", "verbs"),
    [
        ("sluice-view", "view", "get list watch"),
        ("sluice-edit", "edit", "create update patch delete deletecollection"),
        ("sluice-approver", "admin", "get list watch update patch approve"),
    ],
)
def test_the_roles_for_people_join_kubernetes_own(render, role, to, verbs):
    found = named(render(), "ClusterRole")[role]
    labels = found["metadata"]["labels"]
    assert [label for label in labels if label.startswith(AGGREGATE)] == [AGGREGATE + to]
    (rule,) = found["rules"]
    assert (rule["apiGroups"], rule["verbs"]) == (["sluice.dev"], verbs.split())
    assert not [resource for resource in rule["resources"] if "/" in resource]  # only the operator writes a status


def test_the_roles_for_people_can_be_left_out(render):
    assert named(render(**{"userRoles.create": False}), "ClusterRole").keys() == {"sluice-operator"}


def test_only_the_operators_role_may_write_its_marks(render):
    objects = render()
    verbs = {
        name: verb
        for name, role in named(objects, "ClusterRole").items()
        for rule in role["rules"]
        for verb in rule["verbs"]
        if verb in ("operate", "*")
    }
    assert verbs == {"sluice-operator": "operate"}
    policy = named(objects, "ValidatingAdmissionPolicy")["sluice-marks"]["spec"]
    guarded = {resource for rule in policy["matchConstraints"]["resourceRules"] for resource in rule["resources"]}
    assert {"pods", "pods/status", "configmaps", "controllerrevisions", "workflowruns"} <= guarded
    assert ".check('operate')" in policy["validations"][0]["expression"]


def test_the_operators_patches_are_held_to_its_own_account(render):
    objects = render(**{"serviceAccount.name": "gate"})
    (condition,) = named(objects, "ValidatingAdmissionPolicy")["sluice-patches"]["spec"]["matchConditions"]
    assert "'system:serviceaccount:sluice-system:gate'" in condition["expression"]


def test_whoever_asks_for_volumes_must_be_allowed_to_make_them(render):
    policy = named(render(), "ValidatingAdmissionPolicy")["sluice-authors"]["spec"]
    (rule,) = (v["expression"] for v in policy["validations"] if "volumeClaimTemplates" in v["expression"])
    assert "resource('persistentvolumeclaims')" in rule
