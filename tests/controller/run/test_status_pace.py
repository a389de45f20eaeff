"""When the status of a run is written again: by elapsed time, however the clock on the wall is set."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.controller.informers.cache import Cache
from sluice.controller.informers.cluster import Cluster
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.run.event_handler import RunEventHandler
from sluice.controller.run.live import LiveRun, LiveRuns
from sluice.controller.run.status_writer import StatusWriter
from sluice.core.base.times import rfc3339
from sluice.core.quota.shared_limits import SharedLimits
from tests.controller.clock import HOUR, Hands
from tests.controller.server import Server
from tests.core import kubelet, world

RUN = kubelet.RUN
KEY = Key(RUN.namespace, RUN.name)


class World:
    """A run whose status has been written once."""

    def __init__(self) -> None:
        self.hands, self.server, cache = Hands(), Server(), Cache()
        metadata = {"namespace": KEY.namespace, "name": KEY.name, "uid": RUN.uid, "resourceVersion": "1"}
        seen = object_view({"metadata": metadata, "spec": {"workflow": "etl"}})
        cache.runs.upsert(seen)
        lives = LiveRuns(cache)
        cluster = Cluster(self.server, cache, self.server, self.hands.clock)  # type: ignore[arg-type]
        self.writer = StatusWriter(cluster, lives, None, None, None, lambda _: None)  # type: ignore[arg-type]
        self.run = world.run("a >> b")
        self.live = LiveRun(seen, self.run.run, "w", {}, 1)
        lives.add(self.live)
        runs: WorkQueue[Key] = WorkQueue("runs", of="run", clock=self.hands.clock)
        self.handler = RunEventHandler(runs, lives, self.writer, SharedLimits(), None)  # type: ignore[arg-type]

    async def written(self) -> World:
        self.run.starts()
        await self.writer.write(KEY)
        assert len(self.server.patches) == 1
        return self


def by_news_of_the_run(one: World) -> None:
    one.writer.write_in_turn(one.live)


def by_news_of_a_pool(one: World) -> None:
    one.handler.reasons_changed([RUN])


@pytest.mark.parametrize("news", [by_news_of_the_run, by_news_of_a_pool])
@pytest.mark.parametrize("set_by_s", [-HOUR, 0.0, HOUR])
@pytest.mark.parametrize(("after_s", "due_s"), [(0.0, 1.5), (1.0, 0.5), (2.0, 0.0)])
async def test_a_clock_that_is_set_delays_no_status(
    monkeypatch: pytest.MonkeyPatch, news: Any, set_by_s: float, after_s: float, due_s: float
):
    one = await World().written()
    one.hands.set_by(set_by_s)
    one.hands.wait(after_s)
    delays: list[float] = []
    monkeypatch.setattr(one.writer.queue, "add_after", lambda _, delay_s: delays.append(max(delay_s, 0.0)))
    news(one)
    assert delays == [due_s]


async def test_what_is_written_down_is_the_time_on_the_wall():
    one = World()
    one.hands.set_by(-HOUR)
    await one.written()
    (patch,) = one.server.patches
    assert {each["lastTransitionTime"] for each in patch["conditions"]} == {rfc3339(one.hands.wall)}
