"""`make bench [SCENARIOS="wide-1000 chain-20"]`: the operator's time over that of plain pods, in turns on one cluster.

One JSON object a line on standard output, progress on standard error, and at the end a chart in bench.svg. BENCH=quick
runs the short scenarios only.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from kubernetes.aio import config
from kubernetes.aio.client import Configuration

from sluice.controller.kube import Kube
from sluice.core.naming import LABEL_RUN_UID
from tests.cluster import Cluster, open_cluster
from tests.perf import operated, plain
from tests.perf.chart import Bar, chart
from tests.perf.scenarios import SCENARIOS, Scenario

_ROUNDS = 3
_KWOK_NODES = 20
_ROOT = Path(__file__).parent.parent.parent


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


async def measure(kube: Kube, operator: operated.Operator, scenario: Scenario) -> dict[str, Any]:
    plain_s, costs = [], []
    for round_ in range(1, _ROUNDS + 1):
        async with namespace(kube, f"bench-{os.getpid()}-plain-{scenario.name}-{round_}") as name:
            plain_s.append(await plain.seconds(kube, scenario, name))
        async with namespace(kube, f"bench-{os.getpid()}-{scenario.name}-{round_}") as name:
            costs.append(await operated.cost(kube, operator, scenario, name))
        say(f"{scenario.name} {round_}/{_ROUNDS}: plain pods {plain_s[-1]:.2f} s, sluice {costs[-1].seconds:.2f} s")
    tasks = scenario.pods
    sluice_s = [cost.seconds for cost in costs]
    return {
        "name": scenario.name,
        "ratio": round(statistics.median(sluice_s) / statistics.median(plain_s), 3),
        "goal": scenario.goal,
        "raw_s": [round(took_s, 2) for took_s in plain_s],
        "sluice_s": [round(took_s, 2) for took_s in sluice_s],
        "cpu_ms_per_task": round(1000 * statistics.median(cost.cpu_s for cost in costs) / tasks, 2),
        "peak_rss_mb": round(max(cost.peak_rss_mb for cost in costs)),
        "writes_per_task": round(statistics.median(cost.writes for cost in costs) / tasks, 2),
        "status_bytes": max(cost.status_bytes for cost in costs),
    }


class namespace:  # noqa: N801  # reads as a word where it is used
    """A namespace for one run. It is gone, with its pods, before the next run begins."""

    def __init__(self, kube: Kube, name: str) -> None:
        self._kube, self._name = kube, name

    async def __aenter__(self) -> str:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self._name}}
        self._uid = (await self._kube.create("/api/v1/namespaces", body))["metadata"]["uid"]
        account = f"/api/v1/namespaces/{self._name}/serviceaccounts"
        while not (await self._kube.get(account))["items"]:
            await asyncio.sleep(0.05)
        return self._name

    async def __aexit__(self, *_: object) -> None:
        await self._kube.delete(f"/api/v1/namespaces/{self._name}", self._uid)
        selector = {"labelSelector": LABEL_RUN_UID, "limit": "1"}
        while (await self._kube.get("/api/v1/pods", **selector))["items"]:
            await asyncio.sleep(0.5)


async def connect(cluster: Cluster) -> Kube:
    configuration = Configuration()
    await config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
    return Kube(configuration)


async def bench(names: list[str]) -> None:
    cluster = open_cluster(os.environ.get("CLUSTER_NAME", "sluice-bench"), kwok_nodes=_KWOK_NODES)
    kube = await connect(cluster)
    install_crds(cluster)
    results = []
    with tempfile.TemporaryDirectory() as directory:
        operator = operated.Operator(cluster, Path(directory) / "operator.log")
        await operator.start()
        try:
            for name in names:
                results.append(await measure(kube, operator, SCENARIOS[name]))
                print(json.dumps(results[-1]), flush=True)
        finally:
            await operator.stop()
            await kube.close()
    bars = [Bar(result["name"], result["ratio"], result["goal"]) for result in results]
    (_ROOT / "bench.svg").write_text(chart("Time with the operator over that of plain pods, and its goal", bars))
    if not os.environ.get("KEEP_CLUSTER"):
        cluster.down()


def install_crds(cluster: Cluster) -> None:
    """Those of this checkout, also where a kept cluster has older ones."""
    kubectl = [cluster.bin / "kubectl", "--kubeconfig", cluster.kubeconfig]
    for words in (["apply", "--server-side", "-f"], ["wait", "--for=condition=Established", "--timeout=60s", "-f"]):
        subprocess.run([*kubectl, *words, _ROOT / "crds"], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    quick = os.environ.get("BENCH") == "quick"
    names = sys.argv[1:] or [name for name, scenario in SCENARIOS.items() if scenario.quick or not quick]
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        sys.exit(f"no scenario is called {', '.join(unknown)}; there are: {', '.join(SCENARIOS)}")
    asyncio.run(bench(names))


main()
