"""What is asked once, and not followed."""

import asyncio

from sluice.cli import objects
from sluice.cli.diff.command import seen
from sluice.cli.why.look import answer
from sluice.cli.why.words import pasted
from sluice.client import find
from sluice.client.api import Client
from sluice.client.errors import Forbidden
from sluice.client.names import Kind, parse
from sluice.client.resources import NAMESPACES, RUNS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.explain.compare import compare
from sluice.page.visitors import Visitor


async def who(visitor: Visitor) -> Json:
    """Who the visitor is, and what there is to choose from."""
    client = visitor.client
    user, namespaces = await asyncio.gather(client.whoami(), _namespaces(client))
    return {"user": user, "server": client.server, "namespace": client.namespace, "namespaces": namespaces}


async def _namespaces(client: Client) -> list[str]:
    """All, or the visitor's own where they may not be listed."""
    try:
        return sorted([row.name for row in await client.table(NAMESPACES)])
    except Forbidden:
        return [client.namespace]


async def why(visitor: Visitor, name: str) -> Json:
    """The answer of `sluice why`; its commands as lines to paste."""
    found = await answer(visitor.client, parse(name))
    commands = [{"line": pasted(each, visitor.access), "effect": each.effect} for each in found.commands]
    return {**found.written(), "commands": commands}


async def difference(visitor: Visitor, before: str, after: str) -> Json:
    """What `sluice diff` says of two runs."""
    runs = await asyncio.gather(*(seen(visitor.client, parse(name)) for name in (before, after)))
    return compare(*runs).written()


async def yaml(visitor: Visitor, name: str) -> Json:
    """A run as kubectl prints it."""
    run = await visitor.client.get(RUNS, name)
    return {"text": await asyncio.to_thread(objects.written, run, "yaml")}  # seconds, if it is long


async def parameters(visitor: Visitor, workflow: str) -> Json:
    """What a run of the Workflow can be given."""
    found = await find.named(visitor.client, Kind.WORKFLOW, workflow)
    declared = foreign.mappings(foreign.mapping(found.get("spec")).get("parameters"))
    return {"parameters": declared}
