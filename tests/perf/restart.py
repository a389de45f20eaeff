"""kill -9 with 10,000 live pods: how long until a new process of the same pod makes its first decision, and has caught
up. A process of another pod would first wait for the Lease to run out.

While no operator runs, one pod ends and a new Workflow is applied. The first decision is to create that Workflow's pod;
the operator has caught up once it has also recorded the end. No pod may have been created twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from sluice.api import API_VERSION
from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.paths import our_path, pods_path
from sluice.core.base.naming import LABEL_INDEX, LABEL_WORKFLOW
from tests.perf.cluster import follow, listed, namespace, say
from tests.perf.goals import missed
from tests.perf.operated import Operator
from tests.perf.scenarios import Json, simulated

NAME = "restart-10000"
_LIVE = 10_000
_ENDS = 4_711
_GOALS = {"decision_s": 5, "peak_rss_mb": 130}


async def restart(kube: KubeClient, operator: Operator) -> Json:
    try:
        await operator.start()
        async with namespace(kube, NAME) as name:
            await _apply(kube, name, "live", {"forEach": {"range": {"end": _LIVE}}}, "12h")
            await _once(
                kube, our_path(name, "workflowruns"), lambda run: _items(run).get("running") == f"0-{_LIVE - 1}"
            )
            say(f"{NAME}: all pods live; killing the operator")
            await operator.kill()
            await _end_one(kube, name)
            await _apply(kube, name, "new", {}, "1s")
            result = await _start(kube, operator, name)
            await operator.stop()  # it need not handle the deletion of 10,000 pods
    finally:
        await operator.stop()
    return {"name": NAME} | result | {"missed": missed(result, _GOALS)}


async def _start(kube: KubeClient, operator: Operator, name: str) -> Json:
    started = time.monotonic()

    async def took_s(path: str, condition: Callable[[Json], bool], **params: str) -> float:
        await _once(kube, path, condition, **params)
        return round(time.monotonic() - started, 2)

    decided = took_s(pods_path(name), lambda _: True, labelSelector=f"{LABEL_WORKFLOW}=new")
    recorded = took_s(our_path(name, "workflowruns"), lambda run: _items(run).get("succeeded") == str(_ENDS))
    _, decision_s, whole_s = await asyncio.gather(operator.start(), decided, recorded)
    pods, _ = await listed(kube, pods_path(name), labelSelector=f"{LABEL_WORKFLOW}=live")
    if len(pods) != _LIVE:
        raise RuntimeError(f"there are {len(pods)} pods for {_LIVE} items")
    return {"decision_s": decision_s, "whole_s": whole_s, "peak_rss_mb": round(operator.peak_rss_mb())}


async def _apply(kube: KubeClient, name: str, workflow: str, fields: Json, duration: str) -> None:
    spec = {"defaults": simulated(duration), "tasks": [{"name": "t"} | fields]}
    body = {"apiVersion": API_VERSION, "kind": "Workflow", "metadata": {"name": workflow}, "spec": spec}
    await kube.create(our_path(name, "workflows"), body)


async def _end_one(kube: KubeClient, name: str) -> None:
    """Ends the pod as the kubelet would."""
    (pod,), _ = await listed(kube, pods_path(name), labelSelector=f"{LABEL_WORKFLOW}=live,{LABEL_INDEX}={_ENDS}")
    (status,) = pod["status"]["containerStatuses"]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    terminated = {"exitCode": 0, "reason": "Completed", "startedAt": pod["status"]["startTime"], "finishedAt": now}
    status |= {"ready": False, "state": {"terminated": terminated}}
    path = pods_path(name, pod["metadata"]["name"])
    await kube.patch(f"{path}/status", {"status": {"phase": "Succeeded", "containerStatuses": [status]}})


async def _once(kube: KubeClient, path: str, condition: Callable[[Json], bool], **params: str) -> None:
    """Wait until an object of the collection meets the condition."""
    objects, version = await listed(kube, path, **params)
    if any(map(condition, objects)):
        return
    async for changed in follow(kube, path, version, **params):
        if condition(changed):
            return


def _items(run: Json) -> Json:
    items: Json = run.get("status", {}).get("tasks", {}).get("t", {}).get("items", {})
    return items
