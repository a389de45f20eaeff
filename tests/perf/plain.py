"""The baseline: the same pods as the operator's, each created by a bare client once its dependencies have ended.

No operator, no status, no cache: 32 concurrent creates and one watch. So it measures the cluster itself.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import NamedTuple

from sluice.controller.kube.client import METADATA_ONLY, KubeClient
from sluice.controller.kube.paths import pods_path
from sluice.core.base.naming import LABEL_RUN
from sluice.core.pod.builder import Item, build_pod
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from tests.perf.cluster import follow, listed
from tests.perf.scenarios import Scenario

_IN_FLIGHT = 32


async def seconds(kube: KubeClient, scenario: Scenario, namespace: str) -> float:
    """Seconds from the first create until the watch shows that the last pod has ended."""
    run = _Run(kube, scenario, namespace)
    return await run.seconds()


class _Unit(NamedTuple):
    """What a pod is for: the copy of the Workflow, the task's number, and the item."""

    copy: int
    task: int
    item: int | None


class _Run:
    def __init__(self, kube: KubeClient, scenario: Scenario, namespace: str) -> None:
        self.kube, self.namespace = kube, namespace
        self.definition = Definition.of(scenario.graph())
        self.label = f"plain-{uuid.uuid4().hex[:6]}"
        self.identities = [
            RunIdentity(self.label, namespace, str(uuid.uuid4()), scenario.name, {}) for _ in range(scenario.copies)
        ]
        items = range(scenario.items) if scenario.items else [None]
        self.open_dependencies = {
            _Unit(copy, task, item): len(dependencies)
            for copy in range(scenario.copies)
            for task, dependencies in enumerate(self.definition.graph.dependencies)
            for item in items
        }
        self.unit_of_pod: dict[str, _Unit] = {}
        self.cap = asyncio.Semaphore(scenario.cap)
        self.ready: asyncio.Queue[_Unit] = asyncio.Queue()

    async def seconds(self) -> float:
        labels = f"{LABEL_RUN}={self.label}"
        _, version = await listed(self.kube, pods_path(self.namespace), labelSelector=labels)
        started = time.monotonic()
        for unit, count in self.open_dependencies.items():
            if not count:
                self.ready.put_nowait(unit)
        creators = [asyncio.create_task(self._create()) for _ in range(_IN_FLIGHT)]
        ended: set[str] = set()
        async for pod in follow(self.kube, pods_path(self.namespace), version, labelSelector=labels):
            if pod["status"]["phase"] == "Succeeded":
                self._ended(pod["metadata"]["name"], ended)
            if len(ended) == len(self.open_dependencies):
                break
        took_s = time.monotonic() - started
        for creator in creators:
            creator.cancel()
        return took_s

    def _ended(self, pod: str, ended: set[str]) -> None:
        if pod in ended:
            return
        ended.add(pod)
        self.cap.release()
        dependency = self.unit_of_pod[pod]
        for dependent in self.definition.graph.dependents[dependency.task]:
            unit = dependency._replace(task=dependent)
            self.open_dependencies[unit] -= 1
            if not self.open_dependencies[unit]:
                self.ready.put_nowait(unit)

    async def _create(self) -> None:
        while True:
            unit = await self.ready.get()
            await self.cap.acquire()
            item = None if unit.item is None else Item(unit.item, str(unit.item))
            body = build_pod(self.identities[unit.copy], self.definition.tasks[unit.task], 1, item=item)
            del body["metadata"]["ownerReferences"]  # there is no run to own it
            self.unit_of_pod[body["metadata"]["name"]] = unit
            await self.kube.create(pods_path(self.namespace), body, accept=METADATA_ONLY)
