"""`sluice ui`: exit code 130 after Ctrl-C, or 2 if there is no page."""

import asyncio
import html
import os
import socket
import sys
import tempfile
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click

from sluice.cli import complete
from sluice.cli.cluster import access_options, with_client
from sluice.client.access import Access
from sluice.client.names import parse

if TYPE_CHECKING:
    from sluice.client.api import Client
    from sluice.page.serve import Page


@click.command("ui")
@click.argument("run", metavar="[RUN]", default="", shell_complete=complete.runs)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="By default any that is free.")
@click.option(
    "--allowed-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Another name by which it is called; may be given again.",
)
@access_options
def command(run: str, port: int, hosts: tuple[str, ...], access: Access) -> None:
    """Show runs in a browser: a page, served on this machine with your rights, until Ctrl-C.

    RUN is what the page shows first. The printed link works once, for one browser; Enter prints a fresh one.

    Example: sluice ui etl
    """
    with_client(access, lambda client: _serve(client, run, port, hosts, access))


async def _serve(client: "Client", named: str, port: int, hosts: tuple[str, ...], access: Access) -> None:
    from sluice.page.serve import serving  # noqa: PLC0415  # not for --help
    from sluice.page.visitor import Visitor  # noqa: PLC0415

    query = await _query(client, named)
    async with serving(Visitor(client, access), port, hosts) as page:
        click.echo(f"Sluice is at {page.address} until Ctrl-C. This link opens it once (Enter: a fresh one):")
        link = page.link(query)
        click.echo(link)
        if "SSH_CONNECTION" in os.environ:
            host = socket.gethostname()
            click.echo(f"On the machine where you sit: ssh -L {page.port}:127.0.0.1:{page.port} {host}")
        with tempfile.TemporaryDirectory(prefix="sluice-ui-") as folder:  # for us alone
            if sys.stdout.isatty() and "SSH_CONNECTION" not in os.environ:
                _open(link, Path(folder))
            await _print_links(page, query)


async def _query(client: "Client", named: str) -> str:
    from sluice.client import find  # noqa: PLC0415

    if not named:
        return ""
    run = await find.run(client, parse(named))
    return "?" + urlencode({"ns": run["metadata"]["namespace"], "run": run["metadata"]["name"]})


def _open(link: str, folder: Path) -> None:
    """By a file that leads there: others on this machine can read the arguments of a browser, and not this file."""
    file = folder / "open.html"
    file.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={html.escape(link)}">')
    with suppress(webbrowser.Error):
        webbrowser.open(file.as_uri())


async def _print_links(page: "Page", query: str) -> None:
    """Without end: a link whenever somebody presses Enter."""
    pressed = asyncio.Event()

    def read() -> None:
        if sys.stdin.readline():
            pressed.set()
        else:
            loop.remove_reader(sys.stdin)

    loop = asyncio.get_running_loop()
    with suppress(OSError, NotImplementedError, ValueError):  # no terminal, or a file
        loop.add_reader(sys.stdin, read)
    while True:
        await pressed.wait()
        pressed.clear()
        click.echo(page.link(query))
