"""`sluice why`: exit code 0, or 2 if there is no answer."""

import shlex
from typing import TYPE_CHECKING

import click

from sluice.cli import complete
from sluice.cli.cluster import access_options, with_client
from sluice.cli.printable import printable
from sluice.cli.terminal import Terminal
from sluice.client.access import Access
from sluice.client.names import parse

if TYPE_CHECKING:
    from sluice.client.api import Client
    from sluice.core.explain.answer import Answer, Command

_MORE_LINES = 12


@click.command("why")
@click.argument("name", metavar="[NAME]", default="", shell_complete=complete.runs)
@click.option("-o", "--output", type=click.Choice(["json"]), help="For programs.")
@access_options
def command(name: str, output: str | None, access: Access) -> None:
    """Say why something is not running, or how it ended, and what would let it go on.

    NAME is a run, or a Workflow for its newest run, a task etl/load, an item etl/load[17], workflow/NAME for why a
    Workflow makes no run, pool/NAME or backfill/NAME. Without it: the newest run of the namespace.

    Example: sluice why etl/load
    """
    with_client(access, lambda client: _why(client, name, output, access))


async def _why(client: "Client", name: str, output: str | None, access: Access) -> None:
    from sluice.cli.why.look import answer  # noqa: PLC0415  # not for --help

    found = await answer(client, parse(name))
    click.echo(_json(found) if output else "\n".join(_text(found, Terminal.of_stdout(), access)))


def _json(found: "Answer") -> str:
    import json  # noqa: PLC0415

    return json.dumps(found.written(), indent=4).replace("\x7f", "\\u007f")  # all else is ASCII


def _text(found: "Answer", terminal: Terminal, access: Access) -> list[str]:
    """On a terminal a fact is cut at the edge; a command never is."""
    width = max((len(line.label) for line in found.lines), default=0)
    shown = [printable(found.head)]
    for label, text in found.lines:
        first, *more = text.strip().splitlines() or [""]
        shown.append(terminal.fitted(f"  {label:{width}}  {printable(first)}"))
        shown += [terminal.fitted(f"  {'':{width}}  {printable(line)}") for line in more[:_MORE_LINES]]
    shown += [f"  {'not seen':{width}}  {printable(words)}" for words in found.unseen]
    shown += [f"  {_pasted(each, access)}    # {each.effect}" for each in found.commands]
    return shown


def _pasted(command: "Command", access: Access) -> str:
    """With the flags by which this program was called."""
    flags = {"--namespace": access.namespace, "--context": access.context, "--kubeconfig": access.kubeconfig}
    given = [part for flag, value in flags.items() if value for part in (flag, value)]
    return printable(shlex.join([*command.arguments, *given]))
