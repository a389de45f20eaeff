"""`sluice ls`: exit code 0, or 2 if the cluster could not be asked."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from sluice.cli import complete, objects
from sluice.cli.cluster import access_options, with_client
from sluice.cli.ls import live
from sluice.cli.ls.rows import STATES, Idle, Line, lines
from sluice.cli.ls.screen import table
from sluice.cli.suggestion import as_typed
from sluice.cli.terminal import Terminal
from sluice.client.access import Access
from sluice.client.errors import NotFound
from sluice.client.resources import RUNS, WORKFLOWS, Resource
from sluice.client.table import TableRow
from sluice.core import Json

if TYPE_CHECKING:
    from sluice.client.api import Client


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the flags say."""

    namespace: str | None
    """None is the client's, '' all."""
    workflow: str | None
    states: frozenset[str]
    selector: str | None
    """Labels. Runs seldom have any, so a run is also chosen by those of its Workflow."""
    children: bool
    output: str | None

    @property
    def is_all(self) -> bool:
        """Is nothing left out but runs that other runs called?"""
        return self.workflow is None and not self.states and self.selector is None

    def collections(self) -> list[tuple[Resource, dict[str, str]]]:
        """What is read, with the query: Workflows, all runs and, with a selector, the runs that it chooses."""
        if self.selector is None:
            return [(WORKFLOWS, {}), (RUNS, {})]
        selection = {"labelSelector": self.selector}
        return [(WORKFLOWS, selection), (RUNS, {}), (RUNS, selection)]

    def lines(
        self, workflows: Sequence[TableRow], runs: Sequence[TableRow], chosen: Sequence[TableRow] | None = None
    ) -> list[Line]:
        """Of what was read."""
        found = lines(workflows, runs, chosen, children=self.children, states=self.states)
        return [line for line in found if self.workflow in (None, line.workflow)]

    def table(self, found: Sequence[Line], terminal: Terminal) -> list[str]:
        return list(table(found, time.time(), terminal, namespaces=self.namespace == "", wide=self.output == "wide"))


@click.command("ls", short_help="List Workflows and runs.")
@click.argument("workflow", required=False, shell_complete=complete.workflows)
@access_options
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="Of all namespaces.")
@click.option("-l", "--selector", help="Those with these labels, such as team=data.")
@click.option(
    "--state",
    "states",
    type=click.Choice(STATES, case_sensitive=False),
    multiple=True,
    help="Those in this state; may be given again.",
)
@click.option("--children", is_flag=True, help="Also the runs that tasks of other runs made.")
@click.option("-o", "--output", type=click.Choice(("wide", *objects.OUTPUTS)), help="More columns, or for programs.")
@click.option("-w", "--watch", "watching", is_flag=True, help="Go on as things change, until Ctrl-C.")
def command(
    access: Access,
    workflow: str | None,
    selector: str | None,
    states: tuple[str, ...],
    output: str | None,
    *,
    everywhere: bool,
    children: bool,
    watching: bool,
) -> None:
    """List the Workflows and runs of a namespace, or the runs of one Workflow.

    Runs that go come first, then Workflows of which none goes (with their next time, and how their last five runs
    ended), then what has ended. On a terminal the list is as long as the screen; off one it is whole.

    Example: sluice ls -A --state Failed --state Suspended
    """
    if watching and output in objects.OUTPUTS:
        raise click.UsageError(f"-w goes with the table, not with -o {output}")
    wish = _Wish("" if everywhere else None, workflow, frozenset(states), selector, children, output)
    with_client(access, lambda client: _watch(client, wish) if watching else _list(client, wish))


async def _list(client: "Client", wish: _Wish) -> None:
    asked = [client.table(resource, wish.namespace, **query) for resource, query in wish.collections()]
    read: list[list[TableRow]] = []
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(answer, BaseException):
            raise answer  # of several errors always the same one
        read.append(answer)
    found = wish.lines(*read)
    if wish.workflow is not None and wish.selector is None:
        _check_workflow(client, wish.workflow, *read[:2])
    if wish.output == "name":
        for line in found:
            click.echo(objects.reference(_resource(line), line.name))
    elif wish.output in objects.OUTPUTS:
        click.echo(objects.written(await _whole(client, wish, found), wish.output))
    elif found:
        click.echo("\n".join(wish.table(found, Terminal.of_stdout())), color=True)
    else:
        where = "any namespace" if wish.namespace == "" else f"namespace {client.namespace}"
        if wish.is_all:
            click.echo(as_typed(f"There is no Workflow or run in {where}; to start one: sluice run FILE"), err=True)
        else:
            click.echo(f"There is no such Workflow or run in {where}.", err=True)


async def _watch(client: "Client", wish: _Wish) -> None:
    terminal, changes = Terminal.of_stdout(), live.Changes()

    def show(found: list[Line]) -> None:
        if terminal.live:
            live.redraw(wish.table(found, terminal))
        else:
            changes.show(found)

    await live.watch(client, wish.namespace, wish.collections(), wish.lines, show)


async def _whole(client: "Client", wish: _Wish, found: Sequence[Line]) -> list[Json]:
    """The objects themselves."""
    listed = {(_resource(line).kind, line.namespace, line.name) for line in found}
    collections = await asyncio.gather(*(client.objects(resource, wish.namespace) for resource in (WORKFLOWS, RUNS)))
    return [
        each
        for collection in collections
        for each in collection
        if (each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]) in listed
    ]


def _check_workflow(client: "Client", workflow: str, workflows: Sequence[TableRow], runs: Sequence[TableRow]) -> None:
    known = {row.name for row in workflows} | {row.cell("Workflow") for row in runs}
    if workflow not in known:
        raise NotFound(WORKFLOWS, workflow, client.namespace, sorted(known))


def _resource(line: Line) -> Resource:
    return WORKFLOWS if isinstance(line, Idle) else RUNS
