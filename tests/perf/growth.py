"""`make bench SCENARIOS=growth`: what a task, a run, a Workflow or a waiter costs as their number grows.

Each line of the table is measured at a few sizes, once each, with a new operator process. Where plain pods mean
something they run beside it. The result is one JSON line with an exponent for each cost (of its total over the size, on
logarithmic scales: 1 is proportional), and a chart in growth.svg.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.paths import our_path
from tests.cluster import Cluster
from tests.perf import rounds
from tests.perf.cluster import ROOT, create_all, listed, manifest, namespace, say
from tests.perf.growth_chart import Line, chart
from tests.perf.operated import Operator, succeeded
from tests.perf.scenarios import Json, Scenario, chain, layers, simulated, wide

NAME = "growth"
_LIMIT = 1.1  # beyond this exponent something looks at more than what changed
_POD_RATE = 40  # pods a second that end among the live runs, at each size: below what the cluster can do
_SETTLE_S, _WATCH_S = 15, 60
_AT_REST, _RESTS_AT_MOST = 0.02, 12
"""Of a core, over one settling; and how many of these are waited for."""
_RUNS_EACH = 10
_ONE_TASK: Json = {"defaults": simulated(), "tasks": [{"name": "t"}]}


@dataclass(frozen=True)
class Bench:
    kube: KubeClient
    cluster: Cluster
    log: Path

    def operator(self) -> Operator:
        return Operator(self.cluster, self.log)


@dataclass(frozen=True)
class Series:
    """`measure` returns figures for a size; those that are costs of one of the things that grow are in `per_one`."""

    grows: str
    sizes: tuple[int, ...]
    measure: Callable[[Bench, int], Awaitable[Json]]
    per_one: tuple[str, ...]


async def growth(kube: KubeClient, cluster: Cluster) -> Json:
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(kube, cluster, Path(directory) / "operator.log")
        measured = []
        for series in SERIES:
            points = {}
            for size in series.sizes:
                points[size] = await series.measure(bench, size)
                say(f"{series.grows} {size}: {points[size]}")
            measured.append(_series(series, points))
    lines = [
        Line(series["grows"], {point["size"]: point["cpu_ms"] for point in series["points"]})
        for series in measured
        if all("cpu_ms" in point for point in series["points"])
    ]
    (ROOT / "growth.svg").write_text(chart("Operator's CPU for one of them, in ms", lines))
    steep = [
        f"{series['grows']}: {figure} {exponent:g} > {_LIMIT:g}"
        for series in measured
        for figure, exponent in series["exponents"].items()
        if exponent > _LIMIT
    ]
    return {"name": NAME, "series": measured, "missed": steep}


def _series(series: Series, points: Mapping[int, Json]) -> Json:
    exponents = {
        figure: round(exponent({size: size * point[figure] for size, point in points.items()}), 2)
        for figure in series.per_one
        if all(point.get(figure, 0) > 0 for point in points.values())
    }
    return {
        "grows": series.grows,
        "points": [{"size": size} | point for size, point in points.items()],
        "exponents": exponents,
    }


def exponent(totals: Mapping[int, float]) -> float:
    """The slope of the totals over the sizes, log over log. All must be positive."""
    return statistics.linear_regression(
        [math.log(size) for size in totals], [math.log(total) for total in totals.values()]
    ).slope


async def _fan_out(bench: Bench, size: int) -> Json:
    return await _compared(bench, Scenario(f"fan-out-{size}", 1.2, wide(1), items=size))


async def _followed(bench: Bench, size: int) -> Json:
    return await _compared(bench, Scenario(f"followed-{size}", 1.2, chain(2), items=size // 2))


async def _layered(bench: Bench, size: int) -> Json:
    depth = 20 if size >= 2_000 else 10
    return await _compared(bench, Scenario(f"layers-{size}", 1.2, layers(depth, size // depth, 5)))


async def _fan_in(bench: Bench, size: int) -> Json:
    sources = wide(size)
    return await _compared(bench, Scenario(f"fan-in-{size}", 1.2, sources | {"join": list(sources)}))


async def _runs(bench: Bench, size: int) -> Json:
    """Once all have begun, pods end one by one at the rate at which the runs were created."""
    duration = f"{max(1, size // _POD_RATE)}s"
    scenario = Scenario(f"runs-{size}", 1.2, chain(5), copies=size, duration=duration, per_second=_POD_RATE)
    return _figures(scenario, await _alone(bench, scenario))


async def _waiters(bench: Bench, size: int) -> Json:
    scenario = Scenario(f"waiters-{size}", 1.2, wide(1), items=size, pool=50)
    return _figures(scenario, await _alone(bench, scenario))


async def _namespaces(bench: Bench, size: int) -> Json:
    scenario = Scenario(f"namespaces-{size}", 1.2, wide(2), copies=1_000)
    figures = _figures(scenario, await _alone(bench, scenario, spread=size))
    return {"cpu_ms_per_pod": figures.pop("cpu_ms")} | figures  # the pods are as many at each size


async def _alone(bench: Bench, scenario: Scenario, spread: int = 1) -> Json:
    return await rounds.alone(bench.kube, bench.cluster, bench.operator(), scenario, spread)


async def _compared(bench: Bench, scenario: Scenario) -> Json:
    result = await rounds.measure(bench.kube, bench.cluster, bench.operator(), scenario, rounds=1)
    return _figures(scenario, result) | {"ratio": result["ratio"]}


def _figures(scenario: Scenario, result: Json) -> Json:
    figures: Json = {"cpu_ms": result["cpu_ms_per_task"], "peak_rss_mb": result["peak_rss_mb"]}
    if "dispatch_ms" in result:
        figures["dispatch_p99_ms"] = result["dispatch_ms"]["p99"]
    if "etcd_bytes_per_run" in result:
        figures["etcd_bytes"] = round(result["etcd_bytes_per_run"]["written"] / scenario.pods)
    return figures | {"status_bytes": result["status_bytes"], "seconds": result["sluice_s"][0]}


async def _schedules(bench: Bench, size: int) -> Json:
    """Workflows with a schedule are idle for a minute; then all are due at once."""
    operator = bench.operator()
    try:
        await operator.start()
        async with namespace(bench.kube, f"schedules {size}") as name:
            await asyncio.sleep(_SETTLE_S)
            empty_mb = operator.rss_mb()
            ahead = timedelta(seconds=60 + _WATCH_S + 3 * _SETTLE_S + 2 * size / _POD_RATE)
            due = (datetime.now(UTC) + ahead).replace(second=0, microsecond=0)
            schedule = {"cron": f"{due.minute} {due.hour} {due.day} {due.month} *", "timeZone": "Etc/UTC"}
            await _make_workflows(bench.kube, name, size, _ONE_TASK | {"schedule": schedule})
            _, version = await listed(bench.kube, our_path("", "workflowruns"))
            await _at_rest(operator)
            percent, idle_mb = await _idle_percent(operator), operator.rss_mb()
            if datetime.now(UTC) > due:
                raise RuntimeError(f"it took too long to create {size} Workflows")
            cpu_s = operator.cpu_s()
            await succeeded(bench.kube, our_path("", "workflowruns"), version, size)
            return {
                "idle_cpu_percent": percent,
                "idle_kb": round(1024 * (idle_mb - empty_mb) / size, 1),
                "cpu_ms": round(1000 * (operator.cpu_s() - cpu_s) / size, 2),
                "all_ran_after_s": round((datetime.now(UTC) - due).total_seconds(), 1),
            }
    finally:
        await operator.stop()


async def _finished(bench: Bench, size: int) -> Json:
    """What finished runs cost an operator that is started among them, above one that knows their Workflows alone."""
    operator, count = bench.operator(), size // _RUNS_EACH
    runs = (
        manifest("WorkflowRun", f"w{number}-r{turn}", {"workflow": f"w{number}"})
        for turn in range(_RUNS_EACH)
        for number in range(count)
    )
    try:
        await operator.start()
        async with namespace(bench.kube, f"finished {size}") as name:
            await _make_workflows(bench.kube, name, count, _ONE_TASK | {"trigger": "Manual"})
            empty_mb = await _restarted_mb(operator)
            _, version = await listed(bench.kube, our_path(name, "workflowruns"))
            creating = asyncio.create_task(create_all(bench.kube, our_path(name, "workflowruns"), runs))
            await succeeded(bench.kube, our_path(name, "workflowruns"), version, size)
            await creating
            full_mb = await _restarted_mb(operator)
            return {
                "kb": round(1024 * (full_mb - empty_mb) / size, 1),
                "idle_cpu_percent": await _idle_percent(operator),
            }
    finally:
        await operator.stop()


async def _restarted_mb(operator: Operator) -> float:
    await operator.stop()
    await operator.start()
    await asyncio.sleep(_SETTLE_S)
    return operator.rss_mb()


async def _make_workflows(kube: KubeClient, name: str, count: int, spec: Json) -> None:
    bodies = (manifest("Workflow", f"w{number}", spec) for number in range(count))
    await create_all(kube, our_path(name, "workflows"), bodies)


async def _at_rest(operator: Operator) -> None:
    """The statuses of all that was made are written. After a few minutes it is taken as it is."""
    for _ in range(_RESTS_AT_MOST):
        cpu_s = operator.cpu_s()
        await asyncio.sleep(_SETTLE_S)
        if operator.cpu_s() - cpu_s < _AT_REST * _SETTLE_S:
            return


async def _idle_percent(operator: Operator) -> float:
    """Of one core, over a minute."""
    cpu_s, started = operator.cpu_s(), time.monotonic()
    await asyncio.sleep(_WATCH_S)
    return round(100 * (operator.cpu_s() - cpu_s) / (time.monotonic() - started), 2)


SERIES = (
    Series("items of one fan-out", (100, 1_000, 10_000), _fan_out, ("cpu_ms", "etcd_bytes")),
    Series("items and their followers", (100, 1_000, 4_000), _followed, ("cpu_ms", "etcd_bytes")),
    Series("tasks of one graph in layers", (100, 500, 2_000), _layered, ("cpu_ms", "etcd_bytes")),
    Series("tasks that one task waits for", (100, 500, 1_100), _fan_in, ("cpu_ms", "etcd_bytes")),
    Series("live runs of 5 tasks", (100, 500, 2_000), _runs, ("cpu_ms", "etcd_bytes")),
    Series("waiters for one Pool", (100, 1_000, 5_000), _waiters, ("cpu_ms", "etcd_bytes")),
    Series("Workflows with a schedule", (100, 1_000, 5_000), _schedules, ("idle_kb", "cpu_ms")),
    Series("finished runs kept", (100, 1_000, 5_000), _finished, ("kb",)),
    Series("namespaces of 1,000 runs", (10, 100, 500), _namespaces, ()),
)
