"""The bars of a run: what the time of each task went to, and what it would have gone to under other limits."""

import time
from collections.abc import Iterable, Iterator, Mapping

from sluice.cli.plan.replay import Limits, replay
from sluice.cli.plan.wishes import Wishes
from sluice.client import graphs
from sluice.client.api import Client
from sluice.client.errors import ClientError, Forbidden
from sluice.client.names import parse
from sluice.client.resources import PODS, RUNS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.errors import Unreadable
from sluice.core.base.naming import LABEL_INDEX, LABEL_RUN
from sluice.core.explain.seen import RunSeen
from sluice.core.explain.timeline import Part
from sluice.core.explain.timeline import timeline as bars_of
from sluice.core.pod.view import PodView, pod_view
from sluice.page.visitors import Visitor

_MAX_DIGITS = 6
_NO_PODS = "pods: what a task waited for once it had one"
_NO_GRAPH = "the run's graph (controllerrevisions): what waits for what"


async def timeline(visitor: Visitor, name: str) -> Json:
    """In the order in which the tasks could begin."""
    run = await visitor.client.get(RUNS, name)
    graph = await graphs.graph_of_run(visitor.client, run)
    pods = await _pods(visitor.client, name)
    seen = RunSeen(run, time.time(), graph)
    bars = sorted(bars_of(seen, pods or ()), key=lambda bar: (_ready_s(bar.parts), bar.parts[-1].end_s))
    return {
        "bars": [{"task": bar.task, "parts": written(bar.parts)} for bar in bars],
        "took": seen.took_s(seen.status),
        "pools": sorted(_claimed(seen)),
        "unseen": ([_NO_PODS] if pods is None else []) + ([_NO_GRAPH] if graph is None else []),
    }


async def what_if(visitor: Visitor, name: str, parallelism: str, pools: Iterable[str]) -> Json:
    """What `sluice plan RUN --parallelism N --pool NAME=N` says, and its bars. Without `parallelism` the run's own."""
    limits = Limits(_number(parallelism, 1) if parallelism else None, dict(map(_slots, pools)))
    found = await replay(visitor.client, parse(f"run/{name}"), limits, Wishes(), time.time())
    run = await visitor.client.get(RUNS, name)
    graph = await graphs.graph_of_run(visitor.client, run)
    parts = _replayed(found.other.plan.spans, RunSeen(run, 0.0, graph).depends_on)
    return {
        "words": found.headline,
        "bars": {task: written(each) for task, each in parts},
        "took": found.other.plan.time.typical_s if found.other.plan.time else 0.0,
        "guesses": found.other.guesses,
    }


def _replayed(
    spans: Mapping[str, tuple[float, float]], depends_on: Mapping[str, Iterable[str]]
) -> Iterator[tuple[str, list[Part]]]:
    for task, (began_s, ended_s) in spans.items():
        ready_s = max((spans[before][1] for before in depends_on.get(task, ()) if before in spans), default=0.0)
        ready_s = min(ready_s, began_s)
        parts = Part("dependencies", 0.0, ready_s), Part("queue", ready_s, began_s), Part("running", began_s, ended_s)
        yield task, [part for part in parts if part.begin_s < part.end_s]


def _slots(text: str) -> tuple[str, int]:
    """`warehouse=2`."""
    name, _, slots = text.partition("=")
    return name, _number(slots, 0)


def _number(text: str, least: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS and int(text) >= least):
        raise ClientError(f"'{text}' is no limit: write a whole number from {least}")
    return int(text)


def written(parts: Iterable[Part]) -> list[tuple[str, float, float]]:
    return [(part.cause, round(part.begin_s, 1), round(part.end_s, 1)) for part in parts]


def _ready_s(parts: tuple[Part, ...]) -> float:
    return parts[0].end_s if parts[0].cause == "dependencies" else 0.0


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
