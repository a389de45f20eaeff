"""Runs that the API server does not let be created, as a quota or a policy of the cluster may say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.kubernetes import Json, Kubectl, KubectlError, condition, eventually, workflow
from tests.e2e.terminal import Sluice

SCHEDULE = {"cron": "0 2 * * *", "suspend": True}


def ours(kind: str, name: str, **spec: object) -> Json:
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


@contextmanager
def no_room(kubectl: Kubectl) -> Iterator[None]:
    """A policy that refuses each WorkflowRun of this namespace."""
    name = f"no-room-{kubectl.namespace}"
    rule = {"apiGroups": ["sluice.dev"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["workflowruns"]}
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": kubectl.namespace}}}
    policy = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "false", "message": "no room for runs"}],
    }
    binding = {"policyName": name, "validationActions": ["Deny"], "matchResources": here}
    kinds = {"ValidatingAdmissionPolicy": policy, "ValidatingAdmissionPolicyBinding": binding}

    probe = ours("WorkflowRun", "probe", workflow="nothing")

    def refuses() -> bool:
        try:
            kubectl("apply", "--dry-run=server", "-f", "-", stdin=json.dumps(probe))
        except KubectlError as error:
            return "no room for runs" in str(error)
        return False

    for kind, spec in kinds.items():
        api = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind}
        kubectl.apply(api | {"metadata": {"name": name}, "spec": spec})
    try:
        eventually(refuses, "the policy counts")
        yield
    finally:
        for kind in kinds:
            kubectl("delete", kind.lower(), name)


def test_a_run_that_is_not_let_be_created_is_told_of_and_made_later(kubectl: Kubectl) -> None:
    """Of a Workflow and of a Backfill."""

    def told() -> str:
        found: str = condition(kubectl.get("workflow", "etl"), "Reconciling").get("message", "")
        return found if " is not created: " in found else ""

    def held() -> str:
        found: str = kubectl.get("backfill", "march")["status"].get("message", "")  # first, perhaps, of no Workflow
        return found if found.startswith("RunNotCreated: that of 2025-03-01T02:00:00Z: ") else ""

    with no_room(kubectl):
        kubectl.apply(workflow("etl", {"name": "work", "bash": "true"}))
        kubectl.apply(workflow("nightly", {"name": "work", "bash": "true"}, schedule=SCHEDULE))
        day = {"from": "2025-03-01T00:00:00Z", "until": "2025-03-02T00:00:00Z"}
        kubectl.apply(ours("Backfill", "march", workflow="nightly", **day))
        assert "no room for runs" in eventually(told, "the Workflow says so")
        assert "no room for runs" in Sluice(kubectl)("why", "etl").text
        assert "no room for runs" in eventually(held, "the Backfill, too")

    assert kubectl.finished(kubectl.run_of("etl"))["status"]["phase"] == "Succeeded"
    eventually(lambda: not told(), "nothing stands in its way any more")
    eventually(lambda: kubectl.get("backfill", "march")["status"]["phase"] == "Succeeded", "the Backfill ends")
