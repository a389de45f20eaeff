"""`sluice plan`: exit code 0; with --detailed-exitcode 3 if a run would start; 2 if there is no plan."""

import gc
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sluice.cli import complete
from sluice.cli.cluster import access_options, with_client
from sluice.cli.run.command import is_file
from sluice.cli.terminal import Terminal
from sluice.client.access import Access
from sluice.client.names import parse

if TYPE_CHECKING:
    from sluice.cli.plan.of_file import Plans
    from sluice.cli.plan.wishes import Wishes
    from sluice.client.api import Client

SOMETHING_STARTS = 3


@click.command("plan", short_help="Say what a file would do if it were applied.")
@click.argument("what", metavar="FILE|RUN", shell_complete=complete.runs_or_files)
@click.option("--offline", is_flag=True, help="From the file alone: nothing of it is on the cluster yet.")
@click.option("-p", "--param", "values", multiple=True, metavar="NAME=VALUE", help="A parameter; may be given again.")
@click.option(
    "--durations",
    "durations_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="How long tasks take: YAML such as `clean: 1m30s`, a line each.",
)
@click.option("--parallelism", type=click.IntRange(1), metavar="N", help="Of a RUN: replay it under this one.")
@click.option("--pool", "pools", multiple=True, metavar="NAME=N", help="Of a RUN: replay it with so many slots.")
@click.option("--detailed-exitcode", "detailed", is_flag=True, help="Exit code 0: nothing would start; 3: something.")
@click.option("-o", "--output", type=click.Choice(["json"]), help="For programs.")
@click.option("--markdown", is_flag=True, help="For a pull request, with a hidden marker to find it again.")
@access_options
def command(
    what: str,
    values: tuple[str, ...],
    durations_file: Path | None,
    parallelism: int | None,
    pools: tuple[str, ...],
    output: str | None,
    access: Access,
    *,
    offline: bool,
    markdown: bool,
    detailed: bool,
) -> None:
    """Say what a FILE would do if it were applied: which tasks run and why, how long, and what holds them up.

    A RUN that has ended is replayed, under other limits if they are given. The operator's own functions decide, on a
    made-up cluster. Nothing is changed.

    Example: sluice plan etl.yaml --offline
    """
    from sluice.cli.plan.durations_file import read_durations  # noqa: PLC0415  # not for --help
    from sluice.cli.plan.wishes import Wishes  # noqa: PLC0415

    _check_flags(
        {"--parallelism": parallelism, "--pool": pools}
        if is_file(what)
        else {"--offline": offline, "-p": values, "--markdown": markdown, "--detailed-exitcode": detailed},
        f"a RUN, and {what} is a FILE" if is_file(what) else f"a FILE (*.yaml, *.json, *.py or -), and {what} is none",
    )
    if output and markdown:
        raise click.UsageError("-o and --markdown do not go together")
    gc.disable()  # a tenth of the time, and 2,000 tasks take no more memory
    click.get_current_context().call_on_close(_collect_garbage_again)
    wishes = Wishes({} if durations_file is None else read_durations(durations_file), values)
    if not is_file(what):
        slots = _slots(pools)
        click.echo(with_client(access, lambda client: _replayed(client, what, parallelism, slots, wishes, output)))
        return
    found = _of_file(what, wishes, access, offline=offline)
    click.echo(found.as_json() if output else found.as_markdown() if markdown else found.as_text(Terminal.of_stdout()))
    if detailed and found.something_starts:
        sys.exit(SOMETHING_STARTS)


def _collect_garbage_again() -> None:
    gc.freeze()  # or the first collection would look through all that has been planned
    gc.enable()


def _check_flags(flags: dict[str, object], whose: str) -> None:
    if given := [flag for flag, value in flags.items() if value]:
        raise click.UsageError(f"{', '.join(given)} {'goes' if len(given) == 1 else 'go'} with {whose}")


def _slots(pools: Iterable[str]) -> dict[str, int]:
    found = {}
    for text in pools:
        name, _, slots = text.partition("=")
        if not (name and slots.isdecimal()):
            raise click.UsageError(f"--pool {text}: write --pool NAME=N, such as --pool warehouse=2")
        found[name] = int(slots)
    return found


def _of_file(file: str, wishes: "Wishes", access: Access, *, offline: bool) -> "Plans":
    from sluice.cli.plan.of_file import plan_offline, plan_on_cluster  # noqa: PLC0415

    if offline:
        return plan_offline(file, wishes, time.time())
    return with_client(access, lambda client: plan_on_cluster(client, file, wishes, time.time()))


async def _replayed(
    client: "Client", run: str, parallelism: int | None, pools: dict[str, int], wishes: "Wishes", output: str | None
) -> str:
    from sluice.cli.plan.replay import Limits, replay  # noqa: PLC0415

    found = await replay(client, parse(run), Limits(parallelism, pools), wishes, time.time())
    return found.as_json() if output else found.as_text(Terminal.of_stdout())
