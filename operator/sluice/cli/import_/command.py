"""`sluice import`: workflows of other systems as manifests, each system by a subcommand of its own."""

from importlib import import_module

import click

_COMMANDS = {
    "airflow": "sluice.cli.import_.airflow",
    "argo": "sluice.cli.import_.argo",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # the signature is click's
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[cmd_name]).command
        return command


@click.group("import", cls=_Commands)
def command() -> None:
    """Make manifests of what was written for another system.

    Ends with 0 if all is as it was, 3 if something is lost, 1 if something was refused.

    Example: sluice import airflow dags -o workflows
    """
