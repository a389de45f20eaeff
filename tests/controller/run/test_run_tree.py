"""The pods of runs that are still to be opened, after a restart, count for the `parallelism` of those above them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.run.live import LiveRuns
from sluice.core.base.ownership import AttemptRef, RunRef
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.run_tree import tree_pool
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.spec.identity import RunIdentity
from tests.core.kubelet import TASK, exited, running, seen

TREES = {
    "top": (("run/top/uid-of-top", 1),),
    "middle": (("run/middle/uid-of-middle", 1), ("run/top/uid-of-top", 1)),
    "inner": (("run/inner/uid-of-inner", 1), ("run/middle/uid-of-middle", 1), ("run/top/uid-of-top", 1)),
}


class World:
    """A run, its child, and that one's; each has one pod."""

    def __init__(self) -> None:
        self.cache = Cache()
        for version, (name, parent) in enumerate((("top", ""), ("middle", "top"), ("inner", "middle")), start=1):
            self.cache.runs.upsert(view(name, parent, version))
            self.cache.pods.upsert(pod(name))
        self.live = LiveRuns(self.cache)

    def run(self, name: str) -> Any:
        return self.cache.runs[Key("team", name)]


def view(name: str, parent: str, version: int, **status: Any) -> Any:
    metadata: Any = {"name": name, "namespace": "team", "uid": f"uid-of-{name}", "resourceVersion": str(version)}
    found = object_view({"metadata": metadata, "spec": {"workflow": "etl"}, "status": status})
    above = AttemptRef(RunRef("team", parent, f"uid-of-{parent}"), "call", None, 1)
    return replace(found, attempt_of=above) if parent else found


def pod(run: str, status: Any = None) -> Any:
    return seen(status or running(), TASK, run=RunIdentity(run, "team", f"uid-of-{run}", "etl", {}))


def test_what_the_pods_of_a_run_hold_for_those_above_it() -> None:
    world = World()
    assert {name: world.live.tree(world.run(name), calls=name != "inner") for name in TREES} == TREES
    assert world.live.tree(world.run("top"), calls=False) == ()  # nobody asks


def test_a_run_that_has_ended_caps_nobody() -> None:
    world = World()
    world.cache.runs.upsert(view("top", "", 9, phase="Succeeded"))
    assert world.live.tree(world.run("inner"), calls=False) == TREES["inner"][:2]


def test_pods_of_all_runs_beneath_that_are_not_opened_count() -> None:
    world, shared = World(), SharedLimits()
    top = world.run("top").ref
    shared.set_pool(PoolKey("team", tree_pool(top)), 5)
    for each in world.live.unopened_pods_beneath(top):
        shared.observe_pod(each, known=False)
    assert shared.live_pods(top) == 2
    shared.observe_pod(world.live.with_tree(pod("inner")), known=False)  # seen again
    assert shared.live_pods(top) == 2
    shared.observe_pod(world.live.with_tree(pod("inner", exited())), known=False)
    assert shared.live_pods(top) == 1
