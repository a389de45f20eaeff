"""The probe fails when the work no longer goes on, and for nothing else. The clock is the test's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from sluice.controller.informers import pod_informer
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import ApiError
from sluice.controller.kube.objects import Key
from sluice.controller.observability.endpoints import serve_health
from sluice.controller.observability.liveness import Liveness, WatchHealth
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.shutdown import Shutdown
from sluice.core.base.errors import Unanswered

MINUTE = 60.0


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Server:
    """Plays the API server: each watch goes on as `watch` says, and each LIST finds nothing or is refused."""

    def __init__(self, watch: Callable[[], AsyncIterator[Any]], *, lists: bool = True) -> None:
        self._watch, self._lists = watch, lists

    async def snapshot(self, _view: Any, _path: str, **_: str) -> tuple[list[Any], str]:
        await asyncio.sleep(0)
        if not self._lists:
            raise ApiError(403, "Forbidden", "no more")
        return [], "1"

    def watch(self, _path: str, _version: str, **_: str) -> AsyncIterator[Any]:
        return self._watch()


class Over(Exception):
    """The hour of the test has passed."""


async def an_hour_of(server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the probe said at the end of it."""
    passes(clock, 0)
    monkeypatch.setattr(pod_informer, "_PAUSE_S", 0.0)
    watch = WatchHealth(clock)  # type: ignore[arg-type]
    with pytest.raises(Over):
        await pod_informer.run_pod_informer(server, Cache().pods, "", asyncio.Event(), watch, clock)  # type: ignore[arg-type]
    return Liveness({"": watch}, (), Shutdown()).troubles()


def passes(clock: Clock, seconds: float) -> None:
    clock.now += seconds
    if clock.now > 60 * MINUTE:
        raise Over


async def test_a_watch_on_an_idle_cluster_is_healthy(clock, monkeypatch):
    async def bookmarks() -> AsyncIterator[Any]:
        while True:
            passes(clock, MINUTE)
            yield {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "7"}}}

    assert await an_hour_of(Server(bookmarks), clock, monkeypatch) == []


async def test_a_watch_that_is_opened_and_tells_nothing_is_stuck(clock, monkeypatch):
    async def silence() -> AsyncIterator[Any]:
        passes(clock, 90)
        raise Unanswered("nothing for 90 s")
        yield

    (trouble,) = await an_hour_of(Server(silence), clock, monkeypatch)
    assert trouble.startswith("the watch for pods is silent for ")


async def test_pods_that_cannot_be_listed_are_noticed(clock, monkeypatch):
    async def never() -> AsyncIterator[Any]:
        raise AssertionError
        yield

    class Refusing(Server):
        async def snapshot(self, view: Any, path: str, **params: str) -> tuple[list[Any], str]:
            passes(clock, MINUTE)
            return await super().snapshot(view, path, **params)

    assert len(await an_hour_of(Refusing(never, lists=False), clock, monkeypatch)) == 1


def test_the_watch_of_each_namespace_is_looked_at(clock):
    watches = {"a": WatchHealth(clock), "b": WatchHealth(clock)}
    for watch in watches.values():
        watch.heard()
    clock.now += 5 * MINUTE
    assert Liveness(watches, (), Shutdown()).troubles() == []
    watches["b"].heard()
    clock.now += MINUTE
    assert Liveness(watches, (), Shutdown()).troubles() == ["the watch for pods in a is silent for 360 s"]


def test_an_operator_that_stands_by_is_healthy(clock):
    clock.now += 60 * MINUTE
    assert Liveness({"": WatchHealth(clock)}, (), Shutdown()).troubles() == []


async def stuck_after(minutes: float, clock: Clock, keys: int, workers: int) -> Any:
    """The queue and its workers after some minutes in which each piece of work hangs."""
    hanging: WorkQueue[Key] = WorkQueue("hanging", of="run", clock=clock)  # type: ignore[arg-type]
    for number in range(keys):
        hanging.add(Key("team", f"run-{number}"))
    working = [asyncio.create_task(hanging.run(lambda _: asyncio.Event().wait())) for _ in range(workers)]  # type: ignore[arg-type]
    for _ in range(3):
        await asyncio.sleep(0)
    clock.now += minutes * MINUTE
    troubles = Liveness({}, (hanging,), Shutdown()).troubles()
    for worker in working:
        worker.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    return troubles


async def test_work_that_hangs_is_noticed(clock):
    assert await stuck_after(9, clock, keys=1, workers=2) == []
    assert await stuck_after(11, clock, keys=1, workers=2) == ["the work of queue hanging is stuck for 660 s"]


async def test_work_that_nobody_begins_is_noticed(clock):
    assert len(await stuck_after(11, clock, keys=1, workers=0)) == 1


async def test_an_idle_queue_is_not_stuck(clock):
    assert await stuck_after(60, clock, keys=0, workers=2) == []


async def test_the_probe_s_answer_says_what_is_stuck(clock):
    watch = WatchHealth(clock)  # type: ignore[arg-type]
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port = some.getsockname()[1]
    server = await serve_health(port, Liveness({"": watch}, (), Shutdown()))
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/healthz"
        async with session.get(url) as answer:
            assert (answer.status, await answer.text()) == (200, "ok")
        watch.heard()
        clock.now += 6 * MINUTE
        async with session.get(url) as answer:
            assert (answer.status, await answer.text()) == (503, "the watch for pods is silent for 360 s")
    await server.cleanup()
