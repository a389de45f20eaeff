"""The bars of a run: what the time of each task went to."""

import time
from collections.abc import Iterable, Sequence

from sluice.client import graphs
from sluice.client.api import Client
from sluice.client.errors import Forbidden
from sluice.client.resources import PODS, RUNS
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.errors import Unreadable
from sluice.core.base.naming import LABEL_INDEX, LABEL_RUN
from sluice.core.base.times import instant
from sluice.core.explain.seen import RunSeen
from sluice.core.explain.spent import TimePart
from sluice.core.explain.timeline import timeline as bars_of
from sluice.core.pod.view import PodView, pod_view
from sluice.page.visitors import Visitor

_NO_PODS = "pods: what a task waited for once it had one"
_NO_GRAPH = "the run's graph (controllerrevisions): what waits for what"

Segments = list[tuple[str, float, float]]
"""What the time went to, from when until when, in seconds since the run's start."""


async def timeline(visitor: Visitor, name: str) -> Json:
    """In the order in which the tasks could begin."""
    run = await visitor.client.get(RUNS, name)
    graph = await graphs.graph_of_run(visitor.client, run)
    pods = await _pods(visitor.client, name)
    seen = RunSeen(run, time.time(), graph)
    started_at = instant(seen.status.get("startedAt")) or seen.now
    bars = sorted(bars_of(seen, pods or ()), key=lambda each: (_ready_at(each.parts), each.parts[-1].until))
    return {
        "bars": [{"task": each.task, "parts": segments(each.parts, started_at)} for each in bars],
        "took": seen.took_s(seen.status),
        "pools": sorted(_claimed(seen)),
        "unseen": ([_NO_PODS] if pods is None else []) + ([_NO_GRAPH] if graph is None else []),
    }


def _ready_at(parts: Sequence[TimePart]) -> Instant:
    return parts[0].until if parts[0].kind == "dependencies" else parts[0].since


def segments(parts: Iterable[TimePart], started_at: Instant) -> Segments:
    return [(part.kind, round(part.since - started_at, 1), round(part.until - started_at, 1)) for part in parts]


def _claimed(seen: RunSeen) -> set[str]:
    """The Pools that tasks of the run use."""
    claims = (pool for task in seen.definitions.values() for pool in foreign.mappings(task.get("pools")))
    return {foreign.string(pool.get("name")) for pool in claims} - {""}


async def _pods(client: Client, run: str) -> list[PodView] | None:
    """Those of its tasks, without those of items, a page at a time: they are large. None if they may not be listed."""
    found = []
    try:
        async for page in client.pages(PODS, labelSelector=f"{LABEL_RUN}={run},!{LABEL_INDEX}"):
            for pod in page["items"] or ():
                try:
                    found.append(pod_view(pod))
                except Unreadable:
                    continue
    except Forbidden:
        return None
    return found
