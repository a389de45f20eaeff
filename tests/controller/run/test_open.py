"""A run is opened: with which graph, and whether it may start."""

from __future__ import annotations

from typing import Any, cast

import pytest

from sluice.controller.clock import Clock
from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.settings import Settings
from sluice.controller.wiring import Controller, wire
from sluice.core.base.naming import owner_reference, revision_name
from sluice.core.pod.builder import build_pod
from sluice.core.pod.view import pod_view
from sluice.core.run.children import build_child_run
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from tests.controller.server import Server

KEY = Key("team", "by-hand")
OLD = {"tasks": [{"name": "a", "image": "old"}, {"name": "b", "workflow": {"name": "other"}}]}
NEW = {"tasks": [{"name": "a", "image": "new"}]}
REVISION = revision_name("etl", "uid-of-etl", OLD)


class Frozen(Server):
    """It has the old graph, and takes others."""

    async def get(self, path: str) -> Any:
        owners = [owner_reference("Workflow", "etl", "uid-of-etl")]
        metadata = {"name": path.rpartition("/")[2], "namespace": "team", "uid": "r", "ownerReferences": owners}
        return {"metadata": metadata, "data": OLD}

    async def create(self, _path: str, made: Any, *_: Any) -> Any:
        return {"metadata": made["metadata"] | {"uid": "r"}}


def body(name: str, spec: Any) -> Any:
    metadata = {"namespace": "team", "name": name, "uid": f"uid-of-{name}", "resourceVersion": "1", "generation": 1}
    return {"metadata": metadata | {"creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": spec, "status": {}}


async def opened(server: Server, workflow: Any, *made: Any, **arguments: str) -> Controller:
    """A new process, which finds what the run has made and no status."""
    operator = wire(Settings(), cast("KubeClient", server), (), Clock())
    cache = operator.cache
    cache.pools.upsert(object_view(body("lab", {"slots": 1, "heldBy": "Runs"})))
    cache.workflows.upsert(object_view(body("etl", workflow)))
    cache.workflows.upsert(object_view(body("other", {"pools": [{"name": "lab"}], **NEW})))
    cache.runs.upsert(object_view(body(KEY.name, {"workflow": "etl", "arguments": arguments})))
    for each in made:
        found = each | {"metadata": each["metadata"] | {"uid": "m", "resourceVersion": "2"}}
        if each["kind"] == "Pod":
            cache.pods.upsert(pod_view(found))
        else:
            cache.runs.upsert(object_view(found))
    await looks(operator)
    return operator


async def looks(operator: Controller) -> None:
    await next(work for queue, work in operator.queues.items() if queue.name == "runs")(KEY)


@pytest.mark.parametrize("kind", ["Pod", "WorkflowRun"])
async def test_what_the_run_has_made_says_by_which_graph(kind: str) -> None:
    """The operator was killed before it could write the status."""
    run, (a, b) = RunIdentity(KEY.name, "team", f"uid-of-{KEY.name}", "etl", {}), Definition.of(OLD).tasks
    pod, child = build_pod(run, a, 1, revision=REVISION), build_child_run(run, b, 1, {}, revision=REVISION)
    operator = await opened(Frozen(), NEW, pod if kind == "Pod" else child)
    live = operator.live.get(KEY)
    assert live is not None
    assert live.run.revision == REVISION


async def test_the_slots_of_a_run_are_written_with_its_graph() -> None:
    server = Frozen()
    await opened(server, OLD | {"pools": [{"name": "lab"}]})
    (patch,) = server.patches
    assert (patch["pools"], patch["revision"]) == ({"lab": 1}, REVISION)


async def test_a_run_that_waits_for_the_slots_of_what_it_calls_ends_with_its_workflow() -> None:
    server = Frozen()
    holds = body("holds", {"workflow": "other"}) | {"kind": "WorkflowRun", "status": {"pools": {"lab": 1}}}
    operator = await opened(server, OLD, holds)
    assert server.patches[-1]["phase"] == "Pending"
    operator.cache.workflows.delete(operator.cache.workflows[Key("team", "etl")])
    await looks(operator)
    status = server.patches[-1]
    assert (status["phase"], status["message"]) == ("Stopped", "its Workflow was deleted before it had started")


@pytest.mark.parametrize("started", [False, True])
async def test_only_a_run_that_is_to_start_is_judged_by_the_size_of_its_arguments(*, started: bool) -> None:
    """One that an older operator has let in goes on."""
    server, many = Frozen(), {f"p{number}": "x" * 60_000 for number in range(9)}
    run, (a, _) = RunIdentity(KEY.name, "team", f"uid-of-{KEY.name}", "etl", {}), Definition.of(OLD).tasks
    workflow = NEW | {"parameters": [{"name": name, "default": ""} for name in many]}
    operator = await opened(server, workflow, *([build_pod(run, a, 1)] if started else []), **many)
    assert (operator.live.get(KEY) is not None) is started
    assert [patch["phase"] for patch in server.patches] == ([] if started else ["Failed"])
