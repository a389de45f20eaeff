"""What others wrote is no evidence. An administrator forges here, whom no admission policy stops.
And what the operator itself may not do, its status says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controller.proxy import Fault, Proxy, refuse
from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, KubectlError, by_hand, eventually, workflow

AT = "2026-01-01T00:00:00Z"


@pytest.fixture
def operator(kubectl: Kubectl, api_server: str, tmp_path: Path) -> Iterator[HostOperator]:
    with Proxy(api_server, kubectl.namespace, pods_run=False) as proxy:
        started = HostOperator(proxy.kubeconfig(tmp_path / "kubeconfig"), kubectl.namespace, "only", tmp_path / "log")
        started.start()
        yield started
        started.end()
    print(started.log)  # noqa: T201  # pytest shows it if the test has failed


def writes(kubectl: Kubectl, pod: str, **outputs: str) -> None:
    """The pod ends well, and hands these on."""
    exited = {"exitCode": 0, "startedAt": AT, "finishedAt": AT, "message": json.dumps(outputs)}
    container = {
        "name": "main",
        "image": "",
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": {"terminated": exited},
    }
    status = json.dumps({"status": {"phase": "Succeeded", "containerStatuses": [container]}})
    kubectl("patch", "pod", pod, "--subresource=status", "--type=merge", "-p", status)


def test_outputs_of_a_pod_elsewhere_start_no_image_here(kubectl: Kubectl, operator: HostOperator) -> None:
    operator.leading()
    kubectl.apply(
        workflow("etl", {"name": "a", "outputs": ["image"]}, {"name": "b", "image": "busybox:$(tasks.a.outputs.image)"})
    )
    run = kubectl.run_of("etl")
    (own,) = eventually(lambda: kubectl.pods(run), "the first pod is there")
    elsewhere = Kubectl(kubectl.cluster, f"{kubectl.namespace}-b")
    kubectl("create", "namespace", elsewhere.namespace)
    metadata = {name: own["metadata"][name] for name in ("name", "labels", "ownerReferences")}
    spec = {"containers": [{"name": "main", "image": "busybox"}], "nodeSelector": {"example.com/nowhere": "true"}}
    stays = {"finalizers": ["example.com/stay"]}  # else it is collected as garbage: its owner is elsewhere
    forged: Json = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata | stays, "spec": spec}
    elsewhere.apply(forged)
    writes(elsewhere, own["metadata"]["name"], image="forged")
    operator.kill()
    operator.start()  # and so the run is also restored while the forged pod is there
    operator.leading()
    writes(kubectl, own["metadata"]["name"], image="own")
    second = eventually(
        lambda: [pod for pod in kubectl.pods(run) if pod != own and "-b-" in pod["metadata"]["name"]], "b"
    )
    assert [pod["spec"]["containers"][0]["image"] for pod in second] == ["busybox:own"]
    kubectl(
        "patch", "pod", second[0]["metadata"]["name"], "--type=merge", "-p", '{"metadata": {"ownerReferences": null}}'
    )
    eventually(lambda: kubectl.task(run, "b").get("attempt") == 2, "b is tried again, as its pod is no longer its own")
    elsewhere("patch", "pod", own["metadata"]["name"], "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
    kubectl("delete", "namespace", elsewhere.namespace, "--wait=false")


def test_a_revision_that_no_workflow_made_runs_nothing(kubectl: Kubectl, operator: HostOperator) -> None:
    operator.leading()
    kubectl.apply(workflow("etl", {"name": "a"}, trigger="Manual"))
    with pytest.raises(KubectlError, match=r"spec\.revision"):
        kubectl.apply(by_hand("path", "etl", revision="../../other/controllerrevisions/x"))
    with pytest.raises(KubectlError, match=r"spec\.resumeFrom\.run"):
        kubectl.apply(by_hand("path", "etl", resumeFrom={"run": "../x"}))
    owner = kubectl.get("workflow", "etl")["metadata"]
    reference = {"apiVersion": "sluice.dev/v1alpha1", "kind": "Workflow", "name": "etl", "uid": owner["uid"]}
    kubectl.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {"name": "mine", "ownerReferences": [reference | {"controller": True}]},
            "revision": 1,
            "data": {"tasks": [{"name": "a", "image": "busybox"}]},
        }
    )
    kubectl.apply(by_hand("today", "etl", revision="mine"))
    status = kubectl.finished("today")["status"]
    assert status["phase"] == "Failed"
    assert "ControllerRevision 'mine'" in status["message"]
    assert not kubectl.pods("today")


def test_what_the_operator_may_not_do_is_said_once_in_the_status(
    kubectl: Kubectl, api_server: str, tmp_path: Path
) -> None:
    fault = Fault(refuse(403, "Forbidden"), "POST", r"/controllerrevisions$", times=1_000_000)
    with Proxy(api_server, kubectl.namespace, fault, pods_run=False) as proxy:
        operator = HostOperator(proxy.kubeconfig(tmp_path / "kubeconfig"), kubectl.namespace, "only", tmp_path / "log")
        operator.start()
        operator.leading()
        kubectl.apply(workflow("etl", {"name": "a"}, trigger="Manual"))
        kubectl.apply(by_hand("today", "etl"))

        def forbidden() -> bool:
            conditions = kubectl.get("workflowrun", "today").get("status", {}).get("conditions", ())
            return "OperatorForbidden" in {condition["reason"] for condition in conditions}

        eventually(forbidden, "the status says that the operator may not")
        said, left = kubectl.get("workflowrun", "today"), fault.times
        eventually(lambda: left - fault.times >= 3, "it has tried three times more")
        assert kubectl.get("workflowrun", "today") == said
        operator.end()
