"""Pods and child runs that somebody takes from their run: one without its owner counts as gone, the run goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.run.child_runs import child_view
from sluice.controller.run.event_handler import RunEventHandler
from sluice.controller.run.live import LiveRun, LiveRuns
from sluice.core.base.naming import LABEL_ATTEMPT, LABEL_TASK, owner_reference
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.run.task_state import TaskStep
from tests.core.kubelet import RUN, Json, exited, pod, pod_view, running
from tests.core.world import World, run

DATABASE = PoolKey(RUN.namespace, "database")
AGAIN: Json = {"retries": {"infrastructure": 1}}


class Queue(list[Any]):
    add = list.append


def watched(world: World) -> tuple[Cache, Queue]:
    """The run is in memory, and hears of pods and runs. Returns them, and the keys of runs that have news."""
    cache, told = Cache(), Queue()
    live = LiveRuns(cache)
    body = {"metadata": {"namespace": RUN.namespace, "name": RUN.name, "uid": RUN.uid, "resourceVersion": "1"}}
    seen = object_view(body | {"spec": {"workflow": "etl"}, "status": {}})
    live.add(LiveRun(seen, world.run, "", {}, 1))
    handler = RunEventHandler(told, live, None, world.run.shared, None)  # type: ignore[arg-type]
    cache.pods.subscribe(handler.pod_changed)
    cache.runs.subscribe(handler.run_changed)
    return cache, told


def without_owner(body: Json, version: int) -> Json:
    metadata = {key: value for key, value in body["metadata"].items() if key != "ownerReferences"}
    return body | {"metadata": metadata | {"resourceVersion": str(version)}}


@pytest.mark.parametrize("deleted", [False, True])
def test_a_pod_without_its_owner_counts_as_lost_and_holds_its_slots_while_it_runs(*, deleted: bool) -> None:
    shared, beneath = SharedLimits(), SharedLimits()
    shared.set_pool(DATABASE, 1)
    world = run("a", fields={"a": AGAIN | {"pools": [{"name": "database"}]}}, shared=shared)
    cache, told = watched(world)
    world.decide()
    body = pod(running(), world.task("a").definition, version=5)
    cache.pods.upsert(pod_view(body))
    world.decide()
    last = pod_view(without_owner(body, 6))
    (cache.pods.delete if deleted else cache.pods.upsert)(last)
    assert told[-1] == Key(RUN.namespace, RUN.name)
    world.decide()
    assert world.task("a").last.message.startswith("somebody has changed the owner or the labels of its pod")
    assert world.steps["a"] is TaskStep.BACKOFF
    assert shared.usage(DATABASE).used == (0 if deleted else 1)
    tree = PoolKey(RUN.namespace, "run/top/uid-of-top")
    holds = replace(pod_view(body), pools=(("database", 1), (tree.name, 1)))
    for live, used in ((holds, 1), (last, 1), (replace(last, phase="Succeeded"), 0)):
        beneath.observe_pod(live)
        assert beneath.usage(tree).used == used
    after_restart = SharedLimits()
    after_restart.set_pool(DATABASE, 1)
    after_restart.observe_pod(last, known=False)
    assert after_restart.usage(DATABASE).used == 1
    assert world.decided(after=60) == (["create a/2"] if deleted else [])
    cache.pods.delete(last)
    assert world.decided() == ([] if deleted else ["create a/2"])


def test_a_pod_that_had_ended_by_then_has_ended() -> None:
    world = run("a", fields={"a": {"outputs": ["k"], "outputsFrom": "Log"}})
    cache, _ = watched(world)
    world.decide()
    body = pod(exited(1), world.task("a").definition, version=5)
    cache.pods.upsert(pod_view(body))
    cache.pods.upsert(pod_view(without_owner(body, 6)))
    world.decide()
    assert world.task("a").last.message == "exit code 1"


def test_a_child_run_without_its_owner_counts_as_lost() -> None:
    world = run("a", fields={"a": AGAIN | {"workflow": {"name": "other"}}})
    cache, told = watched(world)
    world.decide()
    name = world.run.tasks.pod_name(0)
    metadata = {"namespace": RUN.namespace, "name": name, "uid": "uid-of-child", "resourceVersion": "4"}
    owned = {"ownerReferences": [owner_reference("WorkflowRun", RUN.name, RUN.uid)]}
    body = {"metadata": metadata | owned, "spec": {"workflow": "other"}, "status": {"phase": "Succeeded"}}
    cache.runs.upsert(object_view(body))  # by its name and owner alone it is nobody's, as both can be written by hand
    world.decide()
    assert (told, world.task("a").child) == ([], None)
    labels = {LABEL_TASK: "a", LABEL_ATTEMPT: "1"}
    body = body | {"metadata": metadata | owned | {"labels": labels}, "status": {"phase": "Running"}}
    cache.runs.upsert(replace(object_view(body), version=5))
    world.decide()
    assert world.task("a").child.phase == "Running"
    cache.runs.upsert(object_view(without_owner(body, 6)))
    assert told[-1] == Key(RUN.namespace, RUN.name)
    world.decide()
    assert world.task("a").last.message.startswith("somebody has changed the owner or the labels of its run")
    assert world.decided(after=60) == ["create a/2"]


def test_a_child_run_that_is_being_deleted_is_seen_so() -> None:
    metadata = {"namespace": RUN.namespace, "name": "r", "uid": "u", "resourceVersion": "5"}
    for deleting in (False, True):
        dated = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleting else {}
        assert child_view(object_view({"metadata": metadata | dated, "spec": {}})).deleting is deleting
