"""Pauses of a queue go by elapsed time, however the clock on the wall is set."""

import asyncio

import pytest

from sluice.controller.kube import workqueue
from sluice.controller.kube.objects import Key
from sluice.controller.kube.workqueue import WorkQueue
from sluice.core.base.errors import SluiceError

KEY = Key("team", "etl")


@pytest.mark.parametrize("set_by_s", [-4 * 3600.0, 4 * 3600.0])
async def test_a_clock_that_is_set_delays_no_retry(monkeypatch, set_by_s):
    wall, calls, done = [1_000_000.0], [], asyncio.Event()
    monkeypatch.setattr(workqueue.time, "time", lambda: wall[0])
    queue: WorkQueue[Key] = WorkQueue("retried", of="run")

    async def work(key):
        calls.append(key)
        if len(calls) == 1:
            queue.add_at(key, wall[0] + 7200)
            wall[0] += set_by_s
            raise SluiceError("busy")
        done.set()

    queue.add(KEY)
    working = asyncio.create_task(queue.run(work))
    async with asyncio.timeout(60):
        await done.wait()
    working.cancel()
    assert calls == [KEY, KEY]
