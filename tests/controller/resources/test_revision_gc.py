"""Frozen graphs that nobody names any more go after an hour."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from kubernetes.aio.client import Configuration

from sluice.controller.informers.cache import Cache
from sluice.controller.informers.resync import list_objects
from sluice.controller.kube.client import CONFLICT, ApiError, KubeClient
from sluice.controller.kube.objects import Key, ObjectView, object_view
from sluice.controller.resources.revision_gc import RevisionGarbageCollector
from sluice.controller.resources.revisions import Revisions
from sluice.core.base.naming import graph_of, owner_reference, revision_name
from tests.controller.clock import HOUR, Hands
from tests.e2e.kubernetes import Json, Kubectl, by_hand, workflow


def graph(number: int) -> Json:
    return workflow("etl", {"name": "work", "bash": f"echo {number}"}, trigger="Manual")


class Server:
    """Has the revisions of two Workflows. While it deletes the first one, something else happens."""

    def __init__(self, meanwhile: Callable[[], Awaitable[str]], *workflows: ObjectView) -> None:
        self.there = {name_of(each): self._metadata(each) for each in workflows}
        self._meanwhile = meanwhile

    def _metadata(self, workflow: ObjectView) -> Json:
        owner = owner_reference("Workflow", workflow.key.name, workflow.uid)
        metadata = {"namespace": "team", "name": name_of(workflow), "uid": f"uid-{name_of(workflow)}"}
        return metadata | {"ownerReferences": [owner]}

    async def metadata_views(self, view: Callable[[Json], Any], _path: str, _selector: str) -> list[Any]:
        return [view(metadata) for metadata in self.there.values()]

    async def create(self, _path: str, body: Json, _accept: str) -> Json:
        raise ApiError(CONFLICT, "AlreadyExists", body["metadata"]["name"])

    async def get(self, path: str) -> Json:
        return {"metadata": self.there[path.rsplit("/", 1)[1]], "data": graph_of(SPEC)}

    async def delete(self, path: str, _uid: str) -> None:
        await self._meanwhile()
        del self.there[path.rsplit("/", 1)[1]]


SPEC = {"tasks": [{"name": "work", "bash": "echo"}]}


def stored(name: str) -> ObjectView:
    metadata = {"namespace": "team", "name": name, "uid": f"uid-{name}", "resourceVersion": "5", "generation": 1}
    return object_view({"metadata": metadata, "spec": SPEC})


def name_of(workflow: ObjectView) -> str:
    return revision_name(workflow.key.name, workflow.uid, graph_of(SPEC))


async def test_one_that_is_frozen_for_a_new_run_during_the_sweep_stays() -> None:
    hands, old, etl = Hands(), stored("old"), stored("etl")
    server: Any = Server(lambda: revisions.freeze(etl), old, etl)
    revisions = Revisions(server)
    gc = RevisionGarbageCollector(server, Cache(), revisions, hands.clock)
    await gc.sweep()
    hands.wait(HOUR)
    await gc.sweep()
    assert list(server.there) == [name_of(etl)]
    await gc.sweep()  # its run may not name it yet
    assert list(server.there) == [name_of(etl)]


async def test_who_is_named_stays_and_who_is_not_goes_after_an_hour(kubectl: Kubectl, api_server: str) -> None:
    hands, cache = Hands(), Cache((kubectl.namespace,))
    kube = KubeClient(Configuration(host=api_server), hands.clock)
    revisions = Revisions(kube)
    gc = RevisionGarbageCollector(kube, cache, revisions, hands.clock)
    etl = Key(kubectl.namespace, "etl")

    def there() -> list[int]:
        found = {each["metadata"]["name"] for each in kubectl.list("controllerrevisions.apps")}
        return [number for number, name in enumerate(names) if name in found]

    names: list[str] = []
    try:
        await gc.sweep()  # there are none yet
        for number in range(3):
            kubectl.apply(graph(number))
            await list_objects(kube, cache, kubectl.namespace)
            names.append(await revisions.freeze(cache.workflows[etl]))
        kubectl.apply(by_hand("today", "etl", revision=names[0]))
        mark = {"lastRun": {"generation": 3, "revision": names[2]}}
        kubectl("patch", "workflow", "etl", "--subresource=status", "--type=merge", "-p", json.dumps({"status": mark}))
        await list_objects(kube, cache, kubectl.namespace)

        await gc.sweep()  # all were used just now
        await gc.sweep()
        hands.wait(HOUR - 1)
        await gc.sweep()
        assert there() == [0, 1, 2]
        await revisions.read(etl, names[1])  # somebody needs it
        hands.wait(1)
        await gc.sweep()
        assert there() == [0, 1, 2]
        await gc.sweep()
        hands.wait(HOUR)
        await gc.sweep()
        assert there() == [0, 2]
        assert [run.typed for run in cache.runs.values()] == [{}]  # of ended runs there may be many thousands

        kubectl.apply(graph(1))
        await list_objects(kube, cache, kubectl.namespace)
        assert await revisions.freeze(cache.workflows[etl]) == names[1]  # made again
        assert there() == [0, 1, 2]
    finally:
        await kube.close()
