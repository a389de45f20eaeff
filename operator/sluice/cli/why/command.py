"""`sluice why`: exit code 0, or 2 if there is no answer."""

from typing import TYPE_CHECKING

import click

from sluice.cli import complete
from sluice.cli.cluster import access_options, with_client
from sluice.cli.terminal import Terminal
from sluice.client.access import Access
from sluice.client.names import parse

if TYPE_CHECKING:
    from sluice.client.api import Client


@click.command("why", short_help="Say why something is not running, or how it ended.")
@click.argument("name", metavar="[NAME]", default="", shell_complete=complete.runs)
@click.option("-o", "--output", type=click.Choice(["json"]), help="For programs.")
@access_options
def command(name: str, output: str | None, access: Access) -> None:
    """Say why something is not running, or how it ended, and what would let it go on.

    NAME is a run, or a Workflow for its newest run, a task etl/load, an item etl/load[17], workflow/NAME for why a
    Workflow makes no run, pool/NAME or backfill/NAME. Without it: the newest run of the namespace.

    Example: sluice why etl/load
    """
    with_client(access, lambda client: _why(client, name, output, access))


async def _why(client: "Client", name: str, output: str | None, access: Access) -> None:
    from sluice.cli.why.look import answer  # noqa: PLC0415  # not for --help
    from sluice.cli.why.words import as_json, as_text  # noqa: PLC0415

    found = await answer(client, parse(name))
    click.echo(as_json(found) if output else "\n".join(as_text(found, Terminal.of_stdout(), access)))
