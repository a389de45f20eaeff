"""A run of which the work raises, whatever the bug: it is read afresh, its status says so, and all others go on."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.informers.cluster import Cluster
from sluice.controller.kube.client import ApiError
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.run.crashes import RunCrashes
from sluice.controller.run.event_handler import RunEventHandler
from sluice.controller.run.live import LiveRun, LiveRuns
from sluice.core.base.errors import SluiceError
from sluice.core.base.naming import LABEL_ATTEMPT, LABEL_DEPTH, LABEL_TASK, pod_name
from sluice.core.quota.shared_limits import SharedLimits
from tests.core import kubelet, world

RUN = kubelet.RUN
KEY = Key(RUN.namespace, RUN.name)
ACCEPTED = {"type": "Accepted", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}


class World:
    """A run that is in memory, with an API server that has a newer version of it. `broken` makes its work raise."""

    def __init__(self, name: str = RUN.name) -> None:
        self.key, self.now, self.broken, self.gone = Key(RUN.namespace, name), 1000.0, True, False
        self.version, self.reads, self.done = 7, 0, 0
        self.patches: list[Any] = []
        self.events: list[tuple[str, ...]] = []
        self.retries: list[tuple[Key, float]] = []
        self.cache = Cache()
        self.cache.runs.upsert(object_view(self._body()))
        self.live = LiveRuns(self.cache)
        self.crashes = RunCrashes(
            Cluster(self, self.cache, self, Clock(monotonic=lambda: self.now)),  # type: ignore[arg-type]
            self.live,
            lambda key, wait_s: self.retries.append((key, wait_s)),
        )
        self.work, self.write = self.crashes.guarded(self._reconcile), self.crashes.proven(self._write)

    def _body(self) -> Any:
        metadata = {"namespace": "team", "name": self.key.name, "uid": RUN.uid, "resourceVersion": str(self.version)}
        return {"metadata": metadata, "spec": {"workflow": "etl"}, "status": {"conditions": [ACCEPTED]}}

    async def get(self, _path: str) -> Any:
        self.reads += 1
        if self.gone:
            raise ApiError(404, "NotFound", "")
        return self._body()

    async def patch(self, _path: str, body: Any) -> Any:
        self.patches.append(body)
        self.version += 1
        return self._body()

    def record(self, *event: Any) -> None:
        self.events.append(event[2:])

    async def _reconcile(self, key: Key) -> None:
        if key == self.key and self.broken:
            raise KeyError("a bug")
        self.done += 1
        if key in self.cache.runs:
            self.opens(key)

    async def _write(self, _key: Key) -> None:
        pass

    def opens(self, key: Key) -> LiveRun:
        if (live := self.live.get(key)) is None:
            live = LiveRun(self.cache.runs[key], world.run("a >> b").run, "w", {}, self.version)
            self.live.add(live)
        return live

    async def crash(self, times: int = 1) -> None:
        for _ in range(times):
            self.now += 100
            with pytest.raises(KeyError):
                await self.work(self.key)


async def test_it_is_dropped_and_read_afresh_before_it_is_tried_again():
    one = World()
    before = one.opens(one.key)
    await one.crash()
    assert one.live.get(one.key) is None
    assert before.run.closed
    one.broken, one.version, one.now = False, 12, one.now + 100
    await one.work(one.key)
    await one.work(one.key)
    assert (one.reads, one.cache.runs[one.key].version, one.done) == (1, 12, 2)
    assert one.opens(one.key) is not before


async def test_it_waits_longer_each_time_whatever_news_there_is():
    one = World()
    await one.crash(3)
    assert [wait_s for _, wait_s in one.retries] == [0.2, 0.4, 0.8]
    one.broken = False
    await one.work(one.key)  # news before its time
    assert one.done == 0
    assert one.retries[-1] == (one.key, pytest.approx(0.8))


async def test_others_go_on():
    one, other = World(), Key("team", "other")
    await one.crash()
    await one.work(other)
    assert one.done == 1


async def test_after_three_times_its_status_says_so_with_the_logs_line():
    one = World()
    await one.crash(2)
    assert one.patches == []
    await one.crash()
    (patch,) = one.patches
    accepted, reconciling, stalled = patch["status"]["conditions"]
    assert accepted == ACCEPTED
    assert (reconciling["type"], reconciling["status"]) == ("Reconciling", "False")
    assert (stalled["type"], stalled["status"], stalled["reason"]) == ("Stalled", "True", "InternalError")
    assert "KeyError: 'a bug' (test_crashes.py:" in stalled["message"]
    assert [event[1] for event in one.events] == ["InternalError"]


async def test_a_status_that_could_be_written_proves_that_it_is_all_right():
    one = World()
    for _ in range(3):
        await one.crash(2)
        one.broken, one.now = False, one.now + 100
        await one.work(one.key)
        await one.write(one.key)
        one.broken = True
    assert one.patches == []


async def test_an_answer_of_the_server_is_no_bug():
    one = World()
    one.opens(one.key)

    async def busy(_: Key) -> None:
        raise SluiceError("busy")

    with pytest.raises(SluiceError):
        await one.crashes.guarded(busy)(one.key)
    assert one.live.get(one.key) is not None


async def test_one_that_is_gone_is_forgotten():
    one = World()
    await one.crash()
    one.gone, one.broken, one.now = True, False, one.now + 100
    await one.work(one.key)
    await one.work(one.key)
    assert (one.reads, one.key in one.cache.runs, one.crashes._crashes) == (1, False, {})


async def test_news_that_cannot_be_taken_in_drop_the_run_and_stop_nobody(monkeypatch):
    one, shared = World(), SharedLimits()
    live = one.opens(KEY)
    handler = RunEventHandler(WorkQueue("tried", of="run", clock=Clock()), one.live, None, shared, one.crashes)  # type: ignore[arg-type]
    monkeypatch.setattr(type(live.run.pods), "observe", lambda *_: 1 / 0)
    one.cache.pods.subscribe(handler.pod_changed)
    one.cache.pods.upsert(kubelet.seen(kubelet.running()))
    assert one.live.get(KEY) is None
    assert one.retries == [(KEY, 0.2)]


def test_the_runs_of_one_that_is_read_anew_are_not_stopped_for_it():
    one = World()
    owner = {"apiVersion": "sluice.dev/v1alpha1", "kind": "WorkflowRun", "name": RUN.name, "uid": RUN.uid}
    metadata = {"namespace": "team", "name": "child", "uid": "c", "resourceVersion": "3"}
    metadata |= {"ownerReferences": [owner | {"controller": True}]}
    made = {"labels": {LABEL_TASK: "call", LABEL_ATTEMPT: "1", LABEL_DEPTH: "1"}}
    made["name"] = pod_name(RUN.name, RUN.uid, "call", 1)
    child = object_view({"metadata": metadata | made, "spec": {"workflow": "sub"}})
    assert one.live.desired_state(child)[0] == "Suspended"
    disowned = {name: value for name, value in (metadata | made).items() if name != "ownerReferences"}
    assert one.live.desired_state(object_view({"metadata": disowned, "spec": {"workflow": "sub"}}))[0] == "Stopped"
    one.cache.runs.delete(one.cache.runs[one.key])
    assert one.live.desired_state(child)[0] == "Stopped"
