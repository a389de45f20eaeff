"""What changes something: as the command line does it, with the same words and the kubectl line that is the same.

Asked with `dryRun` the API server judges the change and makes none: so a missing right is named before anybody acts.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sluice.cli.approve import approval
from sluice.cli.changeable import check_goes_on, check_not_stopped, check_undecided
from sluice.cli.retry.command import check, retried
from sluice.cli.retry.words import outlook
from sluice.cli.run.arguments import typed
from sluice.cli.run.command import run_of
from sluice.cli.write import Applied, Writing
from sluice.client import find
from sluice.client.api import Client
from sluice.client.errors import ClientError
from sluice.client.names import Kind
from sluice.client.resources import BACKFILLS, RUNS, WORKFLOWS, Resource
from sluice.core import Json
from sluice.core.status.stored_entries import usable_entries
from sluice.page.visitors import Visitor


class Asked(BaseModel):
    """What the page sends. `name` is that of a run, a Workflow or a Backfill, as the action has it."""

    model_config = ConfigDict(extra="forbid")

    action: str
    name: str
    dry_run: bool = Field(alias="dryRun")
    task: str = ""
    comment: str = ""
    rerun: list[str | dict[str, str]] = []
    """As in `spec.resumeFrom`: the names of tasks, or {task: load, items: "17"}."""
    arguments: dict[str, str] = {}


def asked(found: Json) -> Asked | None:
    """None if it has another shape."""
    try:
        return Asked.model_validate(found)
    except ValidationError:
        return None


Done = tuple[str, Applied]
"""In words, and what was changed."""


async def act(visitor: Visitor, action: Asked) -> Json:
    """Raises the client's errors."""
    if action.action not in _ACTIONS:
        raise ClientError(f"there is no action '{action.action}'")
    writing = Writing(visitor.access, action.dry_run, None)
    words, changed = await _ACTIONS[action.action](visitor.client, writing, action)
    return {"words": words, "line": changed.line, "name": changed.name}


def _patch(
    resource: Resource, spec: Json, words: str, check: Callable[[Json], None] | None = None
) -> Callable[[Client, Writing, Asked], Awaitable[Done]]:
    """`check` raises ClientError if the object cannot be changed so any more: the page may have shown an older one."""

    async def change(client: Client, writing: Writing, asked: Asked) -> Done:
        if check is not None:
            check(await client.get(resource, asked.name))
        return f"{asked.name}: {words}", await writing.patch(client, resource, asked.name, {"spec": spec})

    return change


def _verdict(verdict: str, word: str) -> Callable[[Client, Writing, Asked], Awaitable[Done]]:
    async def decide(client: Client, writing: Writing, asked: Asked) -> Done:
        run = await client.get(RUNS, asked.name)
        check_goes_on(run)
        check_undecided(asked.name, asked.task, usable_entries(run.get("status") or {}))
        by = await client.whoami()
        change = approval(asked.task, verdict, by, asked.comment)
        return f"{asked.task} of {asked.name}: {word} by {by}", await writing.patch(client, RUNS, asked.name, change)

    return decide


async def _run(client: Client, writing: Writing, asked: Asked) -> Done:
    workflow = await find.named(client, Kind.WORKFLOW, asked.name)
    arguments: dict[str, Any] = typed([f"{name}={value}" for name, value in asked.arguments.items()], workflow)
    created = await writing.create(client, RUNS, run_of(asked.name, arguments))
    return f"a run of {asked.name} starts", created


async def _retry(client: Client, writing: Writing, asked: Asked) -> Done:
    run = await client.get(RUNS, asked.name)
    check(run, asked.rerun)
    workflow = await find.named(client, Kind.WORKFLOW, run["spec"]["workflow"])
    words = await outlook(client, run, workflow, asked.rerun)
    return words, await writing.create(client, RUNS, retried(run, asked.rerun))


_ACTIONS: dict[str, Callable[[Client, Writing, Asked], Awaitable[Done]]] = {
    "stop": _patch(RUNS, {"state": "Stopped"}, "stops; its finally tasks still run", check_goes_on),
    "suspend": _patch(RUNS, {"state": "Suspended"}, "starts no further task; what runs goes on", check_not_stopped),
    "resume": _patch(RUNS, {"state": "Running"}, "goes on", check_not_stopped),
    "suspendSchedule": _patch(WORKFLOWS, {"schedule": {"suspend": True}}, "makes no further run on time"),
    "resumeSchedule": _patch(WORKFLOWS, {"schedule": {"suspend": False}}, "runs on time again"),
    "suspendBackfill": _patch(
        BACKFILLS, {"state": "Suspended"}, "makes no further run; those that go go on", check_goes_on
    ),
    "resumeBackfill": _patch(BACKFILLS, {"state": "Running"}, "goes on", check_goes_on),
    "approve": _verdict("Approve", "approved"),
    "reject": _verdict("Reject", "rejected"),
    "run": _run,
    "retry": _retry,
}
