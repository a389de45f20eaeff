"""`sluice watch`: exit code 0 if the run succeeded, 1 if not, 2 if it could not be watched, 130 after Ctrl-C."""

import asyncio
import shlex
import signal
import sys
from typing import TYPE_CHECKING

import click

from sluice.cli import complete
from sluice.cli.cluster import NOT_SUCCEEDED, access_options, with_client
from sluice.cli.states import FAILED, SUCCEEDED
from sluice.cli.terminal import Terminal
from sluice.client.access import Access
from sluice.client.names import BadName, Target, parse

if TYPE_CHECKING:
    from sluice.cli.watch.view import RunView
    from sluice.client.api import Client

_TERMINATED = 143
_LOG_HINTS_MAX = 3


@click.command("watch", short_help="Show the progress of a run until it ends.")
@click.argument("name", metavar="[RUN]", default="", shell_complete=complete.runs)
@access_options
def command(name: str, access: Access) -> None:
    """Show the progress of a run until it ends; by default of the newest run.

    RUN is a run, or a Workflow for its newest run; if that is still to come, it is waited for. On a terminal the
    display is live, elsewhere there is a line for each change.

    The exit code is 0 if the run succeeded, 1 if it failed or was stopped, and 2 if it could not be watched.
    Ctrl-C ends only the display.

    Example: sluice watch etl
    """
    target = parse(name)
    if target.task:
        raise BadName(f"watch shows whole runs; for one task: sluice logs {name} -f")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # by way of the display, which restores the cursor
    last = with_client(access, lambda client: _watch(client, target))
    for line in log_hints(last, access):
        click.echo(line)
    if last.state is not SUCCEEDED:
        sys.exit(NOT_SUCCEEDED)


async def _watch(client: "Client", target: Target) -> "RunView":
    from sluice.cli.watch.display import display  # noqa: PLC0415  # not for --help
    from sluice.cli.watch.newest import run_to_watch  # noqa: PLC0415
    from sluice.cli.watch.watch import watch  # noqa: PLC0415
    from sluice.client.defaults import page_of  # noqa: PLC0415

    try:
        with display() as shown:
            run = await run_to_watch(client, target, shown.say)
            if page := await page_of(client, run):
                shown.note(f"see it at {page}")
            return await watch(client, run, shown, guesses=Terminal.of_stdout().moves)
    except asyncio.CancelledError:
        click.echo("The run goes on.", err=True)
        raise


def log_hints(run: "RunView", access: Access) -> list[str]:
    """Commands that show the logs of the first failed tasks."""
    failed = [task.name for task in run.tasks if task.state is FAILED and task.pod][:_LOG_HINTS_MAX]
    return [
        f"Log of {task}: {shlex.join(['sluice', 'logs', f'run/{run.name}/{task}', *access.flags()])}" for task in failed
    ]
