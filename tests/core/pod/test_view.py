"""Pods as a kubelet 1.35 writes them, shortened only where a field says nothing to us."""

import json

import pytest

from sluice.core.base.ownership import AttemptRef, RunRef
from sluice.core.pod.view import ContainerState, pod_view
from tests.core.kubelet import START, accepted, being_deleted, exited, pod, running, seen, unschedulable, waiting

PULLING_FAILS = json.loads("""
{
  "apiVersion": "v1",
  "kind": "Pod",
  "metadata": {
    "annotations": {"sluice.dev/script": "echo", "sluice.dev/inputs": "{}"},
    "creationTimestamp": "2026-01-01T00:00:00Z",
    "generation": 1,
    "labels": {
      "sluice.dev/attempt": "2", "sluice.dev/run": "etl-g1-4f7a9", "sluice.dev/run-uid": "0d5c2b8e",
      "sluice.dev/task": "load", "sluice.dev/workflow": "etl"
    },
    "name": "etl-g1-4f7a9-load-2-s4536lzq",
    "namespace": "team",
    "ownerReferences": [
      {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "someone-elses"},
      {"apiVersion": "sluice.dev/v1alpha1", "kind": "WorkflowRun", "name": "etl-g1-4f7a9", "uid": "0d5c2b8e",
       "controller": true, "blockOwnerDeletion": false}
    ],
    "resourceVersion": "48213",
    "uid": "6a1f"
  },
  "spec": {"nodeName": "node-1", "restartPolicy": "Never", "containers": [{"name": "main", "image": "busybux"}]},
  "status": {
    "conditions": [
      {"lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:03Z", "status": "True",
       "type": "PodReadyToStartContainers"},
      {"lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z", "status": "True", "type": "Initialized"},
      {"lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z", "status": "False", "type": "Ready",
       "message": "containers with unready status: [main]", "reason": "ContainersNotReady"},
      {"lastProbeTime": null, "lastTransitionTime": "2026-01-01T00:00:01Z", "status": "True", "type": "PodScheduled"}
    ],
    "containerStatuses": [
      {"image": "busybux", "imageID": "", "lastState": {}, "name": "main", "ready": false, "restartCount": 0,
       "started": false,
       "state": {"waiting": {"message": "Back-off pulling image \\"busybux\\": ErrImagePull:\\n  not found",
                             "reason": "ImagePullBackOff"}}}
    ],
    "hostIP": "10.0.0.2", "phase": "Pending", "podIP": "10.1.0.9", "qosClass": "BestEffort",
    "startTime": "2026-01-01T00:00:01Z"
  }
}
""")


def test_whole_pod():
    found = pod_view(PULLING_FAILS)
    assert (found.name, found.namespace, found.uid) == ("etl-g1-4f7a9-load-2-s4536lzq", "team", "6a1f")
    assert found.attempt_of == AttemptRef(RunRef("team", "etl-g1-4f7a9", "0d5c2b8e"), "load", None, 2)
    assert (found.version, found.phase, found.node) == (48213, "Pending", "node-1")
    assert (found.created_at, found.scheduled_at) == (START, START + 1)
    assert found.container == ContainerState(
        waiting="ImagePullBackOff", message='Back-off pulling image "busybux": ErrImagePull: not found'
    )
    assert not found.terminal
    assert not found.deleting


@pytest.mark.parametrize(
    ("status", "container"),
    [
        (accepted(), ContainerState()),
        (waiting("ContainerCreating"), ContainerState(waiting="ContainerCreating")),
        (running(started=4), ContainerState(started_at=START + 4)),
        (
            exited(3, message="bye", started=4, ended=9),
            ContainerState(started_at=START + 4, finished_at=START + 9, exit_code=3, reason="Error", message="bye"),
        ),
    ],
)
def test_container_main(status, container):
    assert seen(status).container == container


def test_container_that_the_kubelet_lost_track_of_has_no_times():
    status = exited(137, "ContainerStatusUnknown")
    status["containerStatuses"][0]["state"]["terminated"] |= {"startedAt": None, "finishedAt": None}
    container = seen(status).container
    assert (container.exit_code, container.started_at, container.finished_at) == (137, None, None)


def test_only_main_counts_among_the_users_own_containers():
    status = running(started=4)
    status["containerStatuses"].insert(0, {"name": "proxy", "state": {"terminated": {"exitCode": 1}}})
    assert seen(status).container == ContainerState(started_at=START + 4)


def test_why_no_node_takes_it():
    found = seen(unschedulable("0/3 nodes are available: 3 Insufficient cpu."))
    assert found.unschedulable == "0/3 nodes are available: 3 Insufficient cpu."
    assert found.scheduled_at is None


@pytest.mark.parametrize("type_", ["DisruptionTarget", "TerminationTarget"])
@pytest.mark.parametrize(("status", "disruption"), [("True", "Taint manager: deleting"), ("False", "")])
def test_disruption_counts_while_its_condition_is_true(type_, status, disruption):
    condition = {
        "type": type_,
        "status": status,
        "reason": "DeletionByTaintManager",
        "message": "Taint manager: deleting",
    }
    assert seen(running() | {"conditions": [condition]}).disruption == disruption


@pytest.mark.parametrize(
    ("finalizers", "shown"),
    [(["example.com/a", "b"], "example.com/a"), ([], ""), ([7], ""), ("none", ""), (["x" * 300], "x" * 99 + "…")],
)
def test_a_finalizer_is_named(finalizers, shown):
    kept = pod(being_deleted(running()))
    kept["metadata"]["finalizers"] = finalizers
    assert pod_view(kept).finalizer == shown


def test_deletion_is_dated_from_when_it_was_asked_for():
    """The API server writes when the grace period will have ended."""
    found = seen(being_deleted(running(), asked=5, grace=30))
    assert found.deletion_asked_at == START + 5
    assert found.deleting


@pytest.mark.parametrize(
    ("phase", "terminal"),
    [("Pending", False), ("Running", False), ("Unknown", False), ("Succeeded", True), ("Failed", True)],
)
def test_terminal_is_what_no_kubelet_starts_again(phase, terminal):
    assert seen({"phase": phase}).terminal is terminal


def test_long_messages_are_cut_since_thousands_are_held_in_memory():
    found = seen(exited(1, message="x" * 5000))
    assert len(found.container.message) <= 256
    assert found.container.message.endswith("…")


@pytest.mark.parametrize("labels", [{}, {"sluice.dev/attempt": "first"}, {"sluice.dev/attempt": ""}])
def test_pod_that_a_stranger_labelled_belongs_to_no_task(labels):
    stranger = pod(accepted())
    stranger["metadata"] |= {"labels": labels, "ownerReferences": []}
    found = pod_view(stranger)
    assert (found.attempt_of, found.run, found.attempt) == (None, None, 0)
