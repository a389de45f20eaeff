"""`sluice completion`: scripts for the shells, by click, and how to have them; and what kubectl asks a plugin.

kubectl looks for a program `kubectl_complete-sluice` on PATH and calls it with the words so far, the last one being
incomplete. It prints a candidate a line and, as cobra's programs do, a directive: 4 is "no files", 0 "files as well".
https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/
"""

import sys

import click
from click.shell_completion import ShellComplete, get_completion_class

_VARIABLE = "_SLUICE_COMPLETE"
_HOW = """\
Completion of verbs, flags, and names of runs and tasks:

  bash   echo 'eval "$(sluice completion bash)"' >> ~/.bashrc
  zsh    echo 'eval "$(sluice completion zsh)"' >> ~/.zshrc
  fish   sluice completion fish > ~/.config/fish/completions/sluice.fish

Behind kubectl (kubectl sluice <TAB>) it works once the program kubectl_complete-sluice is on PATH, where kubectl's own
completion is set up. pip puts it there beside sluice. krew does not: link the plugin's program under that name,

  ln -s "$(command -v kubectl-sluice)" ~/.local/bin/kubectl_complete-sluice"""
_FILES, _NO_FILES = 0, 4


@click.command("completion", short_help="Print a completion script for your shell.")
@click.argument("shell", required=False, type=click.Choice(("bash", "zsh", "fish")))
def command(shell: str | None) -> None:
    """Print a completion script for your shell; without a SHELL, say how to set it up.

    Example: eval "$(sluice completion bash)"
    """
    if shell is None:
        click.echo(_HOW)
        return
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    from sluice.cli.main import main  # noqa: PLC0415  # it imports this module

    click.echo(kind(main, {}, "sluice", _VARIABLE).source())


def for_kubectl() -> None:
    """The program `kubectl_complete-sluice`."""
    from sluice.cli.main import main  # noqa: PLC0415  # it imports this module

    *words, incomplete = sys.argv[1:] or [""]
    items = ShellComplete(main, {}, "sluice", _VARIABLE).get_completions(words, incomplete)
    for item in items:
        if item.type == "plain":
            click.echo(f"{item.value}\t{item.help}" if item.help else item.value)
    click.echo(f":{_FILES if any(item.type != 'plain' for item in items) else _NO_FILES}")
