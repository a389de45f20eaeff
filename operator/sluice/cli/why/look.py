"""Reads what an answer is made of. What may not be read is None, and the answer says so."""

import time
from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar

from sluice.cli.states import ENDED
from sluice.client import find, graphs
from sluice.client.api import Client
from sluice.client.errors import Forbidden, NotFound
from sluice.client.history import kept_runs, times_of_runs
from sluice.client.names import BadName, Kind, Target, check_task, newest_first
from sluice.client.nodes import free_nodes
from sluice.client.resources import EVENTS, PODS, POOLS, WORKFLOWS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.naming import LABEL_RUN
from sluice.core.explain.answer import Answer
from sluice.core.explain.backfill import explain_backfill
from sluice.core.explain.fits import waits_for_room
from sluice.core.explain.line import slots_of
from sluice.core.explain.pool import explain_pool
from sluice.core.explain.run import explain_run
from sluice.core.explain.seen import RunSeen, items_of
from sluice.core.explain.task import explain_task
from sluice.core.explain.workflow import WorkflowSeen, explain_workflow
from sluice.core.status.durations import Sources

T = TypeVar("T")

_WARNINGS = "type=Warning,involvedObject.kind=Pod"


async def answer(client: Client, target: Target) -> Answer:
    """Raises the client's errors, and BadName for what is not there."""
    if target.kind is Kind.POOL:
        return explain_pool(await find.named(client, Kind.POOL, target.name), time.time())
    if target.kind is Kind.BACKFILL:
        return explain_backfill(await find.named(client, Kind.BACKFILL, target.name))
    if target.kind is Kind.WORKFLOW and not target.back and not target.task:
        return await _of_workflow(client, await find.named(client, Kind.WORKFLOW, target.name))
    try:
        run = await find.run(client, target)
    except BadName:
        if target.task or target.back or target.kind or not (workflow := await _workflow(client, target.name)):
            raise
        return await _of_workflow(client, workflow)
    return await _of_run(client, run, target)


async def _workflow(client: Client, name: str) -> Json | None:
    if not name:
        return None
    try:
        return await client.get(WORKFLOWS, name)
    except NotFound:
        return None


async def _of_workflow(client: Client, workflow: Json) -> Answer:
    runs = await find.runs_of(client, workflow["metadata"]["name"])
    going = (run for run in newest_first(runs) if run.cell("Phase") not in ENDED)
    told = tuple((run.name, run.cell("Phase") or "Pending", run.cell("Why")) for run in going)
    return explain_workflow(WorkflowSeen(workflow, time.time(), told))


async def _of_run(client: Client, run: Json, target: Target) -> Answer:
    name, ended = run["metadata"]["name"], foreign.mapping(run.get("status")).get("phase") in ENDED
    seen = RunSeen(
        run,
        time.time(),
        graph=await graphs.graph_of_run(client, run),
        pools=[] if ended else await _if_allowed(client.objects(POOLS)),
        pods=[] if ended else await _if_allowed(client.objects(PODS, labelSelector=f"{LABEL_RUN}={name}")),
        events=[] if ended else await _if_allowed(client.objects(EVENTS, fieldSelector=_WARNINGS)),
    )
    if not target.task:
        return explain_run(seen if ended else replace(seen, whole_s=await times_of_runs(client, seen.workflow)))
    check_task(target.task, seen.tasks)
    if not ended:
        seen = replace(seen, times=await _times(client, seen, target.task))
    if waits_for_room(seen, target.task):
        seen = replace(seen, nodes=await _if_allowed(free_nodes(client)))
    if target.item is not None:
        _check_item(seen, target.task, target.item)
    return explain_task(seen, target.task, target.item)


async def _times(client: Client, seen: RunSeen, task: str) -> Sources | None:
    try:
        kept, _ = await kept_runs(client, seen.workflow, task)
    except Forbidden:
        return None
    workflow = await _workflow(client, seen.workflow) or {}
    width = foreign.integer(foreign.mapping(workflow.get("spec")).get("parallelism"))
    return Sources(kept=kept, width=width, pools=slots_of(seen.pools or ()))


def _check_item(seen: RunSeen, task: str, item: int) -> None:
    entry = seen.entries.get(task, {})
    total = foreign.integer(foreign.mapping(entry.get("items")).get("total"))
    if total is None and "forEach" not in seen.definitions.get(task, {}) and seen.graph is not None:
        raise BadName(f"{task} is no fan-out and has no items; write {seen.name}/{task}")
    if total is not None and item >= total and item not in items_of(entry):
        raise BadName(f"{task} has {total} items, counted from 0")


async def _if_allowed(reading: Awaitable[T]) -> T | None:
    try:
        return await reading
    except Forbidden:
        return None
