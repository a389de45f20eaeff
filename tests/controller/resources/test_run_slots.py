"""Runs hold slots from their start to their end, as the cache shows it, whoever tells it and in whatever order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.resources.run_slots import RunSlots
from sluice.core.base.ownership import AttemptRef, RunRef
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from tests.core.counting import calls

ONE = {"warehouse": 1}


def graph(calls: str) -> Any:
    """One task for each Workflow that it calls, or one that works."""
    called = [{"name": f"run-{name}", "workflow": {"name": name}} for name in calls.split()]
    return {"tasks": called or [{"name": "work", "image": "busybox"}]}


class World:
    """A pool of one slot, and a Workflow of which each run holds it."""

    def __init__(self) -> None:
        self.cache = Cache()
        self.cache.subscribe("workflowruns", lambda key: self.slots.run_changed(key))  # noqa: PLW0108  # there are others
        self.cache.workflows.subscribe(lambda change: self.slots.workflow_changed(change))  # noqa: PLW0108  # as above
        self.woken: list[str] = []
        self.told: list[str] = []
        self.version = 0
        self.restarts()
        self.has("etl", warehouse=1)

    def restarts(self) -> None:
        """The operator is another process now, which has the same LIST."""
        self.shared = SharedLimits(wake=lambda run: self.woken.append(run.name))
        self.shared.set_pool(PoolKey("team", "warehouse"), 1, "Runs")
        self.slots = RunSlots(self.cache, self.shared, lambda run: self.told.append(run.name))
        for key in self.cache.runs:
            self.slots.run_changed(key)

    def has(self, name: str, *, calls: str = "", concurrency: Any = None, **pools: int) -> None:
        """A Workflow, with its calls and the slots that each of its runs asks for."""
        spec: Any = {"pools": [{"name": pool, "slots": slots} for pool, slots in pools.items()], **graph(calls)}
        if concurrency is not None:
            spec["concurrency"] = concurrency
        self.cache.workflows.upsert(object_view(self._body(name, spec)))

    def sees(self, name: str, *, uid: str = "", parent: str = "", workflow: str = "etl", **status: Any) -> None:
        body = self._body(name, {"workflow": workflow}, status)
        body["metadata"]["uid"] = uid or f"uid-of-{name}"
        view = object_view(body)
        if parent:
            view = replace(view, attempt_of=AttemptRef(RunRef("team", parent, f"uid-of-{parent}"), "t", None, 1))
        self.cache.runs.upsert(view)

    def goes(self, name: str) -> None:
        self.cache.runs.delete(self.cache.runs[Key("team", name)])

    def asks(self, name: str, calls: str = "") -> Any:
        run = self.cache.runs[Key("team", name)]
        identity = RunIdentity(name, "team", run.uid, run.spec["workflow"], {})
        return self.slots.ask(run, identity, Definition.of(graph(calls)))

    def faults(self, name: str, calls: str = "") -> list[str]:
        return list(map(str, self.slots.faults(self.cache.runs[Key("team", name)], Definition.of(graph(calls)))))

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


def test_run_asks_for_what_it_may_call_and_what_that_may_call_holds_as_well() -> None:
    world = World()
    world.has("etl", calls="middle", warehouse=1)
    world.has("middle", calls="leaf gone", lab=1)
    world.has("leaf", lab=2, warehouse=1)
    for pool in ("lab", "warehouse"):
        world.shared.set_pool(PoolKey("team", pool), 3, "Runs")
    world.sees("a")
    assert world.asks("a", calls="middle") == (("lab", 2), ("warehouse", 1))


def test_run_that_was_called_takes_no_slots_whoever_else_beneath_the_same_run_has_them() -> None:
    world = World()
    world.sees("a", pools=ONE, workflow="top")
    world.sees("middle", parent="a", workflow="middle")
    for name in ("one", "other"):
        world.sees(name, parent="middle")
        assert (world.faults(name), world.asks(name)) == ([], ())
    assert world.holders == ["a"]


@pytest.mark.parametrize("held", [{}, {"warehouse": 1}])
def test_run_that_was_called_fails_for_what_the_run_at_the_top_does_not_hold(held: dict[str, int]) -> None:
    world = World()
    world.has("etl", warehouse=2)
    world.sees("a", pools=held, workflow="top")
    world.sees("middle", parent="a", workflow="middle")
    world.sees("child", parent="middle")
    words = f"of which run 'a' above it holds {held.get('warehouse', 0)}; what a run may call is looked up once"
    asks = "spec.workflow: asks as a run for 2 of pool 'warehouse'"
    assert world.faults("child") == [f"{asks}, {words}, at its start: start 'a' anew"]


def test_who_names_a_run_as_its_caller_by_another_uid_has_nothing_of_what_it_holds() -> None:
    world = World()
    world.sees("a", pools=ONE)
    world.sees("child", parent="a")
    world.sees("a", uid="another", pools=ONE)
    assert len(world.faults("child")) == 1


@pytest.mark.parametrize(("concurrency", "faults"), [({"maxRuns": 1}, 1), ({"policy": "Allow"}, 0), (None, 0)])
def test_circle_of_calls_with_concurrency_refuses_the_run(concurrency: Any, faults: int) -> None:
    world = World()
    world.has("one", calls="two")
    world.has("two", calls="one", concurrency=concurrency)
    world.sees("a")
    assert len(world.faults("a", calls="one")) == faults


def test_run_that_waits_is_told_when_a_workflow_changes_that_it_may_call() -> None:
    world = World()
    world.has("etl", calls="leaf")
    world.has("leaf", warehouse=2)
    for name in ("a", "b"):
        world.sees(name)
    assert world.asks("a", calls="leaf") == "Pool: warehouse has 1 slot, 2 are asked for"
    world.has("other")
    assert world.told == []
    world.has("leaf", warehouse=1)
    assert world.told == ["a"]
    assert world.asks("a", calls="leaf") == (("warehouse", 1),)
    world.has("leaf")
    assert world.told == ["a"]


def test_run_that_lost_its_place_stands_in_no_line_for_slots() -> None:
    world = World()
    for name in ("a", "b", "c"):
        world.sees(name)
        world.asks(name)
    world.slots.withdraw(world.cache.runs[Key("team", "b")])
    world.goes("a")
    assert world.woken == ["c"]


def test_what_a_workflow_calls_is_worked_out_once_for_all_runs() -> None:
    world = World()
    leaves = " ".join(f"leaf-{number}" for number in range(200))
    world.has("many", calls=leaves, warehouse=1)
    for name in ("a", "b", "c"):
        world.sees(name)
    first = calls(lambda: world.asks("a", calls="many"))
    assert first - calls(lambda: world.asks("b", calls="many")) > 200
    world.has("many", calls=leaves, warehouse=2)  # but not for ever
    assert world.asks("c", calls="many") == "Pool: warehouse has 1 slot, 2 are asked for"
