"""The same graph by the operator, as a process of its own under the chart's settings, and what that process costs."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sluice.api import API_VERSION
from sluice.controller.kube import Kube, ours
from tests.cluster import Cluster
from tests.perf.scenarios import Json, Scenario

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Of one run. `status_bytes` is the largest status that the run had."""

    seconds: float
    cpu_s: float
    peak_rss_mb: float
    writes: int
    status_bytes: int


class Operator:
    """The operator as a process of this machine."""

    def __init__(self, cluster: Cluster, log: Path) -> None:
        self.cluster = cluster
        self._environment = os.environ | {
            "KUBECONFIG": str(cluster.kubeconfig),
            "SLUICE_LEASE_NAMESPACE": "default",
            "SLUICE_HEALTH_PORT": str(_free_port()),
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
        if self._process is not None:
            self._process.terminate()
            await self._process.wait()

    def _leads(self) -> bool:
        if self._process is None or self._process.returncode is not None:
            raise RuntimeError(f"the operator has ended; see {self._log}")
        return "leading" in self._log.read_text() and "runs" in self._log.read_text()

    def cpu_s(self) -> float:
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def peak_rss_mb(self) -> float:
        (line,) = (line for line in self._proc("status").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def _proc(self, name: str) -> str:
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/{name}").read_text()


async def cost(kube: Kube, operator: Operator, scenario: Scenario, namespace: str) -> Cost:
    """From the creation of the Workflows until their runs are seen to have succeeded."""
    runs, workflows = ours(namespace, "workflowruns"), ours(namespace, "workflows")
    bodies = [
        {
            "apiVersion": API_VERSION,
            "kind": "Workflow",
            "metadata": {"name": f"{scenario.name}-{copy}", "namespace": namespace},
            "spec": scenario.spec(),
        }
        for copy in range(scenario.copies)
    ]
    _, version = await kube.list(runs)
    cpu_before, writes_before = operator.cpu_s(), await writes(operator.cluster)
    started = time.monotonic()
    creating = asyncio.gather(*(kube.create(workflows, body) for body in bodies))
    ended: dict[str, Json] = {}
    while len(ended) < len(bodies):  # the server ends a watch that falls behind a burst
        async for event in kube.watch(runs, version):
            version = event["object"]["metadata"]["resourceVersion"]
            status: Json = event["object"].get("status", {}) if event["type"] != "BOOKMARK" else {}
            if status.get("phase") in ("Succeeded", "Failed", "Stopped"):
                ended[event["object"]["metadata"]["name"]] = status
            if len(ended) == len(bodies):
                break
    took_s = time.monotonic() - started
    if {status["phase"] for status in ended.values()} != {"Succeeded"}:
        raise RuntimeError(f"not all of {scenario.name} has succeeded: {[s.get('message') for s in ended.values()]}")
    status_bytes = max(len(str(status)) for status in ended.values())
    spent_s, written = operator.cpu_s() - cpu_before, await writes(operator.cluster) - writes_before
    for made in await creating:
        await kube.delete(ours(namespace, "workflows", made["metadata"]["name"]), made["metadata"]["uid"])
    return Cost(took_s, spent_s, operator.peak_rss_mb(), written, status_bytes)


async def writes(cluster: Cluster) -> int:
    """Requests so far that wrote pods, revisions, events or our kinds, by the API server's own count; Leases apart.

    Kubernetes' own components write pods too (bindings, statuses), as subresources, which are left out.
    """
    command = (cluster.bin / "kubectl", "--kubeconfig", cluster.kubeconfig, "get", "--raw", "/metrics")
    reading = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    metrics = (await reading.communicate())[0].decode()
    total = 0.0
    for line in metrics.splitlines():
        if not line.startswith("apiserver_request_total{"):
            continue
        labels = dict(part.split("=", 1) for part in line[line.index("{") + 1 : line.index("}")].split(","))
        labels = {name: value.strip('"') for name, value in labels.items()}
        ours_ = labels["group"] == "sluice.dev" or labels["resource"] == "controllerrevisions"
        pods_ = labels["resource"] == "pods" and labels["subresource"] == "" and labels["verb"] == "POST"
        if labels["verb"] in ("POST", "PUT", "PATCH") and (ours_ or pods_):
            total += float(line.rpartition(" ")[2])
    return int(total)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
