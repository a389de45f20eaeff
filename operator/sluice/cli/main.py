"""The program `sluice`. Imports only the command that is called, so `lint` need not load the Kubernetes client."""

import os
import sys
from errno import ENOSPC
from importlib import import_module
from typing import Any, NoReturn

import click

from sluice import __version__
from sluice.cli.cluster import INTERRUPTED, NOT_ASKED
from sluice.cli.loading import loading
from sluice.cli.printable import printable
from sluice.cli.suggestion import as_typed
from sluice.client.errors import Unreachable
from sluice.core.base.errors import SluiceError
from sluice.core.base.text import did_you_mean

_COMMANDS = {
    # write
    "lint": "sluice.cli.lint.command",
    "graph": "sluice.cli.graph.command",
    "import": "sluice.cli.import_.command",
    "plan": "sluice.cli.plan.command",
    "render": "sluice.cli.render",
    # do
    "run": "sluice.cli.run.command",
    "retry": "sluice.cli.retry.command",
    "stop": "sluice.cli.stop",
    "suspend": "sluice.cli.suspend",
    "resume": "sluice.cli.resume",
    "approve": "sluice.cli.approve",
    "backfill": "sluice.cli.backfill.command",
    # see
    "ls": "sluice.cli.ls.command",
    "watch": "sluice.cli.watch.command",
    "why": "sluice.cli.why.command",
    "logs": "sluice.cli.logs.command",
    "diff": "sluice.cli.diff.command",
    "ui": "sluice.cli.ui",
    "completion": "sluice.cli.completion",
}


_LOOK = "To see for yourself: kubectl get --raw /readyz"


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # the signature is click's
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        with loading():
            command: click.Command = import_module(_COMMANDS[cmd_name]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"there is no command '{args[0]}'{did_you_mean(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Ctrl-C ends the program with exit code 130, an error of ours with 2 and its message."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except SluiceError as error:
            lines = f"Error: {error}".splitlines() + [_LOOK] * isinstance(error, Unreachable)
            click.echo("\n".join(printable(as_typed(line)) for line in lines), err=True)
            sys.exit(NOT_ASKED)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def main() -> None:
    """Workflows on Kubernetes: write them, run them, and see what becomes of them.

    Example: sluice ls
    """


def program() -> NoReturn:
    """The program `sluice`."""
    _run("sluice")


def plugin() -> NoReturn:
    """The program `kubectl-sluice`."""
    _run("kubectl sluice")


def _run(name: str) -> NoReturn:
    """Ends the process as soon as all is written. To free its objects one by one first would take `plan` of 2,000 tasks
    a tenth of its time. mypy ends in the same way (`hard_exit` in mypy/util.py).
    """
    try:
        try:
            main(prog_name=name)
        except SystemExit as end:
            code = end.code
        if not isinstance(code, int):
            sys.exit(code)
        sys.stdout.flush()
    except OSError as error:
        if error.errno != ENOSPC:
            raise
        click.echo(f"Error: cannot write all of the output: {error.strerror}", err=True)
        code = NOT_ASKED
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    program()
