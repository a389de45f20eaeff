"""A Pool's status and the words of those who wait for it follow its use, but not each step of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.resources.pools import PoolController
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.quota.waiters import QueuePosition, Request
from sluice.core.spec.identity import RunIdentity
from tests.controller.clock import HOUR, Hands
from tests.controller.server import Server

KEY = Key("team", "database")


def pool(version: int, slots: int) -> Any:
    metadata = {"namespace": "team", "name": "database", "uid": "u1", "resourceVersion": str(version)}
    metadata |= {"generation": slots, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return object_view({"metadata": metadata, "spec": {"slots": slots}})


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_its_own_status_is_no_news_of_a_pool():
    asyncio.run(its_own_status_is_no_news_of_a_pool())


async def its_own_status_is_no_news_of_a_pool() -> None:
    told: list[Any] = []
    hands = Hands()
    server = Server()
    cache = Cache()
    pools = PoolController(server, cache, SharedLimits(), told.append, hands.clock)  # type: ignore[arg-type]
    cache.subscribe("pools", pools.pool_changed)
    working = [
        asyncio.create_task(pools.queue.run(pools.write)),
        asyncio.create_task(pools.waiters_queue.run(pools.notify_waiters)),
    ]
    try:
        cache.pools.upsert(pool(1, slots=2))
        async with asyncio.timeout(60):
            while not server.patches:  # a timer of no time stands before its first write
                await settled()
        assert ([status["slots"] for status in server.patches], len(told)) == ([2], 1)
        cache.pools.upsert(pool(200, slots=2))
        await settled()
        assert (len(server.patches), len(told)) == (1, 1)  # its status is written once a second
        cache.pools.upsert(pool(300, slots=3))
        await settled()
        assert len(told) == 2  # those who wait may have something else to say at once
    finally:
        for each in working:
            each.cancel()


@pytest.mark.parametrize("set_by_s", [-HOUR, 0.0, HOUR])
@pytest.mark.parametrize(("after_s", "due_s"), [(0.0, [1.0, 10.0]), (1.0, [0.0, 9.0]), (10.0, [-9.0, 0.0])])
async def test_a_clock_that_is_set_delays_no_status_of_a_pool(monkeypatch, set_by_s, after_s, due_s):
    hands, server, cache = Hands(), Server(), Cache()
    pools = PoolController(server, cache, SharedLimits(), lambda _: None, hands.clock)  # type: ignore[arg-type]
    cache.pools.upsert(pool(1, slots=2))
    await pools.write(KEY)
    await pools.notify_waiters(KEY)
    hands.set_by(set_by_s)
    hands.wait(after_s)
    delays: list[float] = []
    for queue in (pools.queue, pools.waiters_queue):
        monkeypatch.setattr(queue, "add_after", lambda _, delay_s: delays.append(delay_s))
    pools.usage_changed(PoolKey(*KEY))
    assert delays == due_s


async def test_where_many_wait_the_first_hear_what_is_new_at_each_turn_and_all_in_the_end() -> None:
    """Else each slot that changes hands would have all of them write their status."""
    told: list[list[str]] = []
    hands, server, cache, shared = Hands(), Server(), Cache(), SharedLimits()
    pools = PoolController(server, cache, shared, lambda runs: told.append([run.name for run in runs]), hands.clock)  # type: ignore[arg-type]
    cache.pools.upsert(pool(1, slots=1))
    shared.set_pool(PoolKey(*KEY), 1, "Runs")
    for number in range(251):
        waits(shared, f"run-{number:03}", number)
    pools.usage_changed(PoolKey(*KEY))
    for _ in range(3):
        await pools.notify_waiters(KEY)
    assert [len(each) for each in told] == [100, 110, 60]
    assert {name for each in told for name in each} == {f"run-{number:03}" for number in range(1, 251)}
    assert told[2][:10] == [f"run-{number:03}" for number in range(1, 11)]
    assert pools._news == {}  # nobody is left to be told


def waits(shared: SharedLimits, name: str, number: int) -> None:
    run = RunIdentity(name, "team", f"uid-{name}", "etl", {}, started_at=float(number))
    position = QueuePosition(0, 0.0, float(number), run.uid, (), -1)
    shared.grant_run(Request(run, WaitKey((("database", 1),)), position), float(number))
