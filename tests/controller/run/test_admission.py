"""Runs are let in by what the cache shows, whoever tells it and in whatever order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.run.admission import RunAdmission
from sluice.core.base.ownership import AttemptRef, RunRef
from sluice.core.quota.run_concurrency import Admission, Admitted, Queued, Replaced, TurnedAway
from sluice.core.spec.identity import RunIdentity
from tests.core.counting import calls
from tests.core.kubelet import running, seen

ETL = Key("team", "etl")


class World:
    """The runs of one Workflow. `told` is what the admissions said: whom to look at again."""

    def __init__(self, **concurrency: Any) -> None:
        self.cache = Cache()
        self.told: list[str] = []
        self.version = 0
        self.changes(**concurrency)
        self.restarts()

    def restarts(self) -> None:
        """The operator is another process now."""
        self.admissions = RunAdmission(self.cache, None, lambda key: self.told.append(key.name), Clock())  # type: ignore[arg-type]
        self.cache.runs.subscribe(self.admissions.run_changed)
        self.cache.pods.subscribe(self.admissions.pod_changed)

    def changes(self, **concurrency: Any) -> None:
        """The Workflow says this of its runs now."""
        spec = {"concurrency": concurrency} if concurrency else {}
        self.cache.workflows.upsert(object_view(self._body("etl", spec)))

    def sees(
        self,
        name: str,
        *,
        own: bool = False,
        parent: str = "",
        state: str = "Running",
        workflow: str = "etl",
        uid: str = "",
        spec: Any = None,
        **status: Any,
    ) -> None:
        body = self._body(name, {"workflow": workflow, "state": state, **(spec or {})}, status)
        body["metadata"]["uid"] = uid or body["metadata"]["uid"]
        if own:
            body["metadata"]["ownerReferences"] = [{"uid": "uid-of-etl", "controller": True}]
        view = object_view(body)
        if parent:
            view = replace(view, attempt_of=AttemptRef(RunRef("team", parent, f"uid-of-{parent}"), "t", None, 1))
        self.cache.runs.upsert(view)
        if self.cache.runs[Key("team", name)].finished:
            self.admissions.left(Key("team", name))

    def asks(self, name: str) -> Admission | None:
        """What it is told at last."""
        run = self.cache.runs[Key("team", name)]
        if self.admissions.verdict(run) is None:
            self.looks()
        return self.admissions.verdict(run)

    def takes(self, name: str) -> None:
        """It was admitted, and has the slots that it needs."""
        assert self.asks(name) == Admitted()
        self.admissions.take(self.cache.runs[Key("team", name)])

    def looks(self) -> None:
        asyncio.run(self.admissions.admit(ETL))

    def _body(self, name: str, spec: Any, status: Any = None) -> Any:
        self.version += 1
        metadata = {
            "namespace": "team",
            "name": name,
            "uid": f"uid-of-{name}",
            "resourceVersion": str(self.version),
            "generation": self.version,
            "creationTimestamp": "2026-01-01T00:00:00Z",
        }
        return {"metadata": metadata, "spec": spec, "status": status or {}}


def test_who_waits_is_told_when_there_is_room():
    world = World(maxRuns=1)
    world.sees("a")
    world.sees("b")
    world.takes("a")
    assert isinstance(world.asks("b"), Queued)
    world.told.clear()
    world.sees("a", phase="Succeeded")
    world.looks()
    assert world.told == ["b"]
    assert world.asks("b") == Admitted()


def test_who_took_its_place_is_going_before_its_status_says_so():
    world = World(policy="Queue")
    world.sees("b")
    world.takes("b")
    world.sees("a")  # its name comes first, and both came in the same second
    assert isinstance(world.asks("a"), Queued)


def test_place_that_is_not_taken_yet_goes_to_a_run_that_was_called():
    """The run at the top may wait for a pool that the caller holds."""
    world = World(maxRuns=1)
    world.sees("a")
    assert world.asks("a") == Admitted()
    world.sees("caller", workflow="other", startedAt="2026-01-01T00:00:00Z")
    world.sees("child", parent="caller")
    world.told.clear()
    assert world.asks("child") == Admitted()
    assert sorted(world.told) == ["a", "child"]
    assert isinstance(world.asks("a"), Queued)
    world.takes("child")
    world.sees("child", parent="caller", phase="Succeeded")
    world.looks()
    world.takes("a")
    world.sees("later", parent="caller")
    assert isinstance(world.asks("later"), Queued)


def test_who_has_started_is_going_after_a_restart():
    world = World(policy="Queue")
    world.sees("b", startedAt="2026-01-01T00:00:00Z")
    world.sees("a")
    world.restarts()
    assert isinstance(world.asks("a"), Queued)


def test_a_change_of_the_workflow_is_for_those_that_wait():
    world = World(policy="Queue")
    world.sees("a")
    world.sees("b")
    assert (world.asks("a"), type(world.asks("b"))) == (Admitted(), Queued)
    world.changes(policy="Forbid")
    assert isinstance(world.asks("b"), TurnedAway)
    assert world.asks("a") == Admitted()


def test_who_is_replaced_goes_until_it_has_ended():
    world = World(policy="Replace")
    world.sees("a", startedAt="2026-01-01T00:00:00Z")
    world.sees("b")
    assert isinstance(world.asks("b"), Queued)
    assert world.asks("a") == Replaced("b")
    run = world.cache.runs[Key("team", "a")]
    assert (world.admissions.going(run), world.admissions.replaced_by(run)) == (True, "b")
    world.sees("a", phase="Stopped")
    world.looks()
    assert world.asks("b") == Admitted()


def test_who_gives_way_does_so_whatever_the_workflow_says_then():
    world = World()
    world.sees("a", own=True)
    world.sees("b", own=True)
    assert (world.asks("b"), world.asks("a")) == (Admitted(), Replaced("b"))
    world.changes(policy="Queue")
    assert world.asks("a") == Replaced("b")


def test_who_was_stopped_before_it_started_holds_nobody_up():
    world = World(policy="Queue")
    world.sees("a", state="Stopped")
    world.sees("b")
    assert world.asks("b") == Admitted()


def test_a_mended_workflow_with_a_schedule_does_not_wait_for_the_run_that_cannot_start():
    world = World()
    world.cache.workflows.upsert(object_view(world._body("etl", {"schedule": {"every": "1h"}})))
    stuck = {"a": {"phase": "Pending", "attempt": 1, "reason": "ImagePullBackOff: check the image's name"}}
    world.sees("r1", own=True, startedAt="2026-01-01T00:00:00Z", revision="etl-broken", tasks=stuck)
    world.sees("r2", own=True, revision="etl-broken")
    assert (world.asks("r1"), type(world.asks("r2"))) == (Admitted(), Queued)
    world.sees("r3", own=True, revision="etl-mended")
    assert isinstance(world.asks("r3"), Queued)  # until the first has ended
    assert world.asks("r1") == Replaced("r3")


def test_without_concurrency_only_the_workflows_own_runs_wait():
    world = World()
    world.sees("a", own=True, startedAt="2026-01-01T00:00:00Z", tasks={"t": {"phase": "Running"}})
    world.sees("b", own=True)
    world.sees("c")
    assert isinstance(world.asks("b"), Queued)
    assert world.asks("c") == Admitted()


def test_a_child_of_a_run_of_the_same_workflow_does_not_wait_for_it():
    world = World(policy="Queue")
    world.sees("a", startedAt="2026-01-01T00:00:00Z")
    world.sees("child", parent="a")
    world.sees("b")
    assert world.asks("child") == Admitted()
    assert world.asks("b") == Queued("Queued: 1/1 runs of etl are going (a)")


def test_a_child_of_a_run_of_the_same_workflow_shares_its_place():
    """Else it would stop the run that waits for it."""
    world = World(policy="Replace")
    world.sees("a", startedAt="2026-01-01T00:00:00Z")
    world.sees("child", parent="a", startedAt="2026-01-01T00:00:00Z")
    world.sees("b", workflow="other", parent="a", startedAt="2026-01-01T00:00:00Z")
    world.sees("grandchild", parent="b", startedAt="2026-01-01T00:00:00Z")
    assert world.asks("a") == Admitted()
    world.sees("newer")
    assert isinstance(world.asks("newer"), Queued)
    assert world.asks("a") == Replaced("newer")


def test_a_child_with_another_key_than_the_run_above_it_has_a_place_of_its_own():
    world = World()
    concurrency = {"policy": "Queue", "key": "$(params.day)"}
    spec = {"concurrency": concurrency, "parameters": [{"name": "day", "default": "all"}]}
    world.cache.workflows.upsert(object_view(world._body("etl", spec)))
    sunday = {"arguments": {"day": "sunday"}}
    world.sees("a", startedAt="2026-01-01T00:00:00Z")
    world.sees("child", parent="a", spec=sunday, startedAt="2026-01-01T00:00:00Z")
    world.sees("b", spec=sunday)
    assert world.asks("b") == Queued("Queued: 1/1 runs of etl with key sunday are going (child)")


def a_queue_of(waiting: int) -> World:
    world = World(policy="Queue")
    world.sees("first")
    world.takes("first")
    for number in range(waiting):
        world.sees(f"run-{number:05}")
    world.asks("run-00000")
    return world


def test_a_run_that_ends_or_comes_costs_the_same_however_many_wait():
    def cost(waiting: int) -> int:
        world = a_queue_of(waiting)
        world.sees("first", phase="Succeeded")
        ends = calls(world.looks)
        world.sees("new")
        return ends + calls(lambda: world.asks("new"))

    assert cost(1200) < 1.5 * cost(300)


def test_what_came_and_went_while_one_went_on_is_not_remembered():
    """Without `concurrency`: the Workflow's own run had asked, the one that goes on was made by a person."""
    world = World()
    world.sees("own", own=True)
    world.sees("long")
    world.asks("own")
    remembered = []
    for number in range(50):
        world.admissions.queue = WorkQueue("admissions", of="workflow", clock=Clock())
        world.sees(f"run-{number}")
        world.sees(f"run-{number}", phase="Succeeded")
        if len(world.admissions.queue):
            world.looks()
        remembered.append(len(world.admissions._lines[ETL].moved))  # what a leak is made of
    assert max(remembered) == 0


def test_priority_that_a_person_changes_counts_at_the_next_look():
    world = a_queue_of(2)
    world.sees("run-00001", spec={"priority": 5})
    world.sees("first", phase="Succeeded")
    world.looks()
    assert world.asks("run-00001") == Admitted()
    assert isinstance(world.asks("run-00000"), Queued)


def test_another_run_by_the_name_of_one_that_waited_is_answered():
    world = a_queue_of(1)
    world.cache.runs.delete(world.cache.runs[Key("team", "run-00000")])
    world.sees("run-00000", uid="uid-of-another")
    assert isinstance(world.asks("run-00000"), Queued)


def test_who_was_turned_away_stays_so_until_it_has_ended():
    world = World(policy="Forbid")
    world.sees("a")
    world.takes("a")
    world.sees("b")
    assert isinstance(world.asks("b"), TurnedAway)
    world.sees("a", phase="Succeeded")
    world.looks()
    assert isinstance(world.asks("b"), TurnedAway)


def test_pods_say_that_a_run_is_going_whose_status_could_not_be_written():
    world = World(policy="Queue")
    world.sees("a")
    world.sees("b")
    assert world.asks("a") == Admitted()
    world.cache.pods.upsert(seen(running(), run=RunIdentity("b", "team", "uid-of-b", "etl", {})))
    world.looks()
    assert isinstance(world.asks("a"), Queued)


def test_who_is_far_back_is_told_only_when_the_rounded_number_changes():
    world = World(policy="Queue")
    for number in range(1200):
        world.sees(f"run-{number:05}")
    world.takes("run-00000")
    world.told.clear()
    world.sees("run-00000", phase="Succeeded")
    world.looks()
    assert len(world.told) < 40
