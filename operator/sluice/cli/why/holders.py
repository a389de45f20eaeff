"""Reads what is known of those who hold slots of a Pool: their runs, their pods, and how long such took before."""

import asyncio
import time

from sluice.cli.why.seen import if_allowed, pods_of, times_of_task
from sluice.client import graphs
from sluice.client.api import Client
from sluice.client.errors import ClientError
from sluice.client.history import run_if_there, times_of_runs
from sluice.client.names import BadName, Kind, Target, parse
from sluice.client.resources import PODS
from sluice.core import Json
from sluice.core.explain.holders import holder_of_run, holder_of_task
from sluice.core.explain.line import holders
from sluice.core.explain.seen import Holder, RunSeen

_READ = 3
"""Each takes a dozen requests."""


async def known_holders(client: Client, pool: Json) -> list[Holder]:
    """All that the Pool names; more than its name is known of the first few."""
    names = holders(pool)
    found = await asyncio.gather(*(_holder(client, name) for name in names[:_READ]))
    return [*found, *map(Holder, names[_READ:])]


async def _holder(client: Client, name: str) -> Holder:
    try:
        target = parse(f"{Kind.RUN.value}/{name}")
        run = await run_if_there(client, target.name)
        return Holder(name) if run is None else await _of_run(client, name, run, target)
    except (BadName, ClientError):
        return Holder(name)


async def _of_run(client: Client, name: str, run: Json, target: Target) -> Holder:
    seen = RunSeen(run, time.time(), graph=await graphs.graph_of_run(client, run))
    if not target.task:
        return holder_of_run(name, RunSeen(run, seen.now, whole_s=await times_of_runs(client, seen.workflow)))
    pods = await if_allowed(client.objects(PODS, labelSelector=pods_of(target.name, target)))
    times = await times_of_task(client, seen, target.task)
    return holder_of_task(name, RunSeen(run, seen.now, seen.graph, pods=pods, times=times), target.task, target.item)
