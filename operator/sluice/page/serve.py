"""The server from its start to its end."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from sluice.client.errors import ClientError
from sluice.page.guard import MAX_HEADER
from sluice.page.routes import application
from sluice.page.visitors import Visitors

THIS_MACHINE = "127.0.0.1"
_MAX_LINE = 16 * 1024
_SHUTDOWN_S = 1.0
_IDLE_S = 15.0  # a connection that asks for nothing is closed; aiohttp's own limit is an hour


class PortTaken(ClientError):
    """Another program listens there."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken; choose another by --port, or leave it out")


@asynccontextmanager
async def serving(
    visitors: Visitors, port: int = 0, hosts: tuple[str, ...] = (), address: str | None = THIS_MACHINE
) -> AsyncIterator[int]:
    """Yields the port; 0 is any that is free. `hosts` are names of the server besides this machine's own.

    Raises NoPage and PortTaken.
    """
    runner = _runner(application(visitors, hosts))
    await runner.setup()
    try:
        yield await _listen(runner, address, port)
    finally:
        await runner.cleanup()


def _runner(app: web.Application) -> web.AppRunner:
    """Aiohttp's own words go nowhere: it logs the beginning of a header that it refuses."""
    nowhere = logging.getLogger(f"{__name__}.http")
    nowhere.disabled = True
    return web.AppRunner(
        app,
        access_log=None,
        logger=nowhere,
        handler_cancellation=True,
        keepalive_timeout=_IDLE_S,
        max_field_size=MAX_HEADER,
        max_line_size=_MAX_LINE,
        shutdown_timeout=_SHUTDOWN_S,
    )


async def _listen(runner: web.AppRunner, address: str | None, port: int) -> int:
    """The port."""
    try:
        await web.TCPSite(runner, address, port).start()
    except OSError:
        raise PortTaken(port) from None
    listening: int = runner.addresses[0][1]
    return listening
