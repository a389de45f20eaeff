"""Earlier runs: what they leave to others, and how long their tasks took."""

from collections.abc import Iterable
from statistics import median

from pydantic import ValidationError

from sluice.cli.retry import past
from sluice.client import find
from sluice.client.api import Client
from sluice.client.errors import ClientError, NotFound
from sluice.client.resources import PODS, RUNS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.naming import LABEL_RUN, LABEL_TASK, MAIN, settings_of
from sluice.core.base.times import instant
from sluice.core.triggers.resume import Past
from sluice.core.whatif.durations import KeptRun

_KEPT = 5


async def run_if_there(client: Client, name: str) -> Json | None:
    try:
        return await client.get(RUNS, name)
    except NotFound:
        return None


def with_graph(spec: Json, graph: Json) -> Json:
    """A Workflow's spec with the graph of one of its runs in place of the one that it has now."""
    return settings_of(spec) | graph


async def past_of(client: Client, run: Json) -> Past | None:
    """What a run that has ended leaves to others; None if its graph is gone, or cannot be read."""
    try:
        return await past.read(client, run)
    except (ValidationError, KeyError):
        return None


async def kept_runs(client: Client, workflow: str) -> tuple[list[KeptRun], Json | None]:
    """The newest runs that succeeded, those that other runs called among them, and the newest of them as it is."""
    rows = [row for row in await find.runs_of(client, workflow) if row.cell("Phase") == "Succeeded"]
    newest = sorted(rows, key=lambda row: (row.metadata["creationTimestamp"], row.name), reverse=True)[:_KEPT]
    runs = [run for row in newest if (run := await run_if_there(client, row.name)) is not None]
    return [await kept_run(client, run) for run in runs], next(iter(runs), None)


async def kept_run(client: Client, run: Json) -> KeptRun:
    """Where its pods are still there, they say how long each item took."""
    name = run["metadata"]["name"]
    try:
        pods = await client.objects(PODS, labelSelector=f"{LABEL_RUN}={name}")
    except ClientError:
        pods = []
    return KeptRun(name, foreign.mapping(foreign.mapping(run.get("status")).get("tasks")), _times_of_pods(pods))


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
