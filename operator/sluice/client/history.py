"""Earlier runs of a Workflow, from which it is known how long it and its tasks take."""

import asyncio
from collections.abc import Iterable
from statistics import median

from sluice.client import find
from sluice.client.api import Client
from sluice.client.errors import ClientError, Forbidden, NotFound
from sluice.client.resources import PODS, RUNS
from sluice.client.table import TableRow
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.naming import LABEL_RUN, LABEL_TASK, MAIN
from sluice.core.base.times import instant
from sluice.core.status.durations import KeptRun

_KEPT = 5


async def run_if_there(client: Client, name: str) -> Json | None:
    try:
        return await client.get(RUNS, name)
    except NotFound:
        return None


async def times_of_runs(client: Client, workflow: str) -> tuple[float, ...] | None:
    """Seconds from start to end of the newest that succeeded. None if runs may not be listed."""
    try:
        rows = await _succeeded(client, workflow)
    except Forbidden:
        return None
    times = ((instant(row.cell("Started At")), instant(row.cell("Finished At"))) for row in rows)
    return tuple(max(0.0, end - start) for start, end in times if start is not None and end is not None)


async def kept_runs(client: Client, workflow: str, task: str = "") -> tuple[list[KeptRun], Json | None]:
    """The newest runs that succeeded, those that other runs called among them, and the newest of them as it is. With
    `task` only its times are wanted.
    """
    rows = await _succeeded(client, workflow)
    found = await asyncio.gather(*(run_if_there(client, row.name) for row in rows))
    runs = [run for run in found if run is not None]
    kept = await asyncio.gather(*(kept_run(client, run, task) for run in runs))
    return list(kept), next(iter(runs), None)


async def kept_run(client: Client, run: Json, task: str = "") -> KeptRun:
    """Where its pods are still there, they say how long each item took."""
    name = run["metadata"]["name"]
    labels = f"{LABEL_RUN}={name},{LABEL_TASK}={task}" if task else f"{LABEL_RUN}={name}"
    try:
        pods = await client.objects(PODS, labelSelector=labels)
    except ClientError:
        pods = []
    return KeptRun(name, foreign.mapping(foreign.mapping(run.get("status")).get("tasks")), _times_of_pods(pods))


async def _succeeded(client: Client, workflow: str) -> list[TableRow]:
    """The newest that succeeded, the newest first."""
    rows = [row for row in await find.runs_of(client, workflow) if row.cell("Phase") == "Succeeded"]
    return sorted(rows, key=lambda row: (row.metadata["creationTimestamp"], row.name), reverse=True)[:_KEPT]


def _times_of_pods(pods: Iterable[Json]) -> dict[str, float]:
    """Seconds from start to end of the main container, by task: the median."""
    found: dict[str, list[float]] = {}
    for pod in pods:
        task = foreign.string(foreign.mapping(foreign.mapping(pod.get("metadata")).get("labels")).get(LABEL_TASK))
        for container in foreign.mappings(foreign.mapping(pod.get("status")).get("containerStatuses")):
            ended = foreign.mapping(foreign.mapping(container.get("state")).get("terminated"))
            started_at, finished_at = instant(ended.get("startedAt")), instant(ended.get("finishedAt"))
            if container.get("name") == MAIN and ended.get("exitCode") == 0 and started_at and finished_at:
                found.setdefault(task, []).append(max(0.0, finished_at - started_at))
    return {task: median(times) for task, times in found.items()}
