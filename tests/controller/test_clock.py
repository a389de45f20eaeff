"""Who waits for a time looks again when the clock is set, and not before its time otherwise."""

import asyncio

import pytest

from sluice.controller.clock import watch_clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.workflow.schedule import ScheduleTrigger
from sluice.core.base.times import rfc3339
from tests.controller.clock import HOUR, Hands

KEY = Key("team", "etl")


@pytest.mark.parametrize(("set_by_s", "times"), [(HOUR, 1), (-HOUR, 1), (0.5, 0)])
async def test_a_clock_that_is_set_is_told_once(set_by_s, times):
    hands, told = Hands(), []
    watching = asyncio.create_task(watch_clock(hands.clock, lambda: told.append(hands.wall), look_s=0))
    for moved_s in (0, set_by_s, 0, 0):
        await asyncio.sleep(0)
        hands.wait(10)
        hands.set_by(moved_s)
    await asyncio.sleep(0)
    watching.cancel()
    assert len(told) == times


async def test_whatever_waits_for_a_time_has_its_turn_when_the_clock_is_set():
    hands, calls, done = Hands(), [], asyncio.Event()
    queue: WorkQueue[Key] = WorkQueue("due", of="run", clock=hands.clock)

    async def work(_key):
        calls.append(hands.wall)
        done.set()

    queue.add_at(KEY, due_at := hands.wall + 24 * HOUR)
    hands.set_by(25 * HOUR)
    queue.clock_was_set()
    working = asyncio.create_task(queue.run(work))
    async with asyncio.timeout(60):
        await done.wait()
    working.cancel()
    assert calls == [due_at + HOUR]
    assert len(queue) == 0


def test_an_idle_schedule_is_looked_at_at_its_next_time_and_not_before():
    hands, cache, asked = Hands(), Cache(), []
    metadata = {"namespace": "team", "name": "etl", "uid": "uid-of-etl", "resourceVersion": "1", "generation": 1}
    body = {"metadata": metadata | {"creationTimestamp": rfc3339(hands.wall)}, "status": {}}
    cache.workflows.upsert(object_view(body | {"spec": {"schedule": {"cron": "0 2 * * *"}}}))
    ScheduleTrigger(cache, "Run", lambda key, at: asked.append((key, at)), hands.clock).look(cache.workflows[KEY])
    assert asked == [(KEY, hands.wall + 2 * HOUR)]
