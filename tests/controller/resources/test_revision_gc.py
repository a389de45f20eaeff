"""Frozen graphs that nobody names any more go after an hour."""

from __future__ import annotations

import json

from kubernetes.aio.client import Configuration

from sluice.controller.informers.cache import Cache
from sluice.controller.informers.resync import list_objects
from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.objects import Key
from sluice.controller.resources.revision_gc import RevisionGarbageCollector
from sluice.controller.resources.revisions import Revisions
from tests.controller.clock import HOUR, Hands
from tests.e2e.kubernetes import Json, Kubectl, by_hand, workflow


def graph(number: int) -> Json:
    return workflow("etl", {"name": "work", "bash": f"echo {number}"}, trigger="Manual")


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
