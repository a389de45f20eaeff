"""Why, what differs, as YAML, with which parameters."""

import asyncio
from itertools import takewhile

from sluice.cli import objects
from sluice.cli.diff.command import seen
from sluice.cli.why.look import answer
from sluice.cli.why.words import pasted
from sluice.client import find
from sluice.client.api import Client
from sluice.client.errors import ClientError
from sluice.client.names import Kind, is_child, parse
from sluice.client.resources import RUNS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.explain.compare import compare
from sluice.page.visitors import Visitor


async def why(visitor: Visitor, name: str) -> Json:
    """The answer of `sluice why`; its commands as lines to paste."""
    found = await answer(visitor.client, parse(name))
    commands = [{"line": pasted(each, visitor.access), "effect": each.effect} for each in found.commands]
    return {**found.written(), "commands": commands}


async def difference(visitor: Visitor, before: str, after: str) -> Json:
    """What `sluice diff` says of two runs. `before` may be '': the one that was made before the other."""
    before = before or await _made_before(visitor.client, parse(after).name)
    runs = await asyncio.gather(*(seen(visitor.client, parse(name)) for name in (before, after)))
    return compare(*runs).written()


async def _made_before(client: Client, name: str) -> str:
    """The run of the same Workflow; of a child run another child run."""
    run = await client.get(RUNS, name)
    workflow = run["spec"]["workflow"]
    rows = sorted(await find.runs_of(client, workflow), key=lambda row: (row.metadata["creationTimestamp"], row.name))
    earlier = list(takewhile(lambda row: row.name != name, rows))
    child = any(is_child(row) for row in rows if row.name == name)
    found = [row.name for row in earlier if is_child(row) == child]
    if not found:
        raise ClientError(f"no run of {workflow} that was made before {name} is there; name another")
    return f"run/{found[-1]}"


async def yaml(visitor: Visitor, name: str) -> Json:
    """A run as kubectl prints it."""
    run = await visitor.client.get(RUNS, name)
    return {"text": await asyncio.to_thread(objects.written, run, "yaml")}  # seconds, if it is long


async def parameters(visitor: Visitor, workflow: str) -> Json:
    """What a run of the Workflow can be given."""
    found = await find.named(visitor.client, Kind.WORKFLOW, workflow)
    declared = foreign.mappings(foreign.mapping(found.get("spec")).get("parameters"))
    return {"parameters": declared}
