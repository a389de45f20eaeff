"""Reads what an answer is made of. What may not be read is None, and the answer says so."""

import time
from dataclasses import replace

from sluice.cli.states import ENDED
from sluice.cli.why.holders import known_holders
from sluice.cli.why.seen import if_allowed, pods_of, times_of_task, workflow_if_there
from sluice.client import find, graphs
from sluice.client.api import Client
from sluice.client.history import times_of_runs
from sluice.client.names import BadName, Kind, Target, check_task, newest_first
from sluice.client.nodes import free_nodes
from sluice.client.resources import EVENTS, PODS, POOLS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.explain.answer import Answer
from sluice.core.explain.backfill import explain_backfill
from sluice.core.explain.fits import waits_for_room
from sluice.core.explain.line import pool_before
from sluice.core.explain.pool import explain_pool
from sluice.core.explain.run import explain_run
from sluice.core.explain.seen import RunSeen, items_of
from sluice.core.explain.task import explain_task
from sluice.core.explain.workflow import WorkflowSeen, explain_workflow

_WARNINGS = "type=Warning,involvedObject.kind=Pod"


async def answer(client: Client, target: Target) -> Answer:
    """Raises the client's errors, and BadName for what is not there."""
    if target.kind is Kind.POOL:
        pool = await find.named(client, Kind.POOL, target.name)
        return explain_pool(pool, time.time(), await known_holders(client, pool))
    if target.kind is Kind.BACKFILL:
        return explain_backfill(await find.named(client, Kind.BACKFILL, target.name))
    if target.kind is Kind.WORKFLOW and not target.back and not target.task:
        return await _of_workflow(client, await find.named(client, Kind.WORKFLOW, target.name))
    try:
        run = await find.run(client, target)
    except BadName:
        if target.task or target.back or target.kind or not (workflow := await workflow_if_there(client, target.name)):
            raise
        return await _of_workflow(client, workflow)
    return await _of_run(client, run, target)


async def _of_workflow(client: Client, workflow: Json) -> Answer:
    runs = await find.runs_of(client, workflow["metadata"]["name"])
    going = (run for run in newest_first(runs) if run.cell("Phase") not in ENDED)
    told = tuple((run.name, run.cell("Phase") or "Pending", run.cell("Why")) for run in going)
    return explain_workflow(WorkflowSeen(workflow, time.time(), told))


async def _of_run(client: Client, run: Json, target: Target) -> Answer:
    ended = foreign.mapping(run.get("status")).get("phase") in ENDED
    graph = await graphs.graph_of_run(client, run)
    pools = [] if ended else await if_allowed(client.objects(POOLS))
    seen = RunSeen(run, time.time(), graph=graph, pools=pools)
    if target.task:
        check_task(target.task, seen.tasks)
        if target.item is not None:
            _check_item(seen, target.task, target.item)
        seen = replace(seen, pods=await if_allowed(client.objects(PODS, labelSelector=pods_of(seen.name, target))))
    if ended:
        seen = replace(seen, events=[])
        return explain_task(seen, target.task, target.item) if target.task else explain_run(seen)
    if (pool := pool_before(seen, target.task)) is not None:
        seen = replace(seen, held=await known_holders(client, pool))
    if not target.task:
        return explain_run(replace(seen, whole_s=await times_of_runs(client, seen.workflow)))
    seen = replace(
        seen,
        events=await if_allowed(client.objects(EVENTS, fieldSelector=_WARNINGS)),
        times=await times_of_task(client, seen, target.task),
    )
    if waits_for_room(seen, target.task):
        seen = replace(seen, nodes=await if_allowed(free_nodes(client)))
    return explain_task(seen, target.task, target.item)


def _check_item(seen: RunSeen, task: str, item: int) -> None:
    entry = seen.entries.get(task, {})
    total = foreign.integer(foreign.mapping(entry.get("items")).get("total"))
    if total is None and "forEach" not in seen.definitions.get(task, {}) and seen.graph is not None:
        raise BadName(f"{task} is no fan-out and has no items; write {seen.name}/{task}")
    if total is not None and item >= total and item not in items_of(entry):
        raise BadName(f"{task} has {total} items, counted from 0")
