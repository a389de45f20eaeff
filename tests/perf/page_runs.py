"""The runs that the page's benchmark shows: as an operator leaves them, but none has worked on them."""

from __future__ import annotations

import asyncio
from random import Random

from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.paths import object_path, our_path
from sluice.core.base.naming import graph_of, revision_name
from tests.perf.cluster import manifest
from tests.perf.scenarios import Json, layers

RUNS = 2_000
LAYERS, TANGLE, ITEMS = "layers", "tangle", "items"
"""Runs of 2,000 tasks, in layers and without any order; and of 10,000 items."""

_IN_FLIGHT, _TASKS, _ITEMS, _NEAR = 32, 2_000, 10_000, 60
_TIMES: Json = {"startedAt": "2026-03-01T02:00:00Z", "finishedAt": "2026-03-01T02:09:40Z"}
_ENDED: Json = {"phase": "Succeeded", **_TIMES}


async def fill(kube: KubeClient, namespace: str) -> None:
    """2,000 runs that have ended, each with the status of 60 tasks, and those above."""
    gate = asyncio.Semaphore(_IN_FLIGHT)
    status = _status({f"task-{number:02}": {**_ENDED, "attempt": 1, "pod": f"pod-{number}"} for number in range(60)})

    async def make(number: int) -> None:
        async with gate:
            await _run(kube, namespace, f"etl-{number:04}", "etl", status)

    large = ((LAYERS, layers(40, _TASKS // 40, 5)), (TANGLE, _tangle()))
    for name, graph in large:
        tasks = [{"name": task, "dependsOn": after} for task, after in graph.items()]
        await _with_graph(kube, namespace, name, tasks, dict.fromkeys(graph, _ENDED))
    fan_out = {"name": "each", "forEach": {"range": {"end": _ITEMS}}}
    items = {"total": _ITEMS, "succeeded": f"0-{_ITEMS // 2}", "failed": f"{_ITEMS // 2 + 1}-{_ITEMS - 1}"}
    await _with_graph(kube, namespace, ITEMS, [fan_out], {"each": {**_ENDED, "phase": "Failed", "items": items}})
    await asyncio.gather(*(make(number) for number in range(RUNS - len(large) - 1)))


def _tangle() -> dict[str, list[str]]:
    """Each task comes after five of those shortly before it."""
    random = Random(1)  # noqa: S311  # no secret
    names = [f"t{number}" for number in range(_TASKS)]
    return {
        name: sorted(random.sample(names[max(0, number - _NEAR) : number], min(5, number)))
        for number, name in enumerate(names)
    }


async def _with_graph(kube: KubeClient, namespace: str, name: str, tasks: list[Json], entries: Json) -> None:
    spec = {"defaults": {"image": "busybox"}, "tasks": [{"command": ["true"], **task} for task in tasks]}
    workflow = await kube.create(our_path(namespace, "workflows"), manifest("Workflow", name, spec))
    uid, graph = workflow["metadata"]["uid"], graph_of(workflow["spec"])
    revision = revision_name(name, uid, graph)
    owner = {"apiVersion": workflow["apiVersion"], "kind": "Workflow", "name": name, "uid": uid}
    body = {"metadata": {"name": revision, "ownerReferences": [owner]}, "data": graph, "revision": 1}
    await kube.create(object_path("/apis/apps/v1", namespace, "controllerrevisions"), body)
    await _run(kube, namespace, name, name, {**_status(entries), "revision": revision})


async def _run(kube: KubeClient, namespace: str, name: str, workflow: str, status: Json) -> None:
    runs = our_path(namespace, "workflowruns")
    await kube.create(runs, manifest("WorkflowRun", name, {"workflow": workflow}))
    await kube.patch(f"{our_path(namespace, 'workflowruns', name)}/status", {"status": status})


def _status(tasks: Json) -> Json:
    progress = f"{len(tasks)}/{len(tasks)}"
    return {"observedGeneration": 1, "phase": "Succeeded", "progress": progress, **_TIMES, "tasks": tasks}
