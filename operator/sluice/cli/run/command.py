"""`sluice run`: exit code 0, with --wait or --follow 1 if the run did not succeed, 2 if it could not be started."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sluice.api import API_VERSION
from sluice.cli import complete
from sluice.cli.cluster import NOT_SUCCEEDED, access_options, with_client
from sluice.cli.printable import printable
from sluice.cli.states import SUCCEEDED
from sluice.cli.suggestion import as_typed
from sluice.cli.write import Writing, write_options
from sluice.client.access import Access
from sluice.client.errors import ClientError, Conflict
from sluice.client.names import Kind, parse
from sluice.client.resources import RUNS
from sluice.core import Json

if TYPE_CHECKING:
    from sluice.client.api import Client

_SUFFIXES = (".yaml", ".yml", ".json", ".py")


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the flags say."""

    what: str
    values: tuple[str, ...]
    name: str | None
    waits: bool
    follows: bool
    logs: bool
    writing: Writing


@click.command("run", short_help="Start a run of a Workflow, or of one in a file.")
@click.argument("what", metavar="WORKFLOW|FILE", shell_complete=complete.workflows_or_files)
@click.option("-p", "--param", "values", multiple=True, metavar="NAME=VALUE", help="A parameter; may be given again.")
@click.option("--name", help="The run's name. If it exists already, no second one is made.")
@click.option("--wait", "waits", is_flag=True, help="Until the run ends; exit code 1 if it does not succeed.")
@click.option("--follow", "follows", is_flag=True, help="As --wait, with a line for each change.")
@click.option("--logs", is_flag=True, help="As --follow, with all logs.")
@access_options
@write_options
def command(
    what: str,
    values: tuple[str, ...],
    name: str | None,
    access: Access,
    writing: Writing,
    *,
    waits: bool,
    follows: bool,
    logs: bool,
) -> None:
    """Start a run of a Workflow, or apply a FILE and run the Workflow in it.

    A FILE (- is standard input) is checked as by `sluice lint` and applied server-side; one in Python is rendered
    first. A Workflow that runs on change starts its run itself; then that one is meant.

    Example: sluice run etl -p day=2026-03-01 --follow
    """
    wish = _Wish(what, values, name, waits or follows or logs, follows, logs, writing)
    if wish.waits and (writing.dry_run or writing.output):
        raise click.UsageError("--wait, --follow and --logs go with neither --dry-run nor -o")
    if not with_client(access, lambda client: _run(client, wish)):
        sys.exit(NOT_SUCCEEDED)


def is_file(text: str) -> bool:
    """Is it a file's name rather than a Workflow's?"""
    return text == "-" or Path(text).suffix in _SUFFIXES or ("/" in text and Path(text).is_file())


async def _run(client: "Client", wish: _Wish) -> bool:
    """False if it was waited for, and did not succeed."""
    name = await _of_file(client, wish) if is_file(wish.what) else await _of_workflow(client, wish)
    if not wish.writing.dry_run and wish.writing.output is None:
        await _say_where(client, name)
    if not wish.waits:
        return True
    from sluice.cli.logs.follow import follow_all  # noqa: PLC0415
    from sluice.cli.run.wait import wait  # noqa: PLC0415
    from sluice.cli.watch.display import Lines  # noqa: PLC0415
    from sluice.cli.watch.watch import watch  # noqa: PLC0415

    try:
        if wish.logs:
            return await follow_all(client, name)
        if wish.follows:
            return (await watch(client, name, Lines(), to_come=True)).state is SUCCEEDED
        return await wait(client, name)
    except asyncio.CancelledError:  # Ctrl-C
        click.echo(as_typed(f"{name} goes on; to follow it: sluice watch {name}"), err=True)
        raise


async def _say_where(client: "Client", name: str) -> None:
    """Where people can see the run."""
    from sluice.client.defaults import page_of  # noqa: PLC0415

    if page := await page_of(client, name):
        click.echo(f"see it at {printable(page)}")


async def _of_workflow(client: "Client", wish: _Wish) -> str:
    from sluice.client import find  # noqa: PLC0415

    target = parse(wish.what)
    if target.kind not in (None, Kind.WORKFLOW) or target.task or target.back:
        raise ClientError(f"'{wish.what}' is no Workflow; to run again what a run has not done: sluice retry RUN")
    return await _start(client, wish, await find.named(client, Kind.WORKFLOW, target.name))


async def _of_file(client: "Client", wish: _Wish) -> str:
    from sluice.cli.run import file  # noqa: PLC0415
    from sluice.client import defaults  # noqa: PLC0415

    chart = await defaults.read(client)
    manifests = file.read(wish.what, chart_has_image=chart is None or bool(chart.task_defaults.image))
    main = file.to_run(manifests, wish.what)
    name = ""
    for each in manifests:
        if each.resource is RUNS:
            name = await _create(client, wish, each.body)
            continue
        before = await file.current(client, each)
        applied = await wish.writing.apply(client, each.resource, each.body, wish.what)
        same = before is not None and before["metadata"]["generation"] == applied.found["metadata"]["generation"]
        applied.say(f"{each.resource.kind.lower()}/{each.name} {'unchanged' if same else 'applied'}", progress=True)
        if each is main:
            own = file.own_run(before, applied.found)
            if own is not None and not wish.values and not wish.name:
                name = own
                if wish.writing.output is None:
                    what = "a run is" if wish.writing.dry_run else f"workflowrun/{own}"
                    click.echo(f"{what} started by the Workflow itself")
            else:
                name = await _start(client, wish, applied.found)
    return name


async def _start(client: "Client", wish: _Wish, workflow: Json) -> str:
    """Creates a run of the Workflow; its name."""
    arguments: Json = {}
    if wish.values or workflow["spec"].get("parameters"):
        from sluice.cli.run.arguments import typed  # noqa: PLC0415  # not where there is nothing to judge

        arguments = typed(wish.values, workflow)
    return await _create(client, wish, run_of(workflow["metadata"]["name"], arguments, wish.name))


def run_of(workflow: str, arguments: Json, name: str | None = None) -> Json:
    """The manifest of a run of the Workflow."""
    spec = {"workflow": workflow, **({"arguments": arguments} if arguments else {})}
    metadata = {"name": name} if name else {"generateName": f"{workflow}-"}
    return {"apiVersion": API_VERSION, "kind": RUNS.kind, "metadata": metadata, "spec": spec}


async def _create(client: "Client", wish: _Wish, manifest: Json) -> str:
    """The run's name. One of this name that asks for the same is as good; any other raises Conflict."""
    try:
        created = await wish.writing.create(client, RUNS, manifest)
    except Conflict as conflict:
        name = manifest["metadata"].get("name")
        if not conflict.exists or not name:
            raise
        there = await client.get(RUNS, name)
        asked = manifest["spec"]
        if any(there["spec"].get(key) != value for key, value in asked.items()):
            raise ClientError(f"run {name} exists already, and was asked for otherwise; take another --name") from None
        click.echo(f"workflowrun/{name} exists already")
        return str(name)
    created.say(f"workflowrun/{created.name} created")
    return created.name
