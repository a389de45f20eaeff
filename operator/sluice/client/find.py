"""Finds the run that a person has named: see `names`."""

from sluice.client.api import Client
from sluice.client.errors import ClientError, NotFound, Refused
from sluice.client.names import BadName, Kind, Target, pick
from sluice.client.resources import BACKFILLS, POOLS, RUNS, WORKFLOWS, Resource
from sluice.client.table import TableRow
from sluice.core import Json

_OF_KIND = {Kind.RUN: RUNS, Kind.WORKFLOW: WORKFLOWS, Kind.POOL: POOLS, Kind.BACKFILL: BACKFILLS}


async def run(client: Client, target: Target) -> Json:
    """The whole run. Raises BadName with the nearest name if there is none, and the client's errors."""
    if target.name and target.kind is not Kind.WORKFLOW and not target.back:
        try:
            return await client.get(RUNS, target.name)
        except NotFound:
            if target.kind is Kind.RUN:
                raise BadName(await _with_nearest(client, target)) from None
    return await client.get(RUNS, await _by_workflow(client, target))


async def runs_of(client: Client, workflow: str) -> list[TableRow]:
    """The runs of a Workflow, child runs among them, as rows in any order.

    The server selects them by `spec.workflow` where it can; older ones send all runs.
    """
    try:
        return await client.table(RUNS, fieldSelector=f"spec.workflow={workflow}")
    except Refused:
        return [row for row in await client.table(RUNS) if row.cell("Workflow") == workflow]


async def named(client: Client, kind: Kind, name: str) -> Json:
    """The Workflow, Pool, Backfill or run of exactly this name. Raises NotFound with the nearest name."""
    resource = _OF_KIND[kind]
    try:
        return await client.get(resource, name)
    except NotFound:
        raise NotFound(resource, name, client.namespace, await names_of(client, resource)) from None


async def names_of(client: Client, resource: Resource) -> list[str]:
    """The names of a namespace's objects; none where they may not be listed."""
    try:
        return [row.name for row in await client.table(resource)]
    except ClientError:
        return []


async def _by_workflow(client: Client, target: Target) -> str:
    if target.name:
        try:
            return pick(target, await runs_of(client, target.name))
        except BadName:
            pass  # the nearest name takes the whole list
    return pick(target, await client.table(RUNS), await names_of(client, WORKFLOWS))


async def _with_nearest(client: Client, target: Target) -> str:
    try:
        return pick(target, await client.table(RUNS))
    except BadName as error:
        return str(error)
