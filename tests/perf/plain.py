"""Plain pods: the very pods that the operator would make, each created at the moment its dependencies have ended.

No operator, no status, no store: 32 creations at a time and one watch. What remains is what the cluster itself takes.
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
from tests.perf.cluster import follow
from tests.perf.scenarios import Scenario

_IN_FLIGHT = 32


async def seconds(kube: KubeClient, scenario: Scenario, namespace: str) -> float:
    """From the first creation until the last pod is seen to have ended."""
    run = _Run(kube, scenario, namespace)
    return await run.seconds()


class _Unit(NamedTuple):
    """One pod to be: of which copy of the Workflow, which task, which item."""

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
        self.units = {
            _Unit(copy, task, item): len(dependencies)
            for copy in range(scenario.copies)
            for task, dependencies in enumerate(self.definition.graph.dependencies)
            for item in items
        }
        self.of_pod: dict[str, _Unit] = {}
        self.room = asyncio.Semaphore(scenario.cap)
        self.wanted: asyncio.Queue[_Unit] = asyncio.Queue()

    async def seconds(self) -> float:
        labels = f"{LABEL_RUN}={self.label}"
        _, version = await self.kube.list(pods_path(self.namespace), labelSelector=labels)
        started = time.monotonic()
        for unit, open_dependencies in self.units.items():
            if not open_dependencies:
                self.wanted.put_nowait(unit)
        creators = [asyncio.create_task(self._create()) for _ in range(_IN_FLIGHT)]
        ended: set[str] = set()
        async for pod in follow(self.kube, pods_path(self.namespace), version, labelSelector=labels):
            if pod["status"]["phase"] == "Succeeded":
                self._ended(pod["metadata"]["name"], ended)
            if len(ended) == len(self.units):
                break
        took_s = time.monotonic() - started
        for creator in creators:
            creator.cancel()
        return took_s

    def _ended(self, pod: str, ended: set[str]) -> None:
        if pod in ended:
            return
        ended.add(pod)
        self.room.release()
        before = self.of_pod[pod]
        for dependent in self.definition.graph.dependents[before.task]:
            unit = before._replace(task=dependent)
            self.units[unit] -= 1
            if not self.units[unit]:
                self.wanted.put_nowait(unit)

    async def _create(self) -> None:
        while True:
            unit = await self.wanted.get()
            await self.room.acquire()
            item = None if unit.item is None else Item(unit.item, str(unit.item))
            body = build_pod(self.identities[unit.copy], self.definition.tasks[unit.task], 1, item=item)
            del body["metadata"]["ownerReferences"]  # there is no run to own it
            self.of_pod[body["metadata"]["name"]] = unit
            await self.kube.create(pods_path(self.namespace), body, accept=METADATA_ONLY)
