"""`sluice backfill`: exit code 0, or 2 if it was not created."""

import time
from typing import TYPE_CHECKING, Any

import click

from sluice.api import API_VERSION
from sluice.cli import complete
from sluice.cli.cluster import access_options, with_client
from sluice.cli.write import Writing, write_options
from sluice.client.access import Access
from sluice.client.errors import ClientError
from sluice.client.names import Kind, parse
from sluice.client.resources import BACKFILLS

if TYPE_CHECKING:
    from sluice.client.api import Client

_RERUN = {"failed": "Failed", "all": "All"}


@click.command("backfill")
@click.argument("workflow", shell_complete=complete.workflows)
@click.option("--from", "begin", required=True, metavar="TIME", help="The first time, or day: 2026-03-01.")
@click.option("--until", "end", required=True, metavar="TIME", help="This time, or day, is not run any more.")
@click.option("--max-runs", type=click.IntRange(1, 100), help="At most so many of its runs at a time; by default 1.")
@click.option("--newest-first", is_flag=True, help="Begin at the end.")
@click.option(
    "--rerun", type=click.Choice(list(_RERUN)), help="Run again also times whose last run failed, or all of them."
)
@click.option("-p", "--param", "values", multiple=True, metavar="NAME=VALUE", help="A parameter; may be given again.")
@click.option("--name", help="The Backfill's name.")
@access_options
@write_options
def command(
    workflow: str,
    begin: str,
    end: str,
    max_runs: int | None,
    rerun: str | None,
    values: tuple[str, ...],
    name: str | None,
    access: Access,
    writing: Writing,
    *,
    newest_first: bool,
) -> None:
    """Run a Workflow for past times of its schedule.

    A time that has a run already is left out. A day begins at midnight in the time zone of the schedule.

    Example: sluice backfill etl --from 2026-03-01 --until 2026-04-01 --max-runs 4 --dry-run
    """
    options: dict[str, Any] = {
        "maxRuns": max_runs,
        "order": "NewestFirst" if newest_first else None,
        "rerun": _RERUN[rerun] if rerun else None,
    }
    said = {key: value for key, value in options.items() if value is not None}
    with_client(access, lambda client: _backfill(client, workflow, (begin, end), values, said, name, writing))


async def _backfill(
    client: "Client",
    named: str,
    bounds: tuple[str, str],
    values: tuple[str, ...],
    said: dict[str, Any],
    name: str | None,
    writing: Writing,
) -> None:
    from sluice.api.backfill import BackfillSpec  # noqa: PLC0415  # not for --help
    from sluice.api.workflow import WorkflowSettings  # noqa: PLC0415
    from sluice.cli.backfill.count import count, moment  # noqa: PLC0415
    from sluice.cli.run.arguments import typed  # noqa: PLC0415
    from sluice.client import find  # noqa: PLC0415
    from sluice.client.history import times_of_runs  # noqa: PLC0415
    from sluice.core.base import foreign  # noqa: PLC0415

    target = parse(named)
    if target.kind not in (None, Kind.WORKFLOW) or target.task or target.back:
        raise ClientError(f"'{named}' is no Workflow")
    workflow = await find.named(client, Kind.WORKFLOW, target.name)
    settings = WorkflowSettings.read_usable(workflow["spec"])
    begin, end = (moment(text, settings) for text in bounds)
    spec: dict[str, Any] = {"workflow": target.name, "from": begin, "until": end, **said}
    if arguments := typed(values, workflow):
        spec["arguments"] = arguments
    metadata = {"name": name} if name else {"generateName": f"{target.name}-"}
    manifest = {"apiVersion": API_VERSION, "kind": BACKFILLS.kind, "metadata": metadata, "spec": spec}
    found = count(manifest, workflow, await find.runs_of(client, target.name), time.time())
    created = await writing.create(client, BACKFILLS, manifest)
    wanted, width = BackfillSpec.read_usable(spec), foreign.integer(workflow["spec"].get("parallelism"))
    guess = found.guess(wanted, await times_of_runs(client, target.name) or (), width)
    created.say(f"{found.words(wanted)}{guess}\nbackfill/{created.name} created")
