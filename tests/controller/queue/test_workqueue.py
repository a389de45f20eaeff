"""Pauses of a queue go by elapsed time, however the clock on the wall is set."""

import asyncio

import pytest

from sluice.controller.kube.objects import Key
from sluice.controller.queue.workqueue import WORKERS, WorkQueue
from sluice.core.base.errors import SluiceError
from tests.controller.clock import HOUR, Hands

KEY = Key("team", "etl")


@pytest.mark.parametrize("set_by_s", [-4 * HOUR, 4 * HOUR])
async def test_a_clock_that_is_set_delays_no_retry(set_by_s):
    hands, calls, done = Hands(), [], asyncio.Event()
    queue: WorkQueue[Key] = WorkQueue("retried", of="run", clock=hands.clock)

    async def work(key):
        calls.append(key)
        if len(calls) == 1:
            queue.add_at(key, hands.wall + 2 * HOUR)
            hands.set_by(set_by_s)
            raise SluiceError("busy")
        done.set()

    queue.add(KEY)
    working = asyncio.create_task(queue.run(work))
    async with asyncio.timeout(60):
        await done.wait()
    working.cancel()
    assert calls == [KEY, KEY]


async def test_a_request_gets_on_while_all_workers_begin_what_takes_long():
    """It takes several turns of the event loop."""
    hands, seen = Hands(), []
    queue: WorkQueue[Key] = WorkQueue("long", of="workflow", clock=hands.clock)

    async def work(_key):
        hands.wait(0.3)
        seen.append("begun")

    async def request():
        while True:
            seen.append("turn")
            await asyncio.sleep(0)

    for number in range(WORKERS):
        queue.add(Key("team", f"w{number}"))
    beside = [asyncio.create_task(request()), *(asyncio.create_task(queue.run(work)) for _ in range(WORKERS))]
    async with asyncio.timeout(10):
        while seen.count("begun") < WORKERS:
            await asyncio.sleep(0)
    for task in beside:
        task.cancel()
    turns = [len(part) for part in " ".join(seen).replace("turn", "t").replace(" ", "").split("begun")[2:-1]]
    assert min(turns) > 5
