"""Where the attempt goes that follows one that the cluster ended."""

import pytest

from tests.core.kubelet import accepted, being_deleted, disrupted, exited, running, unschedulable
from tests.core.pod.test_builder import pod
from tests.core.world import run

WISH = {
    "weight": 100,
    "preference": {"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["node-1"]}]},
}
OWN = {"weight": 1, "preference": {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}}
MUST = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b"]}]}]}
PREFERRED, REQUIRED = (
    "preferredDuringSchedulingIgnoredDuringExecution",
    "requiredDuringSchedulingIgnoredDuringExecution",
)


@pytest.mark.parametrize(
    ("own", "affinity"),
    [
        (None, {"nodeAffinity": {PREFERRED: [WISH]}}),
        ({"podAffinity": {}}, {"podAffinity": {}, "nodeAffinity": {PREFERRED: [WISH]}}),
        ({"nodeAffinity": {REQUIRED: MUST}}, {"nodeAffinity": {REQUIRED: MUST, PREFERRED: [WISH]}}),
        ({"nodeAffinity": {PREFERRED: [OWN]}}, {"nodeAffinity": {PREFERRED: [OWN, WISH]}}),
    ],
)
def test_wish_to_go_elsewhere_stands_beside_the_users_own(own, affinity):
    template = {"spec": {"affinity": own}} if own else {}
    assert pod(podTemplate=template, before={"avoid_node": "node-1"})["spec"]["affinity"] == affinity


def test_first_attempt_may_go_anywhere():
    assert "affinity" not in pod()["spec"]


@pytest.mark.parametrize(
    ("last", "avoided"),
    [
        (disrupted(exited(143)), "node-1"),
        (being_deleted(running()), "node-1"),
        (running(), "node-1"),  # lost
        (exited(1), ""),
        (exited(137, "OOMKilled"), ""),
        (being_deleted(unschedulable()), ""),  # it had none
    ],
)
def test_node_is_avoided_where_the_cluster_ended_the_last_attempt(last, avoided):
    world = run("a", fields={"a": {"retries": {"limit": 3}}})
    world.starts()
    world.loses("a", last)
    world.decide()
    assert world.task("a").avoid_node == avoided
    world.writes()
    assert world.stored["tasks"]["a"].get("avoidNode", "") == avoided


def test_node_is_forgotten_once_the_next_pod_exists():
    world = run("a")
    world.starts()
    world.loses("a", running())
    world.decide()
    world.decide(after=1)
    assert world.task("a").avoid_node == "node-1"
    world.sees("a", accepted())
    world.decide()
    world.writes()
    assert world.task("a").avoid_node == ""
    assert "avoidNode" not in world.stored["tasks"]["a"]
