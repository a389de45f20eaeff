"""`sluice resume`: the way back from `suspend`."""

import click

from sluice.cli import complete
from sluice.cli.cluster import access_options, with_client
from sluice.cli.suspend import turn
from sluice.cli.write import Writing, write_options
from sluice.client.access import Access


@click.command("resume")
@click.argument("name", shell_complete=complete.runs)
@click.option("--schedule", is_flag=True, help="Of Workflow NAME: it runs on time again.")
@access_options
@write_options
def command(name: str, access: Access, writing: Writing, *, schedule: bool) -> None:
    """Let a suspended run, Backfill or schedule go on.

    NAME is the name of a run, of a Workflow for its newest run, or backfill/NAME. A run that has failed goes on by
    `sluice retry`.

    Example: sluice resume etl
    """
    with_client(access, lambda client: turn(client, name, "Running", writing, schedule=schedule))
