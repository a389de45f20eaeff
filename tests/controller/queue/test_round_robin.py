"""Whoever waits for its turn waits for at most one of each other namespace, however many of them there are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sluice.controller.clock import Clock
from sluice.controller.kube.objects import Key
from sluice.controller.queue.round_robin import FairQueue, FairSemaphore
from sluice.controller.queue.workqueue import WorkQueue

FLOOD = 1500
Serve = Callable[[list[str]], Awaitable[list[str]]]


async def by_queue(arrivals: list[str]) -> list[str]:
    queue: FairQueue[str] = FairQueue()
    for namespace in arrivals:
        queue.put(namespace, namespace)
    return [await queue.get() for _ in arrivals]


async def by_semaphore(arrivals: list[str]) -> list[str]:
    semaphore, served = FairSemaphore(1), []

    async def one(namespace: str) -> None:
        async with semaphore.turn(namespace):
            served.append(namespace)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for namespace in arrivals:
            group.create_task(one(namespace))
    return served


async def by_workqueue(arrivals: list[str]) -> list[str]:
    queue: WorkQueue[Key] = WorkQueue("flooded", of="run", clock=Clock())
    served: list[str] = []
    done = asyncio.Event()

    async def work(key: Key) -> None:
        served.append(key.namespace)
        if len(served) == len(arrivals):
            done.set()

    for number, namespace in enumerate(arrivals):
        queue.add(Key(namespace, f"run-{number}"))
    working = asyncio.create_task(queue.run(work))
    await done.wait()
    await asyncio.sleep(0)
    working.cancel()
    assert (len(queue), queue.ahead_of("flood")) == (0, 0)
    return served


@pytest.mark.parametrize("serve", [by_queue, by_semaphore, by_workqueue])
@pytest.mark.parametrize(
    ("arrivals", "begins"),
    [
        (["flood"] * FLOOD + ["other"], ["flood", "other", "flood"]),
        (["flood"] * FLOOD + ["b", "b", "c"], ["flood", "b", "c", "flood", "b", "flood", "flood"]),
    ],
)
async def test_the_first_of_another_namespace_comes_next(serve: Serve, arrivals: list[str], begins: list[str]):
    served = await serve(arrivals)
    assert served[: len(begins)] == begins
    assert sorted(served) == sorted(arrivals)


async def test_who_is_cancelled_takes_no_turn_with_it():
    semaphore = FairSemaphore(1)
    served = []

    async def one(name: str) -> None:
        async with semaphore.turn("team"):
            served.append(name)

    async with semaphore.turn("team"):
        waiting = [asyncio.create_task(one(name)) for name in "abc"]
        await asyncio.sleep(0)
        waiting[0].cancel()  # while it waits
    waiting[1].cancel()  # just as it is given its turn
    await asyncio.gather(*waiting, return_exceptions=True)
    await one("d")
    assert served == ["c", "d"]


@pytest.mark.parametrize(
    ("planned", "ahead"),
    [
        ({}, 0),
        ({"flood": FLOOD}, 0),
        ({"flood": FLOOD, "other": 1}, 2),
        ({"flood": FLOOD, "other": 1, "third": 1}, 3),
        ({"other": FLOOD}, FLOOD),
    ],
)
async def test_a_flood_of_one_namespace_sets_no_other_back(planned: dict[str, int], ahead: int):
    """How many come before one more of namespace `other`; of the flood half has its turn at a later time."""
    queue: WorkQueue[Key] = WorkQueue("paced", of="run", clock=Clock())
    for namespace, count in planned.items():
        for number in range(count):
            if number % 2:
                queue.add_after(Key(namespace, f"run-{number}"), 3600)
            else:
                queue.add(Key(namespace, f"run-{number}"))
    assert queue.ahead_of("other") == ahead
