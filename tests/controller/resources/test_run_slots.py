"""Runs hold slots from their start to their end, as the cache shows it, whoever tells it and in whatever order."""

from __future__ import annotations

from typing import Any

from sluice.controller.kube.cache import Cache
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.resources.run_slots import RunSlots
from sluice.core.base.naming import owner_reference
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity

GRAPH = Definition.of({"tasks": [{"name": "work", "image": "busybox"}]})
ONE = {"warehouse": 1}


class World:
    """A pool of one slot, and a Workflow of which each run holds it."""

    def __init__(self) -> None:
        self.cache = Cache()
        self.cache.subscribe("workflowruns", lambda key: self.slots.run_changed(key))  # noqa: PLW0108  # there are others
        self.woken: list[str] = []
        self.version = 0
        self.restarts()
        self.cache.workflows.upsert(object_view(self._body("etl", {"pools": [{"name": "warehouse"}]})))

    def restarts(self) -> None:
        """The operator is another process now, which has the same LIST."""
        self.shared = SharedLimits(wake=lambda run: self.woken.append(run.name))
        self.shared.set_pool(PoolKey("team", "warehouse"), 1)
        self.slots = RunSlots(self.cache, self.shared)
        for key in self.cache.runs:
            self.slots.run_changed(key)

    def sees(self, name: str, *, uid: str = "", parent: str = "", **status: Any) -> None:
        body = self._body(name, {"workflow": "etl"}, status)
        body["metadata"]["uid"] = uid or f"uid-of-{name}"
        if parent:
            owner = owner_reference("WorkflowRun", parent, f"uid-of-{parent}")
            body["metadata"]["ownerReferences"] = [owner]
        self.cache.runs.upsert(object_view(body))

    def goes(self, name: str) -> None:
        self.cache.runs.delete(self.cache.runs[Key("team", name)])

    def asks(self, name: str) -> Any:
        run = self.cache.runs[Key("team", name)]
        return self.slots.ask(run, RunIdentity(name, "team", run.uid, "etl", {}), GRAPH)

    @property
    def holders(self) -> list[str]:
        return self.shared.usage(PoolKey("team", "warehouse")).holders

    def _body(self, name: str, spec: Any, status: Any = None) -> Any:
        self.version += 1
        metadata = {
            "namespace": "team",
            "name": name,
            "uid": f"uid-of-{name}",
            "resourceVersion": str(self.version),
            "generation": self.version,
            "creationTimestamp": "2026-01-01T00:00:00Z",
        }
        return {"metadata": metadata, "spec": spec, "status": status or {}}


def test_one_goes_and_the_other_says_for_whom_it_waits() -> None:
    world = World()
    world.sees("a")
    world.sees("b")
    assert world.asks("a") == (("warehouse", 1),)
    assert world.asks("b") == "Pool: warehouse 1/1, held by a"


def test_end_of_a_run_wakes_the_next() -> None:
    world = World()
    for name in ("a", "b"):
        world.sees(name)
        world.asks(name)
    world.sees("a", pools=ONE, startedAt="2026-01-01T00:00:01Z")
    assert world.woken == []
    world.sees("a", pools=ONE, phase="Stopped")
    assert world.woken == ["b"]
    assert world.asks("b") == (("warehouse", 1),)


def test_list_after_a_restart_says_who_holds_what() -> None:
    world = World()
    world.sees("a", pools=ONE)
    world.sees("b", pools=ONE, phase="Succeeded")
    world.sees("c")
    world.restarts()
    assert world.holders == ["a"]
    assert world.asks("c") == "Pool: warehouse 1/1, held by a"


def test_run_that_is_gone_holds_nothing_nor_waits() -> None:
    world = World()
    for name in ("a", "b", "c"):
        world.sees(name)
        world.asks(name)
    world.goes("b")
    world.goes("a")
    assert world.woken == ["c"]
    assert world.holders == []


def test_another_run_by_the_name_of_one_that_held_slots_asks_for_its_own() -> None:
    world = World()
    world.sees("a", pools=ONE)
    world.sees("a", uid="another")
    assert world.holders == []


def test_what_a_run_above_holds_is_not_asked_for() -> None:
    world = World()
    world.sees("a", pools=ONE)
    world.sees("child", parent="a")
    world.sees("grandchild", parent="child")
    assert world.asks("grandchild") == ()
