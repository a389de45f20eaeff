"""Behind 1,500 pods, child runs or logs of one namespace, that of another is next; at once, if they take long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from sluice.controller.clock import Clock
from sluice.controller.run.child_runs import ChildRunWriter
from sluice.controller.run.log_reader import LogReader
from sluice.controller.run.pod_writer import PodWriter
from sluice.core.pod.defaults import NO_DEFAULTS
from sluice.core.reconcile.actions import Delete, ReadLog

ARRIVALS = ["flood"] * 1500 + ["other"]


def run_in(namespace: str) -> Any:
    return SimpleNamespace(identity=SimpleNamespace(namespace=namespace, name="etl"), wants_log=lambda *_: True)


@dataclass
class Cancelled:
    """A create whose turn it is, and which is not wanted any more."""

    run: Any
    turns: list[str]

    def proceed(self) -> bool:
        self.turns.append(self.run.identity.namespace)
        return False


@dataclass
class Server:
    """It answers nobody."""

    turns: list[str] = field(default_factory=list)

    async def _answer(self, path: str) -> Any:
        self.turns.append(path.split("/")[4])
        await asyncio.Event().wait()

    async def delete(self, path: str, _uid: str) -> Any:
        return await self._answer(path)

    async def text(self, path: str, **_: str) -> Any:
        return await self._answer(path)


async def settled() -> None:
    for _ in range(2 * len(ARRIVALS)):
        await asyncio.sleep(0)


def pod_writer(server: Any) -> PodWriter:
    return PodWriter(server, None, None, None, None, NO_DEFAULTS, lambda _: None, Clock(), workers=1)  # type: ignore[arg-type]


def pods_made(server: Server) -> Any:
    writer = pod_writer(server)
    for namespace in ARRIVALS:
        writer.create(Cancelled(run_in(namespace), server.turns))  # type: ignore[arg-type]
    return writer.run_creates()


def child_runs_made(server: Server) -> Any:
    writer = ChildRunWriter(None, None, lambda _: None, Clock())  # type: ignore[arg-type]
    for namespace in ARRIVALS:
        writer.create(Cancelled(run_in(namespace), server.turns))  # type: ignore[arg-type]
    return writer.run()


def pods_deleted(server: Server) -> Any:
    writer = pod_writer(server)
    for namespace in ARRIVALS:
        writer.delete(run_in(namespace), Delete("pod", "uid"))
    return writer.run_deletes()


def logs_read(server: Server) -> Any:
    reader = LogReader(server, lambda _: None)  # type: ignore[arg-type]
    for namespace in ARRIVALS:
        reader.read(run_in(namespace), ReadLog(0, 1, "pod"))
    return reader.run()


@pytest.mark.parametrize(
    ("work", "at_once"), [(pods_made, 1), (child_runs_made, 1), (pods_deleted, 24), (logs_read, 12)]
)
async def test_the_first_of_another_namespace_comes_next(work: Callable[[Server], Any], at_once: int):
    server = Server()
    working = asyncio.create_task(work(server))
    await settled()
    working.cancel()
    assert server.turns[: at_once + 1] == ["flood"] * at_once + ["other"]
