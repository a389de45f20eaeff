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


class PortTaken(ClientError):
    """Another program listens there."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken; choose another by --port, or leave it out")


@asynccontextmanager
async def serving(
    visitors: Visitors, port: int = 0, hosts: tuple[str, ...] = (), address: str = THIS_MACHINE
) -> AsyncIterator[int]:
    """Yields the port; 0 is any that is free. `hosts` are names of the server besides this machine's own.

    Raises NoPage and PortTaken.
    """
    silent = logging.getLogger(f"{__name__}.http")
    silent.disabled = True  # aiohttp logs the beginning of a header that it refuses
    runner = web.AppRunner(
        application(visitors, hosts),
        access_log=None,
        logger=silent,
        handler_cancellation=True,
        max_field_size=MAX_HEADER,
        max_line_size=_MAX_LINE,
        shutdown_timeout=_SHUTDOWN_S,
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, address, port).start()
        except OSError:
            raise PortTaken(port) from None
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
