"""Why pods do not start is asked of the API server one by one, and not of too many."""

from __future__ import annotations

import asyncio
from typing import Any

from sluice.controller.kube.client import ApiError
from sluice.controller.run.warning_reader import WarningReader
from sluice.core.reconcile.actions import ReadWarning
from tests.core.kubelet import waiting
from tests.core.world import run

EVENT = {"type": "Warning", "reason": "FailedMount", "message": "no such volume"}


class Server:
    """It has one Event of each pod, and answers when it is let."""

    def __init__(self, answers: Any = None) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers = answers or {"items": [EVENT]}
        self.may_answer = asyncio.Event()

    async def get(self, path: str, **params: str) -> Any:
        self.asked.append((path, params))
        await self.may_answer.wait()
        if isinstance(self.answers, Exception):
            raise self.answers
        return self.answers


async def read(server: Server, *looks: ReadWarning) -> tuple[Any, list[str]]:
    world = run("a, b")
    world.decide()
    world.sees("a", waiting("ContainerCreating"))
    world.decide()
    told: list[str] = []
    reader = WarningReader(server, lambda key: told.append(key.name))  # type: ignore[arg-type]
    worker = asyncio.create_task(reader.run())
    for look in looks:
        reader.read(world.run, look)
    server.may_answer.set()
    for _ in range(1000):  # turns of the loop
        await asyncio.sleep(0)
    worker.cancel()
    return world, told


def test_the_newest_warning_of_a_pod_is_news_for_its_run() -> None:
    async def story() -> None:
        server = Server()
        world, told = await read(server, ReadWarning(0, 1, "uid-of-a"))
        assert world.task("a").warning == "FailedMount: no such volume"
        assert told == [world.run.identity.name]
        wanted = {"fieldSelector": "involvedObject.uid=uid-of-a,type=Warning", "limit": "100"}
        assert server.asked == [("/api/v1/namespaces/team/events", wanted)]

    asyncio.run(story())


def test_an_operator_that_may_not_read_events_goes_on_without() -> None:
    async def story() -> None:
        server = Server(ApiError(403, "Forbidden", "events is forbidden"))
        world, told = await read(server, ReadWarning(0, 1, "one"), ReadWarning(0, 1, "two"))
        assert (world.task("a").warning, told, len(server.asked)) == ("", [], 2)

    asyncio.run(story())


def test_of_thousands_that_do_not_start_a_few_are_asked_about() -> None:
    async def story() -> None:
        server = Server()
        await read(server, *(ReadWarning(0, 1, f"uid-{number}") for number in range(10_000)))
        assert len(server.asked) == 100

    asyncio.run(story())
