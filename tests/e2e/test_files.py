"""Files that travel with a Workflow: their ConfigMap is made, believed only if it is right, and made again."""

from __future__ import annotations

import json

from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow

READS = {"files": ["a.txt"], "bash": "cat /sluice/files/a.txt"}


def gated(text: str) -> Json:
    """Its second task waits for a person."""
    tasks = (
        {"name": "first", **READS},
        {"name": "gate", "approval": {}, "dependsOn": ["first"]},
        {"name": "second", "dependsOn": ["gate"], **READS},
    )
    return workflow("etl", *tasks, files={"a.txt": text})


def at_the_gate(kubectl: Kubectl, manifest: Json) -> tuple[str, str]:
    """The run, and the ConfigMap of its files."""
    kubectl.apply(manifest)
    run = kubectl.run_of("etl")
    eventually(lambda: kubectl.task(run, "gate").get("reason", "").startswith("Approval"), "the gate asks")
    return run, f"{kubectl.get('workflowrun', run)['status']['revision']}-files"


def test_a_config_map_that_is_gone_is_made_again(kubectl: Kubectl) -> None:
    run, name = at_the_gate(kubectl, gated("one"))
    found = kubectl.get("configmap", name)
    assert (found["data"], found["immutable"]) == ({"0": "one"}, True)
    assert found["metadata"]["ownerReferences"][0]["kind"] == "ControllerRevision"
    kubectl("delete", "configmap", name)
    kubectl.decide(run, "gate", "Approve")
    assert kubectl.finished(run)["status"]["phase"] == "Succeeded"
    assert kubectl.log(run, "second") == "one"


def test_files_that_nobody_has_any_more_fail_what_needs_them(kubectl: Kubectl) -> None:
    run, name = at_the_gate(kubectl, gated("one"))
    kubectl.apply(gated("two"))
    kubectl("delete", "configmap", name)
    kubectl.decide(run, "gate", "Approve")
    status = kubectl.finished(run)["status"]
    assert status["tasks"]["first"]["phase"] == "Succeeded"
    assert status["tasks"]["second"]["phase"] == "Failed"
    assert "FilesGone: ConfigMap" in status["tasks"]["second"]["message"]
    assert "apply what it was, or start a run of what it is" in status["tasks"]["second"]["message"]


def test_a_config_map_of_somebody_else_is_not_believed(kubectl: Kubectl) -> None:
    run, name = at_the_gate(kubectl, gated("one"))
    found = kubectl.get("configmap", name)
    kubectl("delete", "configmap", name)
    forged = {**found, "data": {"0": "forged"}}
    forged["metadata"] = {key: found["metadata"][key] for key in ("name", "namespace", "labels", "ownerReferences")}
    kubectl("create", "-f", "-", stdin=json.dumps(forged))
    kubectl.decide(run, "gate", "Approve")
    eventually(lambda: kubectl.task(run, "second").get("reason", "").startswith("NameTaken: "), "the task says why")
    kubectl("delete", "configmap", name)
    assert kubectl.finished(run)["status"]["phase"] == "Succeeded"
    assert kubectl.log(run, "second") == "one"


def test_a_pod_that_waits_for_what_is_gone_gets_it_or_says_what_it_is(kubectl: Kubectl) -> None:
    """It is made, and finds no node until the ConfigMaps are gone: deleted between its creation and its mount."""
    label = f"example.com/{kubectl.namespace}"

    def later(name: str, text: str, **fields: Json) -> Json:
        work = {"name": "work", "dependsOn": ["first"], "nodeSelector": {label: "here"}, **READS, **fields}
        return workflow(name, {"name": "first", "bash": "true"}, work, files={"a.txt": text})

    kubectl.apply(later("same", "one"))
    kubectl.apply(later("changed", "one"))
    key = {"name": "key", "secret": {"secretName": "nowhere"}}
    kubectl.apply(later("secret", "one", volumes=[key], volumeMounts=[{"name": "key", "mountPath": "/key"}]))
    runs = {name: kubectl.run_of(name) for name in ("same", "changed", "secret")}
    for run in runs.values():
        waits(kubectl, run, "Unschedulable")
    for name in ("same", "changed"):
        kubectl("delete", "configmap", f"{kubectl.get('workflowrun', runs[name])['status']['revision']}-files")
    kubectl.apply(later("changed", "two"))
    kubectl("label", "nodes", "--all", f"{label}=here")
    assert kubectl.finished(runs["same"])["status"]["phase"] == "Succeeded"
    assert kubectl.log(runs["same"], "work") == "one"
    failed = kubectl.finished(runs["changed"])["status"]["tasks"]["work"]
    assert (failed["phase"], failed["reason"]) == ("Failed", "GaveUp")
    assert "FilesGone: ConfigMap" in failed["message"]
    assert 'secret "nowhere" not found' in waits(kubectl, runs["secret"], "FailedMount")["message"]
    kubectl("label", "nodes", "--all", f"{label}-")


def waits(kubectl: Kubectl, run: str, word: str) -> Json:
    """The task's entry, once its reason begins with that word."""
    return eventually(
        lambda: (task := kubectl.task(run, "work")).get("reason", "").startswith(f"{word}: ") and task,
        f"the task says {word}",
    )
