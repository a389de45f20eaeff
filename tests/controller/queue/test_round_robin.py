"""Whoever waits for its turn waits for at most one of each other namespace, however many of them there are."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from sluice.controller.clock import Clock
from sluice.controller.kube.objects import Key
from sluice.controller.queue.round_robin import FairQueue, FairSemaphore, RoundRobin
from sluice.controller.queue.workqueue import WORKERS, WorkQueue

FLOOD = 1500
Serve = Callable[[list[str]], Awaitable[list[str]]]


async def by_queue(arrivals: list[str]) -> list[str]:
    queue: FairQueue[str] = FairQueue(1)
    served = []
    for namespace in arrivals:
        queue.put(namespace, namespace)
    for _ in arrivals:
        async with queue.turn() as namespace:
            served.append(namespace)
    return served


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


async def hanging_queue(arrivals: list[str], served: list[str]) -> None:
    queue: FairQueue[str] = FairQueue(WORKERS)
    for namespace in arrivals:
        queue.put(namespace, namespace)

    async def worker() -> None:
        while True:
            async with queue.turn() as namespace:
                served.append(namespace)
                await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(worker())


async def hanging_semaphore(arrivals: list[str], served: list[str]) -> None:
    semaphore = FairSemaphore(WORKERS)

    async def one(namespace: str) -> None:
        async with semaphore.turn(namespace):
            served.append(namespace)
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        for namespace in arrivals:
            group.create_task(one(namespace))


async def hanging_workqueue(arrivals: list[str], served: list[str]) -> None:
    queue: WorkQueue[Key] = WorkQueue("hanging", of="run", clock=Clock())
    for number, namespace in enumerate(arrivals):
        queue.add(Key(namespace, f"run-{number}"))

    async def work(key: Key) -> None:
        served.append(key.namespace)
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(queue.run(work))


@pytest.mark.parametrize("serve", [hanging_queue, hanging_semaphore, hanging_workqueue])
@pytest.mark.parametrize(
    ("arrivals", "under_way"),
    [
        (["slow"] * FLOOD, {"slow": 12}),
        (["slow"] * FLOOD + ["other"], {"slow": 12, "other": 1}),
        ([f"slow-{number}" for number in range(40)], {f"slow-{number}": 1 for number in range(WORKERS)}),
    ],
)
async def test_turns_that_hang_leave_some_for_other_namespaces(
    serve: Callable[[list[str], list[str]], Awaitable[None]], arrivals: list[str], under_way: dict[str, int]
):
    served: list[str] = []
    serving = asyncio.create_task(serve(arrivals, served))
    for _ in range(len(arrivals)):
        await asyncio.sleep(0)
    serving.cancel()
    assert Counter(served) == under_way


@pytest.mark.parametrize(
    ("limit", "hanging", "each"),
    [(1, 1, [1]), (2, 1, [2]), (32, 1, [24]), (32, 2, [14, 14]), (32, 4, [8, 8, 7, 7]), (32, 9, [*[4] * 4, *[3] * 5])],
)
def test_the_more_namespaces_hang_the_fewer_turns_has_each(limit: int, hanging: int, each: list[int]):
    order: RoundRobin[int] = RoundRobin(limit)
    for namespace in range(hanging):
        for number in range(FLOOD):
            order.add(f"slow-{namespace}", number)
    under_way: Counter[str] = Counter()
    while (namespace := order.next) is not None:
        order.begin(namespace)
        under_way[namespace] += 1
    assert list(under_way.values()) == each
    if sum(each) < limit:
        order.add("other", 0)
        assert order.next == "other"


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
