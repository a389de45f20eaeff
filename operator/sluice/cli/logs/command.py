"""`sluice logs`: exit code 0; with -f 1 if what was selected did not succeed; 2 if it could not be asked."""

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from sluice.cli.cluster import NOT_SUCCEEDED, access_options, with_client
from sluice.client.access import Access
from sluice.client.names import Target, parse

if TYPE_CHECKING:
    from sluice.cli.logs.output import Output
    from sluice.cli.logs.selection import Selection
    from sluice.client.api import Client

_SPAN = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MAX_ITEMS = 10_000


def _seconds(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    if (found := _SPAN.fullmatch(value)) is None:
        raise click.BadParameter(f"'{value}' is no time; write for example 30s, 10m or 2h")
    return int(found[1]) * _SECONDS[found[2]]


def _attempt(_: click.Context, __: click.Parameter, value: str | None) -> int | str | None:
    if value is None or value == "all":
        return value
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise click.BadParameter(f"'{value}' is no attempt; write a number from 1, or all")
    return int(value)


def _items(_: click.Context, __: click.Parameter, value: str | None) -> frozenset[int] | None:
    if value is None:
        return None
    from sluice.core.base.intervals import read_intervals  # noqa: PLC0415  # not for --help

    try:
        return frozenset(read_intervals(value, _MAX_ITEMS))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _pattern(_: click.Context, __: click.Parameter, value: str | None) -> re.Pattern[str] | None:
    try:
        return None if value is None else re.compile(value)
    except re.error as error:
        raise click.BadParameter(f"'{value}' is no regular expression: {error}") from error


@click.command("logs", short_help="Show the logs of a run, a task or an item.")
@click.argument("name", metavar="[RUN[/TASK[[ITEM]]]]", default="")
@click.option("-f", "--follow", is_flag=True, help="As they come, with what happens in between, until the end.")
@click.option("--task", "tasks", multiple=True, metavar="TASK", help="Only of this task; may be given again.")
@click.option("--item", "items", callback=_items, metavar="3,7-9", help="Only of these items of a fan-out.")
@click.option("--attempt", callback=_attempt, metavar="N|all", help="By default the newest of each.")
@click.option("--failed", is_flag=True, help="Only of what has failed.")
@click.option("--tail", type=click.IntRange(min=0), metavar="LINES", help="Of each log only the last lines.")
@click.option("--since", callback=_seconds, metavar="SPAN", help="Only what is newer, such as 10m.")
@click.option("--grep", callback=_pattern, metavar="REGEX", help="Only lines in which it is found.")
@click.option("--timestamps", is_flag=True, help="Put the time before each line.")
@click.option("--no-prefix", is_flag=True, help="Without the names of tasks.")
@click.option("-o", "--output", "output", type=click.Choice(["json"]), help="One JSON object a line.")
@access_options
def command(name: str, access: Access, *, follow: bool, **options: Any) -> None:
    """Show the logs of a run, of a task or of an item; by default of the newest run.

    Example: sluice logs etl/load[17] -f
    """
    target = parse(name)
    if not with_client(access, lambda client: _logs(client, target, options, follow=follow)):
        sys.exit(NOT_SUCCEEDED)


async def _logs(client: "Client", target: Target, options: dict[str, Any], *, follow: bool) -> bool:
    from sluice.cli.logs.follow import follow_logs, show_logs  # noqa: PLC0415
    from sluice.client import find  # noqa: PLC0415
    from sluice.client.graphs import graph_of_run  # noqa: PLC0415

    run = await find.run(client, target)
    graph = await graph_of_run(client, run)
    names = [task["name"] for task in graph["tasks"]] if graph else list(run.get("status", {}).get("tasks") or {})
    selection = _selection(names, target, options)
    output = _output(options, list(filter(selection.has_task, names)))
    query: dict[str, str] = {}
    if options["tail"] is not None:
        query["tailLines"] = str(options["tail"])
    if options["since"] is not None:
        query["sinceSeconds"] = str(max(1, options["since"]))
    if follow:
        return await follow_logs(client, run, selection, output, query)
    await show_logs(client, run, selection, output, query)
    return True


def _selection(names: list[str], target: Target, options: dict[str, Any]) -> "Selection":
    """`names` are those of the run's tasks; none while they are not known."""
    from sluice.cli.logs.selection import Selection  # noqa: PLC0415
    from sluice.client.names import BadName, check_task  # noqa: PLC0415

    wanted = {*options["tasks"], target.task} - {""}
    items = options["items"] if target.item is None else frozenset({target.item})
    if items is not None and len(wanted) != 1:
        raise BadName("--item is of one task; name it, as in etl/load or by --task load")
    for task in sorted(wanted) if names else ():
        check_task(task, names)
    return Selection(frozenset(wanted), items, options["attempt"], options["failed"])


def _output(options: dict[str, Any], names: list[str]) -> "Output":
    from sluice.cli.logs.output import Output  # noqa: PLC0415
    from sluice.cli.logs.shown import Prefixes  # noqa: PLC0415
    from sluice.cli.terminal import Terminal  # noqa: PLC0415

    terminal = Terminal.of_stdout()
    return Output(
        terminal,
        None if options["no_prefix"] else Prefixes(terminal, names),
        as_json=options["output"] == "json",
        timestamps=options["timestamps"],
        grep=options["grep"],
    )
