"""Plain pods: the very pods that the operator would make, each created at the moment its dependencies have ended.

No operator, no status, no store: 32 creations at a time and one watch. What remains is what the cluster itself takes.
"""

from __future__ import annotations

import asyncio
import time
import uuid

from sluice.controller.kube import METADATA_ONLY, Kube, pods
from sluice.core.definition import Definition
from sluice.core.naming import LABEL_RUN
from sluice.core.pods import RunIdentity, build
from tests.perf.scenarios import Scenario

_IN_FLIGHT = 32


async def seconds(kube: Kube, scenario: Scenario, namespace: str) -> float:
    """From the first creation until the last pod is seen to have ended."""
    run = _Run(kube, scenario, namespace)
    return await run.seconds()


class _Run:
    def __init__(self, kube: Kube, scenario: Scenario, namespace: str) -> None:
        self.kube, self.namespace = kube, namespace
        self.definition = Definition.of(scenario.graph())
        self.identity = RunIdentity(f"plain-{uuid.uuid4().hex[:6]}", namespace, str(uuid.uuid4()), scenario.name, {})
        self.number = {task.name: number for number, task in enumerate(self.definition.tasks)}
        self.waits_for = [len(dependencies) for dependencies in self.definition.graph.dependencies]
        self.room = asyncio.Semaphore(scenario.parallelism or len(self.number))
        self.wanted: asyncio.Queue[int] = asyncio.Queue()

    async def seconds(self) -> float:
        labels = f"{LABEL_RUN}={self.identity.name}"
        _, version = await self.kube.list(pods(self.namespace), labelSelector=labels)
        started = time.monotonic()
        for number, open_dependencies in enumerate(self.waits_for):
            if not open_dependencies:
                self.wanted.put_nowait(number)
        creators = [asyncio.create_task(self._create()) for _ in range(_IN_FLIGHT)]
        ended: set[str] = set()
        while len(ended) < len(self.number):  # the server ends a watch that falls behind a burst
            async for event in self.kube.watch(pods(self.namespace), version, labelSelector=labels):
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK" and event["object"]["status"]["phase"] == "Succeeded":
                    self._ended(event["object"]["metadata"]["labels"]["sluice.dev/task"], ended)
                if len(ended) == len(self.number):
                    break
        took_s = time.monotonic() - started
        for creator in creators:
            creator.cancel()
        return took_s

    def _ended(self, task: str, ended: set[str]) -> None:
        if task in ended:
            return
        ended.add(task)
        self.room.release()
        for dependent in self.definition.graph.dependents[self.number[task]]:
            self.waits_for[dependent] -= 1
            if not self.waits_for[dependent]:
                self.wanted.put_nowait(dependent)

    async def _create(self) -> None:
        while True:
            number = await self.wanted.get()
            await self.room.acquire()
            body = build(self.identity, self.definition.tasks[number], 1)
            del body["metadata"]["ownerReferences"]  # there is no run to own it
            await self.kube.create(pods(self.namespace), body, accept=METADATA_ONLY)
