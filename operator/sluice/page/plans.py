"""What a new run would do, and what a run would have done under other limits."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping

from sluice.cli.plan.planned import Planned
from sluice.cli.plan.prepare import Preparation
from sluice.cli.plan.replay import Limits, replay
from sluice.cli.plan.seen.look import look
from sluice.cli.plan.wishes import Wishes
from sluice.cli.plan.words.facts import facts
from sluice.cli.plan.words.text import headline, rows
from sluice.cli.run.arguments import typed
from sluice.cli.run.command import run_of
from sluice.cli.run.file import Manifest
from sluice.client import defaults, find, graphs
from sluice.client.errors import ClientError
from sluice.client.names import Kind, parse
from sluice.client.resources import RUNS
from sluice.core import Instant, Json
from sluice.core.explain.seen import RunSeen
from sluice.core.explain.spent import TimePart
from sluice.page.timeline import Segments, segments
from sluice.page.visitors import Visitor

_MAX_DIGITS = 6


async def plan(visitor: Visitor, name: str, arguments: Iterable[str]) -> Json:
    """What `sluice plan` says of a new run with these arguments, each NAME=VALUE."""
    client = visitor.client
    found = await find.named(client, Kind.WORKFLOW, name)
    manifest = Manifest(RUNS, run_of(name, typed(arguments, found), name))
    known = await look(client, [manifest], await defaults.read(client))
    now = time.time()
    planned = await asyncio.to_thread(lambda: Preparation([manifest], known, Wishes(), now).planned()[0])
    return {**_written(planned, known.namespace, now), "unseen": list(known.unseen)}


def _written(planned: Planned, namespace: str, now: Instant) -> Json:
    return {
        "words": headline(planned, namespace),
        "tasks": [{"name": change.name, "does": does} for change, does in rows(planned, now)],
        "facts": [{"label": label, "text": text} for label, text in facts(planned)],
    }


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
) -> Iterator[tuple[str, Segments]]:
    for task, (began_s, ended_s) in spans.items():
        ready_s = max((spans[before][1] for before in depends_on.get(task, ()) if before in spans), default=0.0)
        ready_s = min(ready_s, began_s)
        parts = [
            TimePart("dependencies", 0.0, ready_s),
            TimePart("limits", ready_s, began_s),
            TimePart("running", began_s, ended_s),
        ]
        yield task, segments((part for part in parts if part.since < part.until), 0.0)


def _slots(text: str) -> tuple[str, int]:
    """`warehouse=2`."""
    name, _, slots = text.partition("=")
    return name, _number(slots, 0)


def _number(text: str, least: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS and int(text) >= least):
        raise ClientError(f"'{text}' is no limit: write a whole number from {least}")
    return int(text)
