"""`sluice watch`: exit code 0 if the run succeeded, 1 if not, 2 if it could not be watched, 130 after Ctrl-C."""

import os
import signal
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Protocol

import click

from sluice.cli.printable import printable
from sluice.cli.states import FAILED, SUCCEEDED
from sluice.cli.watch.api import Api
from sluice.cli.watch.follow import follow
from sluice.cli.watch.newest import WorkflowRefused, newest_run
from sluice.cli.watch.plain import changes
from sluice.cli.watch.trouble import Gone, Waiting
from sluice.cli.watch.view import RunView
from sluice.core.base.errors import SluiceError

_NOT_SUCCEEDED, _NOT_WATCHED, _INTERRUPTED, _TERMINATED = 1, 2, 130, 143
_LOG_HINTS_MAX = 3


class Display(Protocol):
    """Shows the run: live on a terminal, or as lines."""

    def show(self, view: RunView) -> None: ...
    def say(self, words: str) -> None: ...


@click.command("watch")
@click.argument("run", metavar="RUN")
@click.option("-n", "--namespace", help="The run's namespace; by default the kubeconfig's.")
@click.option("--context", help="A context of the kubeconfig.")
@click.option("--kubeconfig", type=click.Path(exists=True, dir_okay=False), help="Another kubeconfig.")
def command(run: str, namespace: str | None, context: str | None, kubeconfig: str | None) -> None:
    """Show the progress of a run until it ends.

    RUN is the name of a WorkflowRun, or workflow/NAME for the newest run of a Workflow; if that is still to come, it is
    waited for. On a terminal the display is live, elsewhere there is a line for each change.

    The exit code is 0 if the run succeeded, 1 if it failed or was stopped, and 2 if it could not be watched.
    Ctrl-C ends only the display.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # exits the display, which restores the cursor
    try:
        api = Api.connect(kubeconfig, context, namespace)
        with _display() as display:
            last = _watch(api, run, display)
    except KeyboardInterrupt:
        click.echo("The run goes on.", err=True)
        sys.exit(_INTERRUPTED)
    except SluiceError as error:
        click.echo("\n".join(map(printable, f"Error: {error}".splitlines())), err=True)
        sys.exit(_NOT_SUCCEEDED if isinstance(error, Gone | WorkflowRefused) else _NOT_WATCHED)
    for line in log_hints(last):
        click.echo(line)
    sys.exit(0 if last.state is SUCCEEDED else _NOT_SUCCEEDED)


def _watch(api: Api, argument: str, display: Display) -> RunView:
    """Show the run until it ends; its last view."""
    name = _run_name(api, argument, display)
    for update in follow(api, name):
        if isinstance(update, Waiting):
            display.say(update.words)
            continue
        display.show(update)
        if update.ended:
            return update
    raise AssertionError("following a run has no end of its own")


def _run_name(api: Api, argument: str, display: Display) -> str:
    kind, slash, name = argument.rpartition("/")
    if not slash or kind in ("workflowrun", "workflowruns", "slr"):
        return name
    if kind not in ("workflow", "workflows", "slw"):
        raise click.UsageError(f"'{argument}' is neither the name of a run nor workflow/NAME")
    for update in newest_run(api, name):
        if isinstance(update, str):
            return update
        display.say(update.words)
    raise AssertionError("waiting for a run has no end of its own")


def log_hints(run: RunView) -> list[str]:
    """Commands that show the logs of the first failed tasks."""
    failed = [task for task in run.tasks if task.state is FAILED and task.pod][:_LOG_HINTS_MAX]
    return [f"Log of {task.name}: kubectl logs -n {run.namespace} {task.pod} -c main" for task in failed]


class Lines:
    """Prints a line for each change, and what it waits for to standard error."""

    def __init__(self) -> None:
        self._last: RunView | None = None
        self._last_words = ""

    def show(self, view: RunView) -> None:
        for line in changes(self._last, view, time.time()):
            click.echo(line)
        self._last, self._last_words = view, ""

    def say(self, words: str) -> None:
        if words != self._last_words:
            click.echo(f"{time.strftime('%H:%M:%S')} {words}", err=True)
        self._last_words = words


def _display() -> AbstractContextManager[Display]:
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return nullcontext(Lines())
    if find_spec("rich") is None:
        click.echo("The live display needs the package rich: pip install 'sluice-workflows[cli]'", err=True)
        return nullcontext(Lines())
    from sluice.cli.watch.terminal import Terminal  # noqa: PLC0415  # rich is optional

    return Terminal()
