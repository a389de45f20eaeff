"""An idle operator among 2,000 finished runs: its CPU, its memory, and whether that grows.

The measured process has executed these runs itself, and their pods still exist.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence

from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.paths import our_path
from tests.perf.cluster import create_all, listed, manifest, namespace, say
from tests.perf.goals import missed
from tests.perf.operated import Operator, succeeded
from tests.perf.scenarios import Json, simulated

NAME = "idle-2000"
_WORKFLOWS, _RUNS_EACH, _TASKS_EACH = 200, 10, 5
_SETTLE_S, _EVERY_S = 30, 5
_GOALS = {"cpu_percent": 0.5, "rss_mb": 150, "rss_mb_per_hour": 1}


async def idle(kube: KubeClient, operator: Operator, minutes: float) -> Json:
    try:
        await operator.start()
        async with namespace(kube, NAME) as name:
            await _finished_runs(kube, name)
            await asyncio.sleep(_SETTLE_S)
            say(f"{NAME}: the runs have finished; watching for {minutes:g} minutes")
            result = await _watch(operator, 60 * minutes)
    finally:
        await operator.stop()
    result = {"name": NAME, "runs": _WORKFLOWS * _RUNS_EACH, "minutes": minutes} | result
    return result | {"missed": missed(result, _GOALS)}


async def _finished_runs(kube: KubeClient, name: str) -> None:
    tasks = [{"name": f"t{number}"} for number in range(_TASKS_EACH)]
    spec = {"defaults": simulated(), "tasks": tasks, "trigger": "Manual"}
    _, version = await listed(kube, our_path(name, "workflowruns"))
    workflows = [f"w{number}" for number in range(_WORKFLOWS)]
    await create_all(
        kube, our_path(name, "workflows"), (manifest("Workflow", workflow, spec) for workflow in workflows)
    )
    runs = (
        manifest("WorkflowRun", f"{workflow}-r{number}", {"workflow": workflow})
        for number in range(_RUNS_EACH)
        for workflow in workflows
    )
    creating = asyncio.create_task(create_all(kube, our_path(name, "workflowruns"), runs))
    await succeeded(kube, our_path(name, "workflowruns"), version, _WORKFLOWS * _RUNS_EACH)
    await creating


async def _watch(operator: Operator, seconds: float) -> Json:
    started, cpu_before = time.monotonic(), operator.cpu_s()
    at_s: list[float] = []
    rss_mb: list[float] = []
    while not at_s or at_s[-1] < seconds:
        at_s.append(time.monotonic() - started)
        rss_mb.append(operator.rss_mb())
        await asyncio.sleep(_EVERY_S)
    cpu_s = operator.cpu_s() - cpu_before
    return {
        "cpu_percent": round(100 * cpu_s / (time.monotonic() - started), 2),
        "rss_mb": round(max(rss_mb), 1),
        "rss_mb_per_hour": round(growth_per_hour(at_s, rss_mb), 2),
    }


def growth_per_hour(at_s: Sequence[float], values: Sequence[float]) -> float:
    """The slope, per hour, of a linear regression. `at_s` are the times of the `values`."""
    return 3600 * statistics.linear_regression(at_s, values).slope
