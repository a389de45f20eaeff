"""Measures a scenario in a few rounds: plain pods and the operator in turns, on one cluster.

Each scenario gets a new operator process, so that its peak memory is that of the scenario.
"""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sluice.controller.kube.client import KubeClient
from sluice.core.spec.definition import Definition
from tests.cluster import Cluster
from tests.perf import dispatch, operated, plain
from tests.perf.cluster import namespace, namespaces, say
from tests.perf.etcd import Etcd, Growth
from tests.perf.goals import goals, missed
from tests.perf.scenarios import Json, Scenario

_ROUNDS = 3

T = TypeVar("T")


@dataclass(frozen=True)
class Run(Generic[T]):
    """One round's cost, with its dispatch latencies and etcd's growth where the cluster can report them."""

    cost: T
    waits_ms: list[float]
    growth: Growth | None


async def measure(
    kube: KubeClient, cluster: Cluster, operator: operated.Operator, scenario: Scenario, rounds: int = _ROUNDS
) -> Json:
    """Figures of the scenario: see `_result`."""
    baseline: list[Run[float]] = []
    ours: list[Run[operated.Cost]] = []
    try:
        await operator.start()
        for number in range(1, rounds + 1):
            title = f"{scenario.name} {number}/{rounds}"
            async with namespace(kube, f"{title} plain") as name:
                baseline.append(await _run(cluster, scenario, name, lambda name: plain.seconds(kube, scenario, name)))
            async with namespace(kube, f"{title} sluice") as name:
                ours.append(await _operated(kube, cluster, operator, scenario, [name]))
            say(f"{title}: plain pods {baseline[-1].cost:.2f} s, sluice {ours[-1].cost.seconds:.2f} s")
    finally:
        await operator.stop()
    result = _result(scenario, baseline, ours)
    return result | {"missed": missed(result, goals(scenario))}


async def alone(
    kube: KubeClient, cluster: Cluster, operator: operated.Operator, scenario: Scenario, spread: int = 1
) -> Json:
    """One round without plain pods beside it, with the copies of the Workflow in `spread` namespaces."""
    try:
        await operator.start()
        async with namespaces(kube, scenario.name, spread) as names:
            run = await _operated(kube, cluster, operator, scenario, names)
    finally:
        await operator.stop()
    return _costs(scenario, [run])


async def _operated(
    kube: KubeClient, cluster: Cluster, operator: operated.Operator, scenario: Scenario, names: Sequence[str]
) -> Run[operated.Cost]:
    return await _run(cluster, scenario, names[0], lambda _: operated.cost(kube, operator, scenario, names))


async def _run(cluster: Cluster, scenario: Scenario, name: str, run: Callable[[str], Awaitable[T]]) -> Run[T]:
    log = dispatch.AuditLog(cluster.audit_log) if cluster.audit_log and not scenario.is_wide else None
    etcd = Etcd(cluster.etcd) if cluster.etcd else None
    if etcd:
        await etcd.begin()
    cost = await run(name)
    growth = await etcd.growth() if etcd else None
    return Run(cost, _waits_ms(log, name, scenario) if log else [], growth)


def _waits_ms(log: dispatch.AuditLog, name: str, scenario: Scenario) -> list[float]:
    definition = Definition.of(scenario.graph())
    names = [task.name for task in definition.tasks]
    return dispatch.waits_ms(dispatch.pod_times(log.lines(), name), names, definition.graph)


def _result(scenario: Scenario, baseline: Sequence[Run[float]], ours: Sequence[Run[operated.Cost]]) -> Json:
    raw_s, sluice_s = [run.cost for run in baseline], [run.cost.seconds for run in ours]
    result: Json = {
        "name": scenario.name,
        "ratio": round(statistics.median(sluice_s) / statistics.median(raw_s), 3),
        "goal": scenario.goal,
        "raw_s": [round(took_s, 2) for took_s in raw_s],
    }
    return result | _costs(scenario, ours) | _measured("raw_", baseline)


def _costs(scenario: Scenario, ours: Sequence[Run[operated.Cost]]) -> Json:
    costs = [run.cost for run in ours]
    return {
        "sluice_s": [round(cost.seconds, 2) for cost in costs],
        "cpu_ms_per_task": round(1000 * statistics.median(cost.cpu_s for cost in costs) / scenario.pods, 2),
        "peak_rss_mb": round(max(cost.peak_rss_mb for cost in costs)),
        "writes_per_task": round(statistics.median(cost.writes for cost in costs) / scenario.pods, 2),
        "status_bytes": max(cost.status_bytes for cost in costs),
    } | _measured("", ours)


def _measured(prefix: str, runs: Sequence[Run[T]]) -> Json:
    """Dispatch latencies and etcd's growth, where the cluster can report them."""
    result: Json = {}
    if waits := [wait for run in runs for wait in run.waits_ms]:
        result[f"{prefix}dispatch_ms"] = dispatch.summary(waits)
    if growths := [run.growth for run in runs if run.growth]:
        result[f"{prefix}etcd_bytes_per_run"] = {
            "written": max(growth.written for growth in growths),  # a compaction during a round hides some of it
            "left": round(statistics.median(growth.left for growth in growths)),
        }
    return result
