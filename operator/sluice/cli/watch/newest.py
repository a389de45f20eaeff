"""The newest run of a Workflow, once the operator has seen the Workflow's current generation."""

import asyncio
from collections.abc import Callable

from sluice.cli.suggestion import as_typed
from sluice.client import find
from sluice.client.api import Client
from sluice.client.errors import ClientError, NotFound, Unreachable
from sluice.client.names import Kind, Target, newest_first
from sluice.client.resources import RUNS
from sluice.client.table import TableRow
from sluice.core import Json

_POLL_S = 1.0


class WorkflowRefused(ClientError):
    """The operator refused the Workflow, so no run will start."""


async def run_to_watch(client: Client, target: Target, say: Callable[[str], None]) -> str:
    """The name of the run that is meant; a Workflow's first run, or that of its newest change, is waited for.

    `say` gets the reason for the wait. Raises WorkflowRefused, and the errors of `find.run`.
    """
    if target.kind is Kind.RUN or target.back or not target.name:
        return _name(await find.run(client, target))
    if target.kind is None and await _is_run(client, target.name):
        return target.name
    try:
        current = await find.named(client, Kind.WORKFLOW, target.name)
    except NotFound:
        if target.kind is None:
            return _name(await find.run(client, target))  # of a Workflow that is gone
        raise
    while True:
        try:
            if is_observed(current) and (run := newest(await find.runs_of(client, target.name), current)):
                return run
            say(pending_reason(current))
            await asyncio.sleep(_POLL_S)
            current = await find.named(client, Kind.WORKFLOW, target.name)
        except Unreachable as error:
            say(str(error))
            await asyncio.sleep(_POLL_S)


async def _is_run(client: Client, name: str) -> bool:
    try:
        await client.get(RUNS, name)
    except NotFound:
        return False
    return True


def _name(run: Json) -> str:
    return str(run["metadata"]["name"])


def is_observed(workflow: Json) -> bool:
    """Whether the operator has observed this generation. Raises WorkflowRefused if it refused it."""
    status, generation = workflow.get("status", {}), workflow["metadata"]["generation"]
    for condition in status.get("conditions") or ():
        if (
            condition["type"] == "Accepted"
            and condition["status"] == "False"
            and condition.get("observedGeneration", generation) == generation
        ):
            raise WorkflowRefused(f"Workflow {_name(workflow)} was refused:\n{condition['message']}")
    return bool(status.get("observedGeneration", -1) >= generation)


def pending_reason(workflow: Json) -> str:
    """Why there is no run to watch."""
    name, spec = _name(workflow), workflow["spec"]
    if not is_observed(workflow):
        return f"waiting for the operator to read Workflow {name}"
    if spec.get("trigger") == "Manual":
        return as_typed(f"waiting for somebody to start a run of {name}, whose trigger is Manual: sluice run {name}")
    if upstream := [other["workflow"] for other in spec.get("after", ())]:
        return f"waiting for the first run of Workflow {name}, which comes after a success of {', '.join(upstream)}"
    return f"waiting for the first run of Workflow {name}"


def newest(runs: list[TableRow], workflow: Json) -> str | None:
    """The newest run of this Workflow, not of a deleted one of its name."""
    own = (run for run in newest_first(runs) if _owner(run) in (None, workflow["metadata"]["uid"]))
    return next((run.name for run in own), None)


def _owner(run: TableRow) -> str | None:
    owners = (owner for owner in run.metadata.get("ownerReferences") or () if owner["kind"] == "Workflow")
    return next((owner["uid"] for owner in owners), None)
