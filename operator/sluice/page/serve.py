"""The server from its start to its end."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from sluice.client.errors import ClientError
from sluice.page.guard import MAX_HEADER
from sluice.page.routes import application
from sluice.page.sessions import Sessions
from sluice.page.visitor import Visitor

_HOST = "127.0.0.1"
_MAX_LINE = 16 * 1024
_SHUTDOWN_S = 1.0


class PortTaken(ClientError):
    """Another program listens there."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken; choose another by --port, or leave it out")


class Page:
    """The page while it is served."""

    def __init__(self, sessions: Sessions, port: int) -> None:
        self.port = port
        self.address = f"http://{_HOST}:{port}/"
        self._sessions = sessions

    def link(self, query: str = "") -> str:
        """An address that opens the page once. The link before, if it was not used, does not any more."""
        return f"{self.address}{query}#token={self._sessions.new_token()}"


@asynccontextmanager
async def serving(visitor: Visitor, port: int = 0, hosts: tuple[str, ...] = ()) -> AsyncIterator[Page]:
    """Port 0 is any that is free. Raises NoPage and PortTaken."""
    sessions = Sessions()
    silent = logging.getLogger(f"{__name__}.http")
    silent.disabled = True  # aiohttp logs the beginning of a header that it refuses
    runner = web.AppRunner(
        application(visitor, sessions, hosts),
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
            await web.TCPSite(runner, _HOST, port).start()
        except OSError:
            raise PortTaken(port) from None
        yield Page(sessions, runner.addresses[0][1])
    finally:
        await runner.cleanup()
