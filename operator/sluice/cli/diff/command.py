"""`sluice diff`: exit code 0, or 2 if the runs could not be read."""

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from sluice.cli import complete
from sluice.cli.cluster import access_options, with_client
from sluice.cli.terminal import Terminal
from sluice.client.access import Access
from sluice.client.names import BadName, Kind, parse

if TYPE_CHECKING:
    from sluice.client.api import Client
    from sluice.client.names import Target
    from sluice.core.explain.seen import RunSeen


@click.command("diff", short_help="Show what differs between two runs.")
@click.argument("before", metavar="RUN", shell_complete=complete.runs)
@click.argument("after", metavar="[RUN]", default="", shell_complete=complete.runs)
@click.option("-o", "--output", type=click.Choice(["json"]), help="For programs.")
@access_options
def command(before: str, after: str, output: str | None, access: Access) -> None:
    """Show what differs between two runs: time, parameters, graph, outputs, and how tasks ended.

    Of a Workflow alone, its newest run is compared with the one before.

    Example: sluice diff etl~1 etl
    """
    first, second = parse(before), parse(after)
    for each, text in ((first, before), (second, after)):
        if each.task or each.kind in (Kind.POOL, Kind.BACKFILL):
            raise BadName(f"'{text}' is no run; write for example etl~1 etl")
    if not after:
        if first.back or first.kind is Kind.RUN:
            raise BadName(f"with which run? Write for example: sluice diff {before} etl")
        first, second = replace(first, kind=Kind.WORKFLOW, back=1), replace(first, kind=Kind.WORKFLOW)
    with_client(access, lambda client: _diff(client, first, second, output))


async def _diff(client: "Client", before: "Target", after: "Target", output: str | None) -> None:
    from sluice.cli.diff.words import as_json, as_text  # noqa: PLC0415  # not for --help
    from sluice.core.explain.compare import compare  # noqa: PLC0415

    found = compare(*await asyncio.gather(seen(client, before), seen(client, after)))
    click.echo(as_json(found) if output else "\n".join(as_text(found, Terminal.of_stdout())), color=True)


async def seen(client: "Client", target: "Target") -> "RunSeen":
    """The run, with what there is to compare."""
    from sluice.client import find, graphs  # noqa: PLC0415
    from sluice.core.explain.seen import RunSeen  # noqa: PLC0415

    run = await find.run(client, target)
    return RunSeen(run, time.time(), graph=await graphs.graph_of_run(client, run))
