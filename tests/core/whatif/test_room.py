"""Does the most that is asked for fit: on the nodes, and into the quotas?"""

import pytest

from sluice.core.pod.needs import Needs, needs_of
from sluice.core.pod.room import Usage
from sluice.core.whatif.peak import Peak
from sluice.core.whatif.room import Fit, Shortage, fit, shortages

GI = 1024**3


def node(name, cpu="4", memory="8Gi", **more):
    spec = {key: more[key] for key in ("unschedulable", "taints") if key in more}
    ready = [{"type": "Ready", "status": more.get("ready", "True")}]
    status = {"allocatable": {"cpu": cpu, "memory": memory, "pods": more.get("pods", "110")}, "conditions": ready}
    return {"metadata": {"name": name}, "spec": spec, "status": status}


def pod(where, cpu, phase="Running"):
    containers = [{"name": "main", "resources": {"requests": {"cpu": cpu}}}]
    return {"spec": {"nodeName": where, "containers": containers}, "status": {"phase": phase}}


def most(cpu, memory=0, pods=1, largest=None):
    return Peak(pods, Needs(cpu, memory), ("load", largest or Needs(cpu, memory)), ())


def free_nodes(nodes, pods):
    usage = Usage()
    for pod in pods:
        usage.add([pod])
    return usage.free(nodes)


def test_what_runs_on_a_node_is_not_free():
    nodes = free_nodes([node("a"), node("b", pods="1")], [pod("a", "1500m"), pod("b", "1"), pod("a", "4", "Succeeded")])
    assert [(each.name, each.free, each.pods) for each in nodes] == [
        ("a", Needs(2500, 8 * GI), 109),
        ("b", Needs(3000, 8 * GI), 0),
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"unschedulable": True},
        {"ready": "Unknown"},
        {"taints": [{"key": "control-plane", "effect": "NoSchedule"}]},
    ],
)
def test_a_node_that_takes_no_pods_does_not_count(more):
    assert free_nodes([node("a", **more)], []) == []
    assert free_nodes([node("a", taints=[{"key": "x", "effect": "PreferNoSchedule"}])], [])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (most(6000, largest=Needs(2000)), Fit(True, 2, Needs(8000, 16 * GI), 2)),
        (most(9000, largest=Needs(2000)), Fit(False, 2, Needs(8000, 16 * GI), 2)),
        (most(6000, largest=Needs(6000)), Fit(False, 2, Needs(8000, 16 * GI), 0)),
        (most(100, pods=300, largest=Needs(1)), Fit(False, 2, Needs(8000, 16 * GI), 2)),
    ],
)
def test_it_fits_if_all_together_and_the_largest_alone_have_room(asked, expected):
    assert fit(asked, free_nodes([node("a"), node("b")], [])) == expected


def quota(hard, used, **spec):
    return {"metadata": {"name": "team"}, "spec": spec, "status": {"hard": hard, "used": used}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (quota({"requests.cpu": "8"}, {"requests.cpu": "2"}), []),
        (quota({"requests.cpu": "8"}, {"requests.cpu": "5"}), [Shortage("team", "cpu", 3000, 6000)]),
        (quota({"cpu": "8", "requests.cpu": "3"}, {"cpu": "1"}), [Shortage("team", "cpu", 3000, 6000)]),
        (quota({"pods": "10"}, {"pods": "12"}), [Shortage("team", "pods", 0, 4)]),
        (quota({"memory": "1Gi"}, {}), [Shortage("team", "memory", GI, 2 * GI)]),
        (quota({"pods": "1"}, {}, scopes=["Terminating"]), []),
        (quota({"secrets": "1"}, {}), []),
    ],
)
def test_a_quota_that_leaves_less_is_named(found, expected):
    assert list(shortages(most(6000, 2 * GI, pods=4), [found])) == expected


def test_a_pod_asks_for_its_containers_or_its_largest_init_container():
    def container(cpu, **more):
        return {"resources": {"requests": {"cpu": cpu}}, **more}

    spec = {
        "containers": [container("100m"), {"resources": {"limits": {"cpu": "200m", "memory": "1Gi"}}}],
        "initContainers": [container("1"), container("50m", restartPolicy="Always")],
        "overhead": {"cpu": "10m"},
    }
    assert needs_of(spec) == Needs(1010, GI)
    assert needs_of({"containers": spec["containers"]}) == Needs(300, GI)
    assert needs_of({"containers": "x", "overhead": 3}) == Needs()
