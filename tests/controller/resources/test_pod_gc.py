"""Ended pods go when their time is up, in each namespace at its own pace."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import ApiError
from sluice.controller.kube.objects import ObjectView, object_view
from sluice.controller.resources.pod_gc import WORKERS, PodGarbageCollector
from sluice.controller.resources.sidecar_cleanup import SidecarCleanup
from tests.controller.clock import HOUR, Hands
from tests.core.kubelet import RUN, START, TASK, exited, seen

KEEP_S = 60


@dataclass
class Server:
    """It never answers about pods of namespace `slow`."""

    asked: list[str] = field(default_factory=list)

    async def delete(self, path: str, _uid: str) -> None:
        namespace = path.split("/")[4]
        self.asked.append(namespace)
        if namespace == "slow":
            await asyncio.Event().wait()


class World:
    def __init__(self) -> None:
        self.server, self.hands = Server(), Hands()
        self.hands.wall = START + 10
        kube: Any = self.server
        clock = self.hands.clock
        self.cache = Cache()
        self.gc = PodGarbageCollector(
            kube, self.cache, SidecarCleanup(kube, clock), clock, keep_succeeded_s=KEEP_S, keep_failed_s=KEEP_S
        )
        self.cache.pods.subscribe(self.gc.pod_changed)

    def ended(self, namespace: str, attempt: int = 1) -> None:
        self.gc.add(seen(exited(), TASK, attempt, run=replace(RUN, namespace=namespace, uid=f"uid-{namespace}")))

    async def deletes(self) -> list[str]:
        """The namespaces of the pods that it deletes now."""
        self.server.asked.clear()
        workers = [asyncio.create_task(self.gc.run_deletes()) for _ in range(WORKERS)]
        self.gc.hand_out()
        for _ in range(100):
            await asyncio.sleep(0)
        for worker in workers:
            worker.cancel()
        return self.server.asked


def ended_run() -> ObjectView:
    metadata = {"namespace": RUN.namespace, "name": RUN.name, "uid": RUN.uid, "resourceVersion": "9"}
    return object_view({"metadata": metadata, "spec": {"workflow": "etl"}, "status": {"phase": "Succeeded"}})


async def test_a_pod_goes_when_its_time_is_up():
    world = World()
    world.ended("team")
    world.hands.wait(KEEP_S - 1)
    assert await world.deletes() == []
    world.hands.wait(1)
    assert await world.deletes() == ["team"]


async def test_what_a_list_brings_of_a_run_that_has_ended_goes_in_time_and_is_not_kept_in_memory():
    world = World()
    world.cache.runs.upsert(ended_run())
    for version in (100, 200):
        world.cache.pods.replace([seen(exited(), TASK, attempt) for attempt in (1, 2, 3)], version)
        assert not world.cache.pods
    world.hands.wait(KEEP_S)
    assert await world.deletes() == ["team"] * 3


async def test_a_clock_that_is_set_back_keeps_no_pod_for_longer():
    world = World()
    world.hands.set_by(-HOUR)
    world.ended("team")
    world.hands.wait(KEEP_S)
    assert await world.deletes() == ["team"]


async def test_room_is_made_among_the_pods_that_are_there(monkeypatch):
    """Ended pods stay for a day; most of a full quota have been deleted before, to make room."""
    world, looked_at = World(), []

    def nsmallest(count, entries):
        looked_at.append(len(entries := list(entries)))
        return entries[:count]

    monkeypatch.setattr("sluice.controller.resources.pod_gc.heapq.nsmallest", nsmallest)
    world.ended("other")
    for attempt in range(1, 100):
        world.ended("team", attempt)
        assert await world.gc.make_room("team", 1)
    assert looked_at == [1] * 99
    assert not await world.gc.make_room("team", 1)


async def test_what_is_gone_does_not_pile_up():
    world = World()
    for attempt in range(1, 3000):
        world.ended("team", attempt)
        await world.gc.make_room("team", 1)
    assert len(world.gc._due) < 1500  # what a leak is made of


async def test_one_that_is_told_of_again_while_its_deletion_fails_is_counted_once():
    world = World()

    class Busy:
        async def delete(self, *_: object) -> None:
            world.ended("team")
            raise ApiError(500, "", "busy")

    world.gc._kube = Busy()
    world.ended("team")
    assert await world.gc.make_room("team", 1)
    assert world.gc._count == len(world.gc._there["team"]) == 1  # what a leak is made of


async def test_deletions_that_hang_leave_those_of_other_namespaces_alone():
    world = World()
    for attempt in range(1, 10):
        world.ended("slow", attempt)
    for attempt in range(1, 4):
        world.ended("team", attempt)
    world.hands.wait(KEEP_S)
    assert (await world.deletes()).count("team") == 3
