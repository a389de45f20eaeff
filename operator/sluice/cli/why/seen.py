"""What more than one answer is made of."""

from collections.abc import Awaitable
from typing import TypeVar

from sluice.client.api import Client
from sluice.client.errors import Forbidden, NotFound
from sluice.client.history import kept_runs
from sluice.client.names import Target
from sluice.client.resources import WORKFLOWS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.naming import LABEL_INDEX, LABEL_RUN, LABEL_TASK
from sluice.core.explain.line import slots_of
from sluice.core.explain.seen import RunSeen
from sluice.core.status.durations import Sources

T = TypeVar("T")


def pods_of(run: str, target: Target) -> str:
    """The label selector of the pods of a task, or of one item."""
    item = "" if target.item is None else f",{LABEL_INDEX}={target.item}"
    return f"{LABEL_RUN}={run},{LABEL_TASK}={target.task}{item}"


async def workflow_if_there(client: Client, name: str) -> Json | None:
    try:
        return await client.get(WORKFLOWS, name) if name else None
    except NotFound:
        return None


async def times_of_task(client: Client, seen: RunSeen, task: str) -> Sources | None:
    """From what it is known how long one of the run's tasks takes; None if runs may not be read."""
    try:
        kept, _ = await kept_runs(client, seen.workflow, task)
    except Forbidden:
        return None
    workflow = await workflow_if_there(client, seen.workflow) or {}
    width = foreign.integer(foreign.mapping(workflow.get("spec")).get("parallelism"))
    return Sources(kept=kept, width=width, pools=slots_of(seen.pools or ()))


async def if_allowed(reading: Awaitable[T]) -> T | None:
    try:
        return await reading
    except Forbidden:
        return None
