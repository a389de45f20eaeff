"""What runs of others mean for a Workflow's own: their places under `concurrency`, and successes that they wait for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, cast

import pytest

from sluice.api.schedule import ScheduleSpec
from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.settings import Settings
from sluice.controller.wiring import wire
from sluice.controller.workflow.places import learn_keys, unfinished_beside
from sluice.controller.workflow.schedule import ScheduleTrigger
from sluice.core.base.naming import LABEL_GENERATION, LABEL_SCHEDULED, graph_of, revision_name
from sluice.core.base.ownership import RunRef
from sluice.core.base.times import rfc3339
from sluice.core.triggers.schedule import Schedule
from tests.controller.clock import HOUR, Hands
from tests.controller.server import Server
from tests.core.counting import calls
from tests.core.kubelet import of_child

BORN = Hands().wall
ETL = Key("team", "etl")
STARTED = {"phase": "Running", "startedAt": rfc3339(BORN)}


def body(name: str, spec: Any, status: Any = None, owner: str = "") -> Any:
    metadata = {"namespace": "team", "name": name, "uid": f"uid-of-{name}", "resourceVersion": "1", "generation": 1}
    owners = [{"uid": owner, "controller": True}] if owner else []
    metadata |= {"creationTimestamp": rfc3339(BORN), "ownerReferences": owners}
    return {"metadata": metadata, "spec": spec, "status": status or {}}


def catches_up(cache: Cache, concurrency: Any) -> bool:
    """Is the next of several times run that have passed?"""
    hands = Hands()
    hands.wait(6.5 * HOUR)
    schedule = {"cron": "0 * * * *", "catchUp": "All"}
    spec = {"schedule": schedule, "concurrency": concurrency, "parameters": [{"name": "day", "default": "monday"}]}
    cache.workflows.upsert(object_view(body("etl", spec)))
    trigger = ScheduleTrigger(cache, "Run", lambda *_: None, hands.clock)
    mark = {"time": rfc3339(BORN + HOUR), "schedule": Schedule.of(ScheduleSpec.read(schedule)).digest}
    cache.workflows.upsert(replace(cache.workflows[ETL], version=2, status={"scheduleMark": mark}))
    return bool(trigger.look(cache.workflows[ETL]).name)


@pytest.mark.parametrize(
    ("concurrency", "others", "runs"),
    [
        ({"policy": "Forbid"}, 1, False),  # it would be turned away
        ({"policy": "Replace"}, 1, False),  # it would stop the other
        ({"policy": "Queue", "maxRuns": 2, "maxQueued": 0}, 2, False),  # it would be turned away, too
        ({"policy": "Queue", "maxRuns": 2}, 2, True),  # it stands in line
        ({"policy": "Queue", "maxRuns": 2}, 1, True),
        ({"policy": "Forbid", "key": "$(params.day)"}, 1, True),  # that of another day
        ({"policy": "Allow"}, 1, True),
    ],
    ids=str,
)
def test_a_time_that_is_caught_up_waits_for_the_runs_of_others(concurrency: Any, others: int, *, runs: bool) -> None:
    cache = Cache()
    for number in range(others):
        by_hand = {"workflow": "etl", "arguments": {"day": "sunday"}}
        cache.runs.upsert(object_view(body(f"by-hand-{number}", by_hand, {"phase": "Running"})))
    assert catches_up(cache, concurrency) == runs


@pytest.mark.parametrize(("status", "runs"), [({"phase": "Pending"}, False), (STARTED, True)], ids=str)
def test_a_time_is_not_caught_up_while_one_before_it_still_has_to_start(status: Any, *, runs: bool) -> None:
    """That one would give way to it."""
    cache = Cache()
    before = body("etl-202601010100", {"workflow": "etl"}, status, owner="uid-of-etl")
    before["metadata"]["labels"] = {LABEL_SCHEDULED: "202601010100"}
    cache.runs.upsert(object_view(before))
    assert catches_up(cache, {"policy": "Queue", "maxRuns": 2}) == runs


class Deleting(Server):
    """One that also hears of deletions."""

    cache: Cache

    def __init__(self) -> None:
        super().__init__()
        self.deleted: list[str] = []

    async def delete(self, path: str, _uid: str) -> None:
        name = path.rpartition("/")[2]
        self.deleted.append(name)
        self.cache.runs.delete(self.cache.runs[Key("team", name)])  # as the watch tells

    async def create(self, _path: str, made: Any, **_: Any) -> Any:
        return made


@pytest.mark.parametrize("owner", ["uid-of-etl", ""], ids=["its own", "of others"])
async def test_history_keeps_a_success_until_who_follows_has_run_for_it(owner: str) -> None:
    server = Deleting()
    operator = wire(Settings(), cast("KubeClient", server), (), Clock())
    server.cache = operator.cache
    reconcile = next(work for queue, work in operator.queues.items() if queue.name == "workflows")
    workflows, begin = operator.cache.workflows, rfc3339(BORN)
    task = {"tasks": [{"name": "a", "image": "x"}]}
    history = {"history": {"succeeded": 0, "failed": 0}, "ttl": "1h", "trigger": "Manual"}
    after = {"after": [{"workflow": name} for name in ("etl", "other")]}
    for name, spec in (("etl", history), ("other", {}), ("report", after)):
        workflows.upsert(object_view(body(name, task | spec)))
    for name, phase in (("etl-1", "Succeeded"), ("etl-2", "Failed")):
        ended = {"phase": phase, "startedAt": begin, "finishedAt": begin}
        operator.cache.runs.upsert(object_view(body(name, {"workflow": "etl"}, ended, owner)))

    def follows(**mark: Any) -> None:
        report = workflows[Key("team", "report")]
        marks = [{"workflow": "etl", "since": begin, **mark}, {"workflow": "other", "since": begin}]
        workflows.upsert(replace(report, version=report.version + 1, status=report.status | {"after": marks}))

    follows()
    await reconcile(Key("team", "report"))
    await reconcile(ETL)
    await reconcile(ETL)
    assert server.deleted == ["etl-2"]
    follows(consumedRuns=["uid-of-etl-1"])
    await reconcile(ETL)
    assert server.deleted == ["etl-2", "etl-1"]


@pytest.mark.parametrize("key", ["", "$(params.day)"])
def test_places_are_counted_and_the_arguments_of_each_run_read_once(key: str) -> None:
    def costs(runs: int) -> tuple[int, int]:
        cache = Cache()
        spec = {"concurrency": {"policy": "Forbid"} | ({"key": key} if key else {}), "parameters": [{"name": "day"}]}
        cache.workflows.upsert(object_view(body("etl", spec)))
        for number in range(runs):
            arguments = {"workflow": "etl", "arguments": {"day": "sunday"}}
            cache.runs.upsert(object_view(body(f"run-{number}", arguments, {"phase": "Running"})))
        etl = cache.workflows[ETL]
        first = calls(lambda: unfinished_beside(cache, etl, {"day": "sunday"}))
        assert unfinished_beside(cache, etl, {"day": "sunday"}) == runs
        assert unfinished_beside(cache, etl, {"day": "monday"}) == (0 if key else runs)
        return first, calls(lambda: unfinished_beside(cache, etl, {"day": "sunday"}))

    (_, few), (first, many) = costs(10), costs(200)
    assert many < few + 190 * 10
    assert (first > 5 * many) == bool(key)


async def test_others_have_a_turn_while_the_arguments_of_many_runs_are_read() -> None:
    cache, turns = Cache(), 0
    spec = {"concurrency": {"policy": "Forbid", "key": "$(params.day)"}, "parameters": [{"name": "day"}]}
    cache.workflows.upsert(object_view(body("etl", spec)))
    for number in range(20):
        cache.runs.upsert(object_view(body(f"run-{number}", {"workflow": "etl", "arguments": {"day": "x"}})))

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    await learn_keys(cache, cache.workflows[ETL])
    beside.cancel()
    assert turns >= 19


@pytest.mark.parametrize("key", ["", "$(params.day)"])
def test_a_run_beneath_another_of_its_workflow_shares_its_place(key: str) -> None:
    """With another value of `key` it has its own."""
    cache = Cache()
    spec = {"concurrency": {"policy": "Forbid"} | ({"key": key} if key else {}), "parameters": [{"name": "day"}]}
    cache.workflows.upsert(object_view(body("etl", spec)))
    cache.runs.upsert(object_view(body("a", {"workflow": "etl", "arguments": {"day": "sunday"}}, STARTED)))
    for task, day in (("again", "sunday"), ("tomorrow", "monday")):
        child = body(task, {"workflow": "etl", "arguments": {"day": day}}, STARTED)
        child["metadata"] |= of_child(RunRef("team", "a", "uid-of-a"), task)
        cache.runs.upsert(object_view(child))
    etl = cache.workflows[ETL]
    assert [unfinished_beside(cache, etl, {"day": day}) for day in ("sunday", "monday")] == [1, 1]


@pytest.mark.parametrize(("made", "phase"), [({}, "Stopped"), ({LABEL_GENERATION: "1"}, "Running")])
async def test_the_run_that_a_workflow_tells_of_is_its_own_also_without_its_owner(made: Any, phase: str) -> None:
    """Anybody may take that away, and make a run of the same name; the labels are the operator's."""
    server = Server()
    operator = wire(Settings(), cast("KubeClient", server), (), Clock())
    reconcile = next(work for queue, work in operator.queues.items() if queue.name == "workflows")
    spec = {"trigger": "Manual", "tasks": [{"name": "a", "image": "x"}]}
    mark = {"generation": 1, "revision": revision_name("etl", "uid-of-etl", graph_of(spec)), "name": "etl-1"}
    operator.cache.workflows.upsert(object_view(body("etl", spec, {"phase": "Running", "lastRun": mark})))
    run = body("etl-1", {"workflow": "etl"}, STARTED)
    run["metadata"]["labels"] = made
    operator.cache.runs.upsert(object_view(run))
    await reconcile(ETL)
    assert server.patches[-1].get("phase", "Running") == phase


def test_who_has_ended_shares_no_place() -> None:
    cache = Cache()
    cache.workflows.upsert(object_view(body("etl", {})))
    cache.runs.upsert(object_view(body("a", {"workflow": "etl"}, STARTED | {"phase": "Failed"})))
    child = body("again", {"workflow": "etl"}, STARTED)
    child["metadata"] |= of_child(RunRef("team", "a", "uid-of-a"), "again")
    cache.runs.upsert(object_view(child))
    assert unfinished_beside(cache, cache.workflows[ETL], None) == 1
