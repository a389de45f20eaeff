"""`sluice plan`: exit code 0; with --detailed-exitcode 3 if a run would start; 2 if there is no plan."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sluice.cli.terminal import Terminal

if TYPE_CHECKING:
    from sluice.cli.plan.prepare import Planned

SOMETHING_STARTS = 3


@click.command("plan")
@click.argument("what", metavar="FILE")
@click.option("--offline", is_flag=True, help="From the file alone: nothing of it is on the cluster yet.")
@click.option("-p", "--param", "values", multiple=True, metavar="NAME=VALUE", help="A parameter; may be given again.")
@click.option(
    "--durations",
    "durations_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="How long tasks take: YAML such as `clean: 1m30s`, a line each.",
)
@click.option(
    "--detailed-exitcode", "detailed", is_flag=True, help="Exit code 0: nothing would start. 3: something would."
)
def command(
    what: str,
    values: tuple[str, ...],
    durations_file: Path | None,
    *,
    offline: bool,
    detailed: bool,
) -> None:
    """Say what a FILE would do if it were applied: which tasks run and why, how long, and what holds them up.

    The operator's own functions decide, on a made-up cluster. Nothing is changed.

    Example: sluice plan etl.yaml --offline
    """
    from sluice.cli.plan.durations_file import read_durations  # noqa: PLC0415  # not for --help
    from sluice.cli.plan.known import Known  # noqa: PLC0415
    from sluice.cli.plan.prepare import Preparation, Wishes  # noqa: PLC0415
    from sluice.cli.run.file import read  # noqa: PLC0415

    if not offline:
        raise click.UsageError("so far there are only plans from the file alone: give --offline")
    wishes = Wishes({} if durations_file is None else read_durations(durations_file), values)
    known = Known()
    manifests = read(what, chart_has_image=True)
    preparation = Preparation(manifests, known, wishes, time.time())
    planned = preparation.planned()
    _print(what, planned, known.namespace)
    if detailed and any(each.start.now for each in planned):
        sys.exit(SOMETHING_STARTS)


def _print(file: str, planned: Sequence["Planned"], namespace: str) -> None:
    from sluice.cli.plan.text import as_text  # noqa: PLC0415

    terminal = Terminal.of_stdout()
    for each in planned:
        click.echo("\n".join(as_text(each, namespace, terminal)) + "\n")
    click.echo(f"Nothing was changed.   kubectl apply -f {file}")
