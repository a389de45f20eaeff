"""Queues come to rest, and leave others their turn until they do: the whole controller, before a server that takes all
patches.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from sluice.controller.clock import Clock
from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.settings import Settings
from sluice.controller.wiring import Controller, Work, wire
from tests.controller.server import Server

BORN = "2026-01-01T00:00:00Z"


def controller() -> Controller:
    return wire(Settings(), cast("KubeClient", Server()), (), Clock())


def found(of: Controller, name: str) -> tuple[WorkQueue[Key], Work]:
    return next((queue, work) for queue, work in of.queues.items() if queue.name == name)


def body(name: str, spec: Any, status: Any = None, **metadata: Any) -> Any:
    metadata = {"namespace": "team", "name": name, "uid": f"uid-of-{name}", "resourceVersion": "1", **metadata}
    return {"metadata": {"generation": 1, "creationTimestamp": BORN, **metadata}, "spec": spec, "status": status or {}}


def ended(name: str, parent: str) -> Any:
    owner = {"apiVersion": "sluice.dev/v1alpha1", "kind": "WorkflowRun", "name": parent, "uid": f"uid-of-{parent}"}
    status = {"phase": "Stopped", "finishedAt": BORN}
    return body(name, {"workflow": "etl"}, status, ownerReferences=[owner | {"controller": True}])


@pytest.mark.parametrize("circle", [["a"], ["a", "b", "c"]])
async def test_ended_runs_that_own_each_other_come_to_rest(circle: list[str]) -> None:
    operator, looks = controller(), []
    queue, work = found(operator, "runs")

    async def counted(key: Key) -> None:
        looks.append(key)
        await work(key)

    for name, parent in zip(circle, [*circle[1:], circle[0]], strict=True):
        operator.cache.runs.upsert(object_view(ended(name, parent)))
    working = asyncio.create_task(queue.run(counted))
    for _ in range(100):
        await asyncio.sleep(0)
    working.cancel()
    assert {key.name for key in looks} == set(circle)
    assert (len(looks), len(queue)) == (len(circle), 0)


async def test_a_worker_leaves_others_their_turn_though_its_work_waits_for_nothing() -> None:
    queue: WorkQueue[Key] = WorkQueue("turns", of="run", clock=Clock())
    looks: list[Key] = []

    async def work(key: Key) -> None:
        looks.append(key)

    for number in range(100):
        queue.add(Key("team", str(number)))
    working = asyncio.create_task(queue.run(work))
    turns = 0
    while len(looks) < 100:
        await asyncio.sleep(0)
        turns += 1
    working.cancel()
    assert turns >= 50


async def test_of_a_workflow_that_is_deleted_no_timer_is_left() -> None:
    operator = controller()
    queue, work = found(operator, "workflows")
    spec = {"tasks": [{"name": "a", "image": "x"}], "schedule": {"cron": "0 0 29 2 *"}}
    operator.cache.workflows.upsert(object_view(body("etl", spec)))
    working = asyncio.create_task(queue.run(work))
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(queue) == 1  # for the 29th of February
    operator.cache.workflows.delete(operator.cache.workflows[Key("team", "etl")])
    for _ in range(100):
        await asyncio.sleep(0)
    working.cancel()
    assert len(queue) == 0
