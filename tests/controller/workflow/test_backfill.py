"""A Backfill beside the other runs of its Workflow, with an API server that answers as it is told."""

from __future__ import annotations

import asyncio
from typing import Any

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.informers.cluster import Cluster
from sluice.controller.kube.client import ApiError
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.resources.validation_cache import ValidationCache
from sluice.controller.workflow.backfill import BackfillReconciler
from sluice.core.base.naming import LABEL_BACKFILL_UID, LABEL_SCHEDULED, owner_reference, scheduled_run_name

KEY = Key("team", "march")
TASKS = [{"name": "load", "image": "busybox", "bash": "true"}]


class World:
    """A Workflow that runs every hour, and a Backfill of three hours."""

    def __init__(self, *, of_workflow: Any = None, **spec: Any) -> None:
        self.made: dict[str, Any] = {}
        self.taken: dict[str, Any] = {}
        self.conflict = False
        self.asked = 0
        self._version = 1
        self.cache = Cache()
        cluster = Cluster(self, self.cache, self, Clock())  # type: ignore[arg-type]
        self.backfills = BackfillReconciler(cluster, ValidationCache(chart_has_image=False), "Run")
        schedule = {"schedule": {"cron": "0 * * * *"}, "tasks": TASKS}
        self.cache.workflows.upsert(object_view(self._body("etl", schedule | (of_workflow or {}))))
        hours = {"from": "2025-03-01T00:00:00Z", "until": "2025-03-01T03:00:00Z"}
        self.backfill = self._body("march", {"workflow": "etl"} | hours | spec)
        self.cache.backfills.upsert(object_view(self.backfill))

    def _body(self, name: str, spec: Any, **status: Any) -> Any:
        self._version += 1
        metadata = {"namespace": "team", "name": name, "uid": f"uid-{name}", "resourceVersion": str(self._version)}
        when = {"generation": self._version, "creationTimestamp": "2026-01-01T00:00:00Z"}
        return {"metadata": metadata | when, "spec": spec, "status": status}

    def scheduled(self, name: str) -> Any:
        """A run that the schedule has made."""
        body = self._body(name, {"workflow": "etl"})
        labels, owner = {LABEL_SCHEDULED: "1"}, owner_reference("Workflow", "etl", "uid-etl")
        body["metadata"] |= {"labels": labels, "ownerReferences": [owner]}
        return body

    def sees(self, name: str, phase: str, **spec: Any) -> None:
        """A run of the Workflow, or what has become of it."""
        body = self._body(name, self.made.get(name, {}).get("spec", {"workflow": "etl"}) | spec, phase=phase)
        body["metadata"] |= self.made.get(name, {}).get("metadata", {})
        self.cache.runs.upsert(object_view(body))

    def look(self) -> Any:
        async def some() -> None:
            for _ in range(3):
                await self.backfills.reconcile(KEY)

        asyncio.run(some())
        return self.cache.backfills[KEY].status

    async def create(self, _: str, body: Any) -> Any:
        name = body["metadata"]["name"]
        self.asked += 1
        if name in self.taken:
            raise ApiError(409, "AlreadyExists", "it is there")
        self.made[name] = body
        made = self._body(name, body["spec"])
        made["metadata"] |= body["metadata"]
        return made

    async def get(self, path: str) -> Any:
        name = path.rpartition("/")[2]
        if name == "march":
            self._version += 1
            self.backfill["metadata"]["resourceVersion"] = str(self._version)
            return self.backfill
        return self.taken[name]

    async def patch(self, _: str, body: Any) -> Any:
        if self.conflict:
            self.conflict = False
            raise ApiError(409, "Conflict", "somebody was faster")
        self._version += 1
        self.backfill["status"] |= body["status"]
        return {"metadata": {"resourceVersion": str(self._version)}}

    def record(self, *_: Any) -> None:
        """Of no interest here."""


def name(hour: int) -> str:
    return scheduled_run_name("etl", "uid-etl", 1740787200.0 + 3600 * hour)


def test_where_runs_would_be_turned_away_it_waits_for_a_place() -> None:
    world = World(of_workflow={"concurrency": {"policy": "Forbid"}}, maxRuns=3)
    world.sees("by-hand", "Running")
    assert world.look()["message"] == "Concurrency: 1/1 runs of etl are there that have not ended"
    assert world.made == {}
    world.sees("by-hand", "Succeeded")
    assert world.look()["progress"] == "0/3"
    assert list(world.made) == [name(0)]


def test_runs_of_another_key_do_not_hold_it_back() -> None:
    concurrency = {"policy": "Forbid", "key": "$(params.env)"}
    parameters = [{"name": "env", "default": "test"}]
    world = World(of_workflow={"concurrency": concurrency, "parameters": parameters}, arguments={"env": "prod"})
    world.sees("by-hand", "Running")
    world.look()
    assert world.made[name(0)]["spec"]["arguments"] == {"env": "prod"}
    world.sees("by-hand-too", "Running", arguments={"env": "prod"})
    world.sees(name(0), "Succeeded")
    assert world.look()["message"].startswith("Concurrency: 1/1 runs of etl")


def test_a_run_that_the_schedule_makes_just_then_is_left_to_it() -> None:
    world = World()
    world.taken[name(0)] = world.scheduled(name(0))
    assert world.look()["progress"] == "0/3, 1 skipped"
    assert list(world.made) == [name(1)]


def test_a_run_that_somebody_made_under_the_name_of_one_is_none_of_its_times() -> None:
    world = World()
    stranger = world.scheduled(name(0))
    del stranger["metadata"]["labels"]
    world.taken[name(0)] = stranger
    for _ in range(2):  # heard of by the answer, and by the watch
        status = world.look()
        assert status["message"] == f"NameTaken: run {name(0)} was made by somebody else; delete it"
        assert status["progress"] == "0/3"
        assert world.asked <= 3  # once for each look
        world.cache.runs.upsert(object_view(stranger))
        world.asked = 0
    world.sees(name(0), "Succeeded", workflow="noop")
    assert world.look()["progress"] == "0/3"


def test_a_run_out_of_a_backup_has_no_owner_and_its_time_has_a_run() -> None:
    world = World()
    restored = world.scheduled(name(0))
    del restored["metadata"]["ownerReferences"]
    world.cache.runs.upsert(object_view(restored))
    assert world.look()["progress"] == "0/3, 1 skipped"


def test_a_run_of_its_own_that_somebody_made_anew_is_not_its_success() -> None:
    world = World()
    world.look()
    world.cache.runs.upsert(object_view(world.scheduled(name(0)) | {"status": {"phase": "Running"}}))
    assert world.look()["failedRuns"] == [name(0)]


def test_a_run_that_a_finalizer_keeps_is_waited_for() -> None:
    world = World()
    world.taken[name(0)] = world.scheduled(name(0))
    world.taken[name(0)]["metadata"]["deletionTimestamp"] = "2026-01-02T00:00:00Z"
    gone = object_view(world.taken[name(0)])
    world.cache.runs.upsert(gone)
    world.cache.runs.delete(gone)
    assert world.look()["message"] == f"NameTaken: run {name(0)} is being deleted"
    assert world.asked <= 3  # once for each look


def test_a_status_that_could_not_be_written_is_worked_out_again() -> None:
    world = World(maxRuns=2)
    asyncio.run(world.backfills.reconcile(KEY))  # it has begun
    world.conflict = True
    status = world.look()
    assert [entry["run"] for entry in status["active"]] == [name(0), name(1)] == list(world.made)
    assert world.made[name(0)]["metadata"]["labels"][LABEL_BACKFILL_UID] == "uid-march"


def test_a_changed_schedule_does_not_change_a_range_that_has_begun() -> None:
    world = World()
    world.look()
    changed = {"schedule": {"cron": "30 * * * *"}, "tasks": TASKS}
    world.cache.workflows.upsert(object_view(world._body("etl", changed)))
    world.sees(name(0), "Succeeded")
    world.look()
    assert list(world.made) == [name(0), name(1)]


def test_of_many_runs_a_few_are_made_in_one_go_and_all_in_the_end() -> None:
    world = World(of_workflow={"concurrency": {"policy": "Allow"}}, maxRuns=50, until="2025-03-02T16:00:00Z")
    asyncio.run(world.backfills.reconcile(KEY))  # it begins
    asyncio.run(world.backfills.reconcile(KEY))
    assert (len(world.made), len(world.backfills.queue)) == (8, 1)
    for _ in range(5):
        asyncio.run(world.backfills.reconcile(KEY))
    assert len(world.made) == 40
