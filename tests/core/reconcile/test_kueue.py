"""Pods that go through a queue of Kueue's, as Kueue leaves them: gated, admitted, preempted."""

import pytest

from sluice.core.pod.builder import build_pod
from sluice.core.pod.outcome import pod_outcome
from sluice.core.spec.ending import Ending
from sluice.core.status.run_status import task_status
from tests.core.kubelet import RUN, TASK, accepted, being_deleted, exited, running, seen, unschedulable
from tests.core.quota.test_shared_limits import Limits
from tests.core.world import run

QUEUED = {"queueName": "batch"}
WEEK = 7 * 24 * 3600


def gated():
    words = "Scheduling is blocked due to non-empty scheduling gates"
    condition = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "message": words}
    return {"phase": "Pending", "conditions": [condition]}


def preempted(status):
    """Kueue says so, and then deletes the pod."""
    words = "Preempted to accommodate a higher priority Workload"
    condition = {"type": "TerminationTarget", "status": "True", "reason": "StoppedByKueue", "message": words}
    return status | {"conditions": [*status["conditions"], condition]}


def queued(**fields):
    world = run("a", fields={"a": QUEUED | fields})
    world.starts()
    return world


def why(world):
    return task_status(world.run, 0).get("reason")


def test_pod_has_kueues_label():
    (task,) = run("a", fields={"a": QUEUED}).run.definition.tasks
    assert build_pod(RUN, task, 1)["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "batch"
    assert "kueue.x-k8s.io/queue-name" not in build_pod(RUN, TASK, 1)["metadata"]["labels"]


def test_gated_pod_waits_without_limit_and_says_where():
    world = queued(pendingTimeout="1m")
    world.sees("a", gated())
    assert world.decided(after=WEEK) == []
    assert why(world) == "Queued: in Kueue's queue batch"


def test_admitted_pod_that_finds_no_node_is_kueues_to_take_back():
    """When it was admitted is nowhere to be read, so a limit could only count from its creation."""
    world = queued(pendingTimeout="1m")
    world.sees("a", unschedulable("0/3 nodes are available"))
    assert world.decided(after=WEEK) == []
    assert why(world) == "Unschedulable: 0/3 nodes are available"


def test_gates_of_others_are_waited_for_as_well():
    world = run("a")
    world.starts()
    world.sees("a", gated())
    assert world.decided(after=WEEK) == []
    assert why(world) == "Gated: its pod waits for somebody to remove its scheduling gates"


@pytest.mark.parametrize("restarts", [False, True])
def test_when_a_gate_is_lifted_patience_begins(restarts):
    held = {"pendingTimeout": "10m", "podTemplate": {"spec": {"schedulingGates": [{"name": "example.com/quota"}]}}}
    world = run("a", fields={"a": held})
    world.starts()
    world.sees("a", gated())
    assert world.decided(after=WEEK) == []
    world.writes()
    world.sees("a", unschedulable("0/3 nodes are available"))
    if restarts:
        world = world.restarted()
    assert world.decided() == []
    assert world.decided(after=599) == []
    assert world.decided(after=1) == ["delete a/1"]


def test_a_gate_that_others_put_on_and_lifted_is_noticed():
    world = run("a", fields={"a": {"pendingTimeout": "10m"}})
    world.starts()
    for status in (accepted(), gated(), unschedulable("0/3 nodes are available")):
        world.sees("a", status)
        assert world.decided(after=599) == []
    assert world.decided(after=1) == []
    assert world.decided(after=600) == ["delete a/1"]


def test_gated_pod_holds_its_slots():
    limits = Limits(a=1)
    world = run("a", fields={"a": QUEUED | {"pools": [{"name": "a"}]}}, shared=limits)
    world.starts()
    world.sees("a", gated())
    assert limits.used("a") == 1


@pytest.mark.parametrize(
    "status",
    [
        preempted(exited(143)),
        preempted(exited(0)),  # answered SIGTERM with 0: its work is not done
        preempted(gated()),
        being_deleted(preempted(gated())),
        being_deleted(preempted(running())),
    ],
)
def test_preempted_pod_is_made_again_without_charge(status):
    world = queued()
    world.loses("a", status)
    world.decide()
    assert task_status(world.run, 0)["message"].endswith("Preempted to accommodate a higher priority Workload")
    assert world.decided(after=2) == ["create a/2"]
    assert (world.task("a").used.limit, world.task("a").used.infrastructure) == (0, 0)


def test_preemption_is_no_second_start_for_what_may_start_once():
    world = run("a", fields={"a": QUEUED | {"retries": {"execution": "AtMostOnce"}}})
    world.decide()
    world.writes()
    world.starts()
    world.loses("a", being_deleted(preempted(running())))
    assert world.decide().finished
    assert world.phases == {"a": "Failed"}


def test_eviction_by_others_is_charged_as_ever():
    assert pod_outcome(seen(preempted(exited(143)))).ending is Ending.PREEMPTED
    assert pod_outcome(seen(being_deleted(exited(143)))).ending is Ending.INFRASTRUCTURE
