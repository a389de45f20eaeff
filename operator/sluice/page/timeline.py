"""The bars of a run: what the time of each task went to, and what it would have gone to under other limits."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sluice.cli.plan.replay import Limits, replay
from sluice.cli.plan.wishes import Wishes
from sluice.client import graphs
from sluice.client.api import Client
from sluice.client.errors import ClientError, Forbidden
from sluice.client.names import parse
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

_MAX_DIGITS = 6
_NO_PODS = "pods: what a task waited for once it had one"
_NO_GRAPH = "the run's graph (controllerrevisions): what waits for what"

_Bar = list[tuple[str, float, float]]
"""What the time went to, from when until when, in seconds since the run's start."""


async def timeline(visitor: Visitor, name: str) -> Json:
    """In the order in which the tasks could begin."""
    run = await visitor.client.get(RUNS, name)
    graph = await graphs.graph_of_run(visitor.client, run)
    pods = await _pods(visitor.client, name)
    seen = RunSeen(run, time.time(), graph)
    started_at = instant(seen.status.get("startedAt")) or seen.now
    bars = sorted(bars_of(seen, pods or ()), key=lambda bar: (_ready_at(bar.parts), bar.parts[-1].until))
    return {
        "bars": [{"task": bar.task, "parts": _bar(bar.parts, started_at)} for bar in bars],
        "took": seen.took_s(seen.status),
        "pools": sorted(_claimed(seen)),
        "unseen": ([_NO_PODS] if pods is None else []) + ([_NO_GRAPH] if graph is None else []),
    }


def _ready_at(parts: Sequence[TimePart]) -> Instant:
    return parts[0].until if parts[0].kind == "dependencies" else parts[0].since


def _bar(parts: Iterable[TimePart], started_at: Instant) -> _Bar:
    return [(part.kind, round(part.since - started_at, 1), round(part.until - started_at, 1)) for part in parts]


async def what_if(visitor: Visitor, name: str, parallelism: str, pools: Iterable[str]) -> Json:
    """What `sluice plan RUN --parallelism N --pool NAME=N` says, and its bars. Without `parallelism` the run's own."""
    limits = Limits(_number(parallelism, 1) if parallelism else None, dict(map(_slots, pools)))
    found = await replay(visitor.client, parse(f"run/{name}"), limits, Wishes(), time.time())
    run = await visitor.client.get(RUNS, name)
    graph = await graphs.graph_of_run(visitor.client, run)
    bars = _replayed(found.other.plan.spans, RunSeen(run, 0.0, graph).depends_on)
    return {
        "words": found.headline,
        "bars": dict(bars),
        "took": found.other.plan.time.typical_s if found.other.plan.time else 0.0,
        "guesses": found.other.guesses,
    }


def _replayed(
    spans: Mapping[str, tuple[float, float]], depends_on: Mapping[str, Iterable[str]]
) -> Iterator[tuple[str, _Bar]]:
    for task, (began_s, ended_s) in spans.items():
        ready_s = max((spans[before][1] for before in depends_on.get(task, ()) if before in spans), default=0.0)
        ready_s = min(ready_s, began_s)
        parts = [
            TimePart("dependencies", 0.0, ready_s),
            TimePart("limits", ready_s, began_s),
            TimePart("running", began_s, ended_s),
        ]
        yield task, _bar((part for part in parts if part.since < part.until), 0.0)


def _slots(text: str) -> tuple[str, int]:
    """`warehouse=2`."""
    name, _, slots = text.partition("=")
    return name, _number(slots, 0)


def _number(text: str, least: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS and int(text) >= least):
        raise ClientError(f"'{text}' is no limit: write a whole number from {least}")
    return int(text)


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
