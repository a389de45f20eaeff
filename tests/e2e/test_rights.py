"""The operator may do what it does, and nothing else."""

from __future__ import annotations

import re

from tests.e2e.kubernetes import Json, Kubectl
from tests.install import NAMESPACE, RELEASE


def operator_pod(system: Kubectl) -> Json:
    (pod,) = system.list("pods", f"app.kubernetes.io/instance={RELEASE}")
    return pod


def rights(system: Kubectl) -> dict[str, set[str]]:
    """What the operator may do in a namespace that is not its own."""
    account = f"system:serviceaccount:{NAMESPACE}:{operator_pod(system)['spec']['serviceAccountName']}"
    return rights_of(account, Kubectl(system.cluster, "default"))


def rights_of(account: str, kubectl: Kubectl) -> dict[str, set[str]]:
    """Verbs by resource, as `kubectl auth can-i --list` says in a namespace."""
    listed = kubectl("auth", "can-i", "--list", f"--as={account}").splitlines()[1:]
    table = [re.fullmatch(r"(\S*)\s+\[(.*)\]\s+\[(.*)\]\s+\[(.*)\]", line) for line in listed]
    return {row[1]: set(row[4].split()) for row in table if row and row[1]}


def test_its_account_may_do_what_it_does_and_nothing_else(system: Kubectl) -> None:
    everybodys = {name for name in rights(system) if name.startswith("self")}
    assert {name: verbs for name, verbs in rights(system).items() if name not in everybodys} == {
        "workflows.sluice.dev": {"get", "list", "watch"},
        "workflowruns.sluice.dev": {"get", "list", "watch", "create", "delete", "operate"},
        "pools.sluice.dev": {"get", "list", "watch"},
        "backfills.sluice.dev": {"get", "list", "watch"},
        "workflows.sluice.dev/status": {"patch"},
        "pools.sluice.dev/status": {"patch"},
        "backfills.sluice.dev/status": {"patch"},
        "workflowruns.sluice.dev/status": {"patch"},
        "pods": {"get", "list", "watch", "create", "patch", "delete"},
        "persistentvolumeclaims": {"get", "list", "create", "patch", "delete"},
        "controllerrevisions.apps": {"get", "list", "create", "delete"},
        "pods/log": {"get"},
        "configmaps": {"get", "create", "patch"},
        "events": {"list", "create"},
    }


def test_its_account_has_no_wildcard_no_secrets_and_no_exec(system: Kubectl) -> None:
    found = rights(system)
    assert not [name for name, verbs in found.items() if "*" in name or "*" in verbs]
    assert not {"secrets", "pods/exec", "pods/attach", "serviceaccounts/token"} & found.keys()


def test_its_pod_is_nobody_special(system: Kubectl) -> None:
    spec = operator_pod(system)["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not [volume for volume in spec["volumes"] if "hostPath" in volume]
