"""An event of a Workflow costs what has changed, however many runs of it have ended."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.workflow.schedule import ScheduleTrigger
from sluice.controller.workflow.upstream import UpstreamTrigger
from sluice.core.base.naming import LABEL_SCHEDULED
from sluice.core.base.times import rfc3339
from sluice.core.triggers.history import EndedRun, History, next_expired
from tests.core.counting import calls

BEGIN = 1_767_225_600.0
ETL, AFTER = Key("team", "etl"), Key("team", "after")
PHASES = ("Succeeded", "Failed", "Stopped")


class World:
    """A Workflow with a schedule that has so many ended runs, the newest last, and another that follows it."""

    def __init__(self, ended: int) -> None:
        self.cache, self.version = Cache(), 0
        self.schedules = ScheduleTrigger(self.cache, "Run", lambda _key, _at: None, Clock())
        self.after = UpstreamTrigger(self.cache, "Run", Clock())
        schedule = {"schedule": {"cron": "0 0 * * *"}}
        self.cache.workflows.upsert(object_view(self._body("etl", schedule)))
        mark = {"after": [{"workflow": "etl", "since": rfc3339(BEGIN + ended - 10)}]}
        self.cache.workflows.upsert(object_view(self._body("after", {"after": [{"workflow": "etl"}]}, mark)))
        for number in range(ended):
            self.ends(number)

    def ends(self, number: int) -> None:
        told = {"phase": PHASES[number % 3], "startedAt": rfc3339(BEGIN), "finishedAt": rfc3339(BEGIN + number)}
        body = self._body(f"run-{number:06}", {"workflow": "etl"}, told)
        if number % 5:
            body["metadata"]["ownerReferences"] = [{"uid": "uid-of-etl", "controller": True}]
            body["metadata"]["labels"] = {LABEL_SCHEDULED: "202601010000"}
        self.cache.runs.upsert(object_view(body))

    def event(self, number: int) -> None:
        self.ends(number)
        next_expired(History(), self.cache.ended_runs(self.cache.workflows[ETL]))
        self.schedules.look(self.cache.workflows[ETL])
        self.after.look(self.cache.workflows[AFTER])

    def _body(self, name: str, spec: Any, status: Any = None) -> Any:
        self.version += 1
        metadata = {"namespace": "team", "name": name, "uid": f"uid-of-{name}", "resourceVersion": str(self.version)}
        metadata |= {"generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"}
        return {"metadata": metadata, "spec": spec, "status": status or {}}


def test_an_event_costs_the_same_whether_few_or_many_runs_have_ended() -> None:
    costs = []
    for ended in (300, 1200):
        world = World(ended)
        world.event(ended)
        costs.append(calls(lambda world=world, ended=ended: world.event(ended + 15)))
    assert abs(costs[1] - costs[0]) < 50


def test_the_oldest_of_each_kind_is_the_next_to_go() -> None:
    world = World(30)
    found = world.cache.ended_runs(world.cache.workflows[ETL])
    assert (len(found.succeeded), len(found.failed), len(found.turned_away)) == (8, 16, 0)
    assert found.succeeded[0] == EndedRun(BEGIN + 3, "run-000003")
    assert found.failed[0] == EndedRun(BEGIN + 1, "run-000001")
    assert list(found.others) == [EndedRun(BEGIN, "run-000000"), EndedRun(BEGIN + 5, "run-000005")]
    gone = world.cache.runs[Key("team", "run-000003")]
    world.cache.runs.delete(gone)
    assert world.cache.ended_runs(world.cache.workflows[ETL]).succeeded[0].name == "run-000006"


@pytest.mark.parametrize(("number", "succeeded"), [(3, True), (1, False)])
def test_the_newest_success_of_the_schedule_is_in_the_status(number, succeeded):
    world = World(0)
    world.ends(number)
    told = world.schedules.look(world.cache.workflows[ETL]).status
    assert told.get("lastSuccessfulTime") == (rfc3339(BEGIN + number) if succeeded else None)
