"""Other runs that have not ended: those that take something of what the one that is planned needs."""

import asyncio
from collections.abc import Collection, Iterable

from sluice.api.run import has_ended
from sluice.cli.plan.prepare import readable
from sluice.cli.plan.seen.history import with_graph
from sluice.cli.plan.seen.known import OtherRun
from sluice.client import find, graphs
from sluice.client.api import Client
from sluice.client.errors import ClientError
from sluice.client.history import kept_runs, run_if_there
from sluice.client.resources import PODS, RUNS, WORKFLOWS
from sluice.client.table import TableRow
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.naming import LABEL_RUN, graph_of
from sluice.core.explain.line import holders, name_of, waiters
from sluice.core.status.durations import KeptRun

_READ = 20
"""Each takes a dozen requests."""


async def names_of_others(
    client: Client, pools: Iterable[Json], wanted: Collection[str], limited: Iterable[str], *, capped: bool
) -> list[str]:
    """Those that hold or wait for slots of the Pools `wanted`, of which a Pool names some only; the runs of the
    Workflows `limited`; if pods are `capped`, all.
    """
    names: dict[str, None] = {}
    for pool in pools:
        if name_of(pool) in wanted:
            names |= dict.fromkeys(runs_at(pool))
    tables = [await client.table(RUNS)] if capped else [await find.runs_of(client, each) for each in limited]
    names |= dict.fromkeys(row.name for table in tables for row in _oldest_first(table))
    return list(names)


def runs_at(pool: Json) -> list[str]:
    """Those that hold its slots, then those that wait for some, as far as it names them."""
    told = [*holders(pool), *(name for name, _ in waiters(pool, 0))]
    return [name.partition("/")[0] for name in told]


def _oldest_first(rows: Iterable[TableRow]) -> list[TableRow]:
    going = [row for row in rows if not has_ended(row.cell("Phase"))]
    return sorted(going, key=lambda row: (row.metadata["creationTimestamp"], row.name))


async def other_runs(client: Client, names: Collection[str]) -> list[OtherRun]:
    """The first of these, as far as they can be read and have not ended."""
    runs = await asyncio.gather(*(_going(client, name) for name in list(names)[:_READ]))
    going = [run for run in runs if run is not None]
    workflows = list({run["spec"]["workflow"]: None for run in going})
    kept = dict(zip(workflows, await asyncio.gather(*(_kept(client, each) for each in workflows)), strict=True))
    found = await asyncio.gather(*(_other(client, run, kept[run["spec"]["workflow"]]) for run in going))
    return [each for each in found if each is not None]


async def _going(client: Client, name: str) -> Json | None:
    run = await run_if_there(client, name)
    ended = run is None or has_ended(foreign.mapping(run.get("status")).get("phase", ""))
    return None if ended else run


async def _kept(client: Client, workflow: str) -> list[KeptRun]:
    try:
        return (await kept_runs(client, workflow))[0]
    except ClientError:
        return []


async def _other(client: Client, run: Json, kept: list[KeptRun]) -> OtherRun | None:
    """None if it cannot be read. One that has not started has the graph that its Workflow has now."""
    try:
        graph = await graphs.graph_of_run(client, run)
        workflow = await client.get(WORKFLOWS, run["spec"]["workflow"])
        pods = await client.objects(PODS, labelSelector=f"{LABEL_RUN}={run['metadata']['name']}")
    except ClientError:
        return None
    spec = workflow["spec"]
    if graph is None and not foreign.mapping(run.get("status")).get("revision"):
        graph = graph_of(spec)
    if graph is None or readable(graph) is None:
        return None
    return OtherRun(run, {**workflow, "spec": with_graph(spec, graph)}, pods, kept)
