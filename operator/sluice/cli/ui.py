"""`sluice ui`: exit code 130 after Ctrl-C, or 2 if there is no page."""

import asyncio
import html
import os
import signal
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Callable
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

_AGAIN_S = 1.0
_ALL_ADDRESSES = None  # of a pod: IPv4 and IPv6


@click.command("ui", short_help="Show runs in a browser, with your own rights.")
@click.argument("run", metavar="[RUN]", default="", shell_complete=complete.runs)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="By default any that is free.")
@click.option("--allowed-host", "hosts", multiple=True, metavar="NAME", help="Another name of the server; repeatable.")
@click.option("--in-cluster", is_flag=True, help="In a pod, for all: whoever looks signs in with a token of their own.")
@access_options
def command(run: str, port: int, hosts: tuple[str, ...], access: Access, *, in_cluster: bool) -> None:
    """Show runs in a browser: a page, served on this machine with your rights, until Ctrl-C.

    RUN is what the page shows first. The printed link works once, for one browser; Enter prints a fresh one.

    Example: sluice ui etl
    """
    if in_cluster:
        asyncio.run(_serve_in_cluster(port, hosts))
    else:
        with_client(access, lambda client: _serve(client, run, port, hosts, access))


async def _serve_in_cluster(port: int, hosts: tuple[str, ...]) -> None:
    from sluice.client.kubeconfig import with_token  # noqa: PLC0415  # not for --help
    from sluice.page.serve import serving  # noqa: PLC0415
    from sluice.page.visitors import ByToken  # noqa: PLC0415

    with_token("")  # raises NoCluster now, and not for the first visitor
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with serving(ByToken(with_token), port, hosts, _ALL_ADDRESSES) as listening:
        click.echo(f"Sluice is at port {listening} for the hosts {', '.join(hosts) or 'of this pod alone'}.")
        await ended.wait()


async def _serve(client: "Client", named: str, port: int, hosts: tuple[str, ...], access: Access) -> None:
    from sluice.page.serve import THIS_MACHINE, serving  # noqa: PLC0415  # not for --help
    from sluice.page.visitors import ByLink, Visitor  # noqa: PLC0415

    query, visitors = await _query(client, named), ByLink(Visitor(client, access))
    async with serving(visitors, port, hosts) as listening:
        address = f"http://{THIS_MACHINE}:{listening}/"

        def link() -> str:
            return f"{address}{query}#token={visitors.sessions.new_token()}"

        first = link()
        click.echo(f"Sluice is at {address} until Ctrl-C. This link opens it once (Enter: a fresh one):\n{first}")
        if "SSH_CONNECTION" in os.environ:
            click.echo(f"Where you sit: ssh -L {listening}:{THIS_MACHINE}:{listening} {socket.gethostname()}")
        with tempfile.TemporaryDirectory(prefix="sluice-ui-") as folder:  # for us alone
            if sys.stdout.isatty() and "SSH_CONNECTION" not in os.environ:
                _open(first, Path(folder))
            await _print_links(link)


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


async def _print_links(link: Callable[[], str]) -> None:
    """Without end: a link whenever somebody presses Enter."""
    pressed = asyncio.Event()

    def read() -> None:
        if not _in_foreground():  # the shell would stop whoever reads from there
            loop.remove_reader(sys.stdin)
            loop.call_later(_AGAIN_S, loop.add_reader, sys.stdin, read)
        elif sys.stdin.readline():
            pressed.set()
        else:
            loop.remove_reader(sys.stdin)

    loop = asyncio.get_running_loop()
    with suppress(OSError, NotImplementedError, ValueError):  # no terminal, or a file
        loop.add_reader(sys.stdin, read)
    while True:
        await pressed.wait()
        pressed.clear()
        click.echo(link())


def _in_foreground() -> bool:
    """Of its terminal, if it has one."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return True
