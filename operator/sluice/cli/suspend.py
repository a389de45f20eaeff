"""`sluice suspend`, and with `resume` beside it the way back: exit code 0, or 2 if nothing could be changed."""

from typing import TYPE_CHECKING, Literal

import click

from sluice.cli import complete
from sluice.cli.changeable import check_goes_on, check_not_stopped
from sluice.cli.cluster import access_options, with_client
from sluice.cli.write import Writing, write_options
from sluice.client.access import Access
from sluice.client.errors import ClientError
from sluice.client.names import Kind, Target, parse
from sluice.client.resources import BACKFILLS, RUNS, WORKFLOWS

if TYPE_CHECKING:
    from sluice.client.api import Client

State = Literal["Suspended", "Running"]


@click.command("suspend", short_help="Let a run, a Backfill or a schedule start nothing more.")
@click.argument("name", shell_complete=complete.runs)
@click.option("--schedule", is_flag=True, help="Of Workflow NAME: it makes no further run on time.")
@access_options
@write_options
def command(name: str, access: Access, writing: Writing, *, schedule: bool) -> None:
    """Let a run start no further task, a Backfill no further run, or a Workflow no further run on time.

    What runs goes on. NAME is the name of a run, of a Workflow for its newest run, or backfill/NAME.

    Example: sluice suspend etl
    """
    with_client(access, lambda client: turn(client, name, "Suspended", writing, schedule=schedule))


async def turn(client: "Client", name: str, state: State, writing: Writing, *, schedule: bool) -> None:
    """Suspends or resumes what `name` says."""
    target = parse(name)
    if schedule:
        await _turn_schedule(client, target, state, writing)
    elif target.kind is Kind.BACKFILL:
        await _turn_backfill(client, target, state, writing)
    else:
        await _turn_run(client, target, state, writing)


async def _turn_run(client: "Client", target: Target, state: State, writing: Writing) -> None:
    from sluice.client import find  # noqa: PLC0415  # not for --help

    run = await find.run(client, target)
    name = run["metadata"]["name"]
    check_not_stopped(run)
    words = "suspended; what runs goes on, and no further task starts" if state == "Suspended" else "goes on"
    (await writing.patch(client, RUNS, name, {"spec": {"state": state}})).say(f"{name}: {words}")


async def _turn_backfill(client: "Client", target: Target, state: State, writing: Writing) -> None:
    from sluice.client import find  # noqa: PLC0415

    found = await find.named(client, Kind.BACKFILL, target.name)
    check_goes_on(found)
    words = "suspended; its runs go on, and it makes no further one" if state == "Suspended" else "goes on"
    (await writing.patch(client, BACKFILLS, target.name, {"spec": {"state": state}})).say(f"{target.name}: {words}")


async def _turn_schedule(client: "Client", target: Target, state: State, writing: Writing) -> None:
    from sluice.client import find  # noqa: PLC0415

    found = await find.named(client, Kind.WORKFLOW, target.name)
    if not found["spec"].get("schedule"):
        raise ClientError(f"Workflow {target.name} has no schedule; to suspend a run of it, leave out --schedule")
    words = "makes no further run on time" if state == "Suspended" else "runs on time again"
    change = {"spec": {"schedule": {"suspend": state == "Suspended"}}}
    (await writing.patch(client, WORKFLOWS, target.name, change)).say(f"{target.name}: {words}")
