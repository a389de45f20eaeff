"""A task that runs another Workflow is kept if its child run would do the same today."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import object_view
from sluice.controller.resources.validation_cache import ValidationCache
from sluice.controller.run.resume import ChildGraphs
from sluice.core.base.naming import (
    LABEL_ATTEMPT,
    LABEL_INDEX,
    LABEL_TASK,
    graph_of,
    owner_reference,
    pod_name,
    revision_name,
)
from sluice.core.base.ownership import RunRef

OLD = RunRef("team", "etl-g1", "uid-of-etl-g1")
SPEC = {"tasks": [{"name": "work", "image": "busybox"}]}
OTHER = {"tasks": [{"name": "work", "image": "busybox:2"}]}


class World:
    """Workflows as they are now, and what ran beneath a run that has ended."""

    def __init__(self) -> None:
        self.cache, self.version = Cache(), 0
        for name in ("load", "copy"):
            self.has(name, SPEC)
        self.resumed("etl-g1")

    def has(self, name: str, spec: Any) -> None:
        self.cache.workflows.upsert(object_view(self.body(name, spec)))

    def resumed(self, name: str, before: str = "", **more: Any) -> RunRef:
        """A run of the Workflow itself."""
        spec = {"workflow": "etl"} | ({"resumeFrom": {"run": before}} if before else {})
        body = self.body(name, spec, {"phase": "Failed"})
        body["metadata"] |= more
        self.cache.runs.upsert(object_view(body))
        return RunRef("team", name, f"uid-of-{name}")

    def ran(
        self,
        parent: RunRef,
        task: str,
        *,
        workflow: str = "load",
        phase: str = "Succeeded",
        attempt: int = 1,
        index: int | None = None,
        spec: Any = SPEC,
    ) -> RunRef:
        """A child run, on the graph that its Workflow had then."""
        name = pod_name(parent.name, parent.uid, task, attempt, index)
        revision = revision_name(workflow, f"uid-of-{workflow}", graph_of(spec))
        body = self.body(name, {"workflow": workflow}, {"phase": phase, "revision": revision})
        labels = {LABEL_TASK: task, LABEL_ATTEMPT: str(attempt)} | ({} if index is None else {LABEL_INDEX: str(index)})
        owner = owner_reference("WorkflowRun", parent.name, parent.uid)
        body["metadata"] |= {"labels": labels, "ownerReferences": [owner]}
        self.cache.runs.upsert(object_view(body))
        return RunRef("team", name, f"uid-of-{name}")

    def unchanged(self) -> set[tuple[str, int | None]]:
        return set(ChildGraphs(self.cache, ValidationCache(chart_has_image=False)).unchanged(OLD))

    def body(self, name: str, spec: Any, status: Any = None) -> Any:
        self.version += 1
        metadata = {
            "name": name,
            "namespace": "team",
            "uid": f"uid-of-{name}",
            "resourceVersion": str(self.version),
            "generation": self.version,
            "creationTimestamp": "2026-01-01T00:00:00Z",
        }
        return {"metadata": metadata, "spec": spec, "status": status or {}}


def test_child_that_succeeded_is_unchanged_with_the_graph_of_its_workflow() -> None:
    world = World()
    world.ran(OLD, "a")
    world.ran(OLD, "b", phase="Failed")
    world.ran(OLD, "c", spec=OTHER)
    world.ran(OLD, "d", workflow="deleted")
    world.ran(OLD, "e", index=3)
    world.ran(RunRef("team", "etl-g0", "uid-of-etl-g0"), "f")
    assert world.unchanged() == {("a", None), ("e", 3)}
    world.has("load", OTHER)
    assert world.unchanged() == {("c", None)}


def test_its_last_attempt_counts() -> None:
    world = World()
    world.ran(OLD, "a", phase="Failed", spec=OTHER)
    world.ran(OLD, "a", attempt=2)
    world.ran(OLD, "b", attempt=10, spec=OTHER)
    world.ran(OLD, "b", attempt=9)
    assert world.unchanged() == {("a", None)}


def test_what_people_were_asked_beneath_it_is_asked_again() -> None:
    """An approval is a decision about one run."""
    world, asking = World(), {"tasks": [{"name": "gate", "approval": {}}]}
    world.has("ask", asking)
    world.ran(OLD, "a", workflow="ask", spec=asking)
    world.ran(world.ran(OLD, "b"), "inner", workflow="ask", spec=asking)
    world.ran(OLD, "c")
    assert world.unchanged() == {("c", None)}


@pytest.mark.parametrize(("now", "found"), [(SPEC, {("a", None)}), (OTHER, set())])
def test_what_runs_beneath_it_counts_as_well(now: Any, found: Any) -> None:
    world = World()
    world.ran(world.ran(OLD, "a"), "inner", workflow="copy")
    world.has("copy", now)
    assert world.unchanged() == found


def test_workflow_that_has_faults_now_would_not_do_the_same() -> None:
    world = World()
    world.ran(OLD, "a")
    world.has("load", SPEC | {"parallelism": 0})  # its graph is as it was
    assert world.unchanged() == set()


def test_what_a_run_had_kept_itself_has_its_child_beneath_an_earlier_run() -> None:
    world = World()
    first, second = world.resumed("etl-g0"), world.resumed("etl-g1", before="etl-g0")
    world.ran(first, "a")
    world.ran(first, "b")
    world.ran(second, "b", phase="Failed")
    assert world.unchanged() == {("a", None)}
    world.resumed("etl-g0", creationTimestamp="2026-01-02T00:00:00Z")  # another one of that name
    assert world.unchanged() == set()


def test_runs_that_name_each_other_are_looked_at_once() -> None:
    world = World()
    world.resumed("etl-g0", before="etl-g1")
    world.ran(world.resumed("etl-g1", before="etl-g0"), "a")
    assert world.unchanged() == {("a", None)}
