"""Pauses of a queue go by elapsed time, however the clock on the wall is set."""

import asyncio

import pytest

from sluice.controller.kube.objects import Key
from sluice.controller.queue.workqueue import WorkQueue
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
