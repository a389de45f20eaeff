"""Pods that do not start are looked into one by one, and not too many of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

from sluice.controller.kube.client import ApiError
from sluice.controller.run.slow_starts import SlowStarts
from sluice.core.pod.create_errors import CreateError
from sluice.core.reconcile.actions import Delete, LookIntoStart
from tests.controller.clock import Hands
from tests.core.kubelet import waiting
from tests.core.world import World, run

CLOCK = Hands().clock
EVENT = {"type": "Warning", "reason": "FailedMount", "message": "no such volume"}


class Server:
    """It has one Event of each pod, and answers when it is let. A run's files are as `refused` says."""

    def __init__(self, answers: Any = None, refused: Any = None) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers = answers or {"items": [EVENT]}
        self.may_answer = asyncio.Event()
        self.refused = refused
        self.seen_to: list[int] = []
        self.deleted: list[Delete] = []

    async def get(self, path: str, **params: str) -> Any:
        self.asked.append((path, params))
        await self.may_answer.wait()
        if isinstance(self.answers, Exception):
            raise self.answers
        return self.answers

    async def refusal(self, _run: Any, number: int) -> Any:
        self.seen_to.append(number)
        return self.refused

    def delete(self, _run: Any, what: Delete) -> None:
        self.deleted.append(what)


def look(uid: str = "uid-of-a", *, files: bool = False) -> LookIntoStart:
    return LookIntoStart(0, 1, uid, files)


def does_not_start() -> World:
    world = run("a, b")
    world.decide()
    world.sees("a", waiting("ContainerCreating"))
    world.decide()
    return world


async def looked(server: Server, *looks: tuple[World, LookIntoStart]) -> list[str]:
    """Returns which runs had news."""
    told: list[str] = []
    starts = SlowStarts(server, server, server, lambda key: told.append(key.name), CLOCK)  # type: ignore[arg-type]
    worker = asyncio.create_task(starts.run())
    for world, each in looks:
        starts.look(world.run, each)
    server.may_answer.set()
    for _ in range(1000):  # turns of the loop
        await asyncio.sleep(0)
    worker.cancel()
    return told


def test_the_newest_warning_of_a_pod_is_news_for_its_run() -> None:
    async def story() -> None:
        server, world = Server(), does_not_start()
        told = await looked(server, (world, look()))
        assert world.task("a").warning == "FailedMount: no such volume"
        assert told == [world.run.identity.name]
        wanted = {"fieldSelector": "involvedObject.uid=uid-of-a,type=Warning", "limit": "100"}
        assert server.asked == [("/api/v1/namespaces/team/events", wanted)]
        assert server.seen_to == []

    asyncio.run(story())


def test_files_are_seen_to_before_anybody_is_asked() -> None:
    async def story() -> None:
        server, world = Server(), does_not_start()
        await looked(server, (world, look(files=True)))
        assert (server.seen_to, len(server.asked), server.deleted) == ([0], 1, [])
        assert world.task("a").warning == "FailedMount: no such volume"

    asyncio.run(story())


def test_files_that_are_not_to_be_had_say_more_than_the_kubelet() -> None:
    async def story() -> None:
        server, world = Server(refused=(CreateError.NAME_TAKEN, "delete it")), does_not_start()
        told = await looked(server, (world, look(files=True)))
        assert (world.task("a").warning, server.asked, server.deleted) == ("NameTaken: delete it", [], [])
        assert told == [world.run.identity.name]

    asyncio.run(story())


def test_a_pod_whose_files_nobody_has_is_deleted() -> None:
    async def story() -> None:
        server, world = Server(refused=(CreateError.FILES_GONE, "apply what it was")), does_not_start()
        await looked(server, (world, look(files=True)))
        pod = world.task("a").pod
        assert server.deleted == [Delete(pod.name, pod.uid)]

    asyncio.run(story())


def test_an_operator_that_may_not_read_events_goes_on_without() -> None:
    async def story() -> None:
        server, world = Server(ApiError(403, "Forbidden", "events is forbidden")), does_not_start()
        told = await looked(server, (world, look("one")), (world, look("two")))
        assert (world.task("a").warning, told, len(server.asked)) == ("", [], 2)

    asyncio.run(story())


def test_of_thousands_that_do_not_start_a_few_of_each_namespace_are_looked_into() -> None:
    async def story() -> None:
        server, world, neighbour = Server(), does_not_start(), does_not_start()
        neighbour.run.identity = replace(neighbour.run.identity, namespace="neighbour")
        await looked(server, *((world, look(f"uid-{number}")) for number in range(10_000)), (neighbour, look()))
        asked = Counter(path.split("/")[4] for path, _ in server.asked)
        assert asked == {"team": 100, "neighbour": 1}

    asyncio.run(story())
