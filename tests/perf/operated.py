"""Runs a scenario with the operator, as a process with the chart's settings, and measures what that costs."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sluice.api import API_VERSION
from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.paths import our_path
from tests.cluster import Cluster
from tests.perf.cluster import follow, listed
from tests.perf.metrics import writes
from tests.perf.scenarios import POOL, Json, Scenario

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """The cost of one round. `status_bytes` is the size of the largest final status of a run."""

    seconds: float
    cpu_s: float
    peak_rss_mb: float
    writes: int
    status_bytes: int


class Operator:
    """The operator as a local process."""

    def __init__(self, cluster: Cluster, log: Path) -> None:
        self.cluster = cluster
        self._environment = os.environ | {
            "KUBECONFIG": str(cluster.kubeconfig),
            "SLUICE_LEASE_NAMESPACE": "default",
            "SLUICE_HEALTH_PORT": str(_free_port()),
            "SLUICE_IDENTITY": "bench",  # the name of one pod: a container started again in it has the Lease
        }
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        program = Path(sys.executable).parent / "sluice-operator"
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(program, env=self._environment, stdout=log, stderr=log)
        while not self._leads():
            await asyncio.sleep(0.2)

    async def stop(self) -> None:
        """Terminate it gracefully, unless it has exited already."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    def _leads(self) -> bool:
        if self._process is None or self._process.returncode is not None:
            raise RuntimeError(f"the operator has ended; see {self._log}")
        return "leading" in self._log.read_text() and "runs" in self._log.read_text()

    def cpu_s(self) -> float:
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def rss_mb(self) -> float:
        return self._memory_mb("VmRSS")

    def peak_rss_mb(self) -> float:
        return self._memory_mb("VmHWM")

    def _memory_mb(self, field: str) -> float:
        (line,) = (line for line in self._proc("status").splitlines() if line.startswith(field))
        return int(line.split()[1]) / 1024

    def _proc(self, name: str) -> str:
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/{name}").read_text()


async def cost(kube: KubeClient, operator: Operator, scenario: Scenario, namespaces: Sequence[str]) -> Cost:
    """The cost from the creation of the Workflows until a watch shows that all their runs have succeeded.

    The copies are spread over the namespaces. With a pool there is one namespace.
    """
    runs = our_path("", "workflowruns")
    bodies: list[Json] = [
        {
            "apiVersion": API_VERSION,
            "kind": "Workflow",
            "metadata": {"name": f"{scenario.name}-{copy}", "namespace": namespaces[copy % len(namespaces)]},
            "spec": scenario.spec(),
        }
        for copy in range(scenario.copies)
    ]
    if scenario.pool:
        (namespace,) = namespaces
        await _make_pool(kube, namespace, scenario.pool)
    _, version = await listed(kube, runs)
    cpu_before, writes_before = operator.cpu_s(), await write_count(operator.cluster, scenario)
    started = time.monotonic()

    async def create(number: int, body: Json) -> None:
        if scenario.per_second:
            await asyncio.sleep(number / scenario.per_second)
        await kube.create(our_path(body["metadata"]["namespace"], "workflows"), body)

    creating = asyncio.gather(*(create(number, body) for number, body in enumerate(bodies)))
    statuses = await succeeded(kube, runs, version, len(bodies))
    took_s = time.monotonic() - started
    status_bytes = max(len(str(status)) for status in statuses)
    cpu_s, write_delta = (
        operator.cpu_s() - cpu_before,
        await write_count(operator.cluster, scenario) - writes_before - len(bodies),
    )
    await creating
    return Cost(took_s, cpu_s, operator.peak_rss_mb(), write_delta, status_bytes)


async def succeeded(kube: KubeClient, runs: str, version: str, count: int) -> list[Json]:
    """Wait until `count` runs have succeeded; their final statuses. Raises RuntimeError if one has not."""
    ended: dict[str, Json] = {}
    async for run in follow(kube, runs, version):
        status = run.get("status", {})
        if status.get("phase") in ("Failed", "Stopped"):
            raise RuntimeError(f"{run['metadata']['name']} has not succeeded: {status.get('message')}")
        if status.get("phase") == "Succeeded":
            ended[run["metadata"]["name"]] = status
        if len(ended) == count:
            break
    return list(ended.values())


async def _make_pool(kube: KubeClient, namespace: str, slots: int) -> None:
    """Create the pool and wait until the operator has seen it."""
    body = {"apiVersion": API_VERSION, "kind": "Pool", "metadata": {"name": POOL, "namespace": namespace}}
    await kube.create(our_path(namespace, "pools"), body | {"spec": {"slots": slots}})
    while "slots" not in (await kube.get(our_path(namespace, "pools", POOL))).get("status", {}):
        await asyncio.sleep(0.05)


async def write_count(cluster: Cluster, scenario: Scenario) -> int:
    """The operator's writes so far: see `writes`."""
    command = (cluster.bin / "kubectl", "--kubeconfig", cluster.kubeconfig, "get", "--raw", "/metrics")
    kubectl = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    return writes((await kubectl.communicate())[0].decode(), events=not scenario.real)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
