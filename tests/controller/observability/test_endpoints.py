"""Anybody in the cluster can connect to the probe's port."""

import asyncio
import socket

import pytest

from sluice.controller.observability import endpoints
from sluice.controller.observability.endpoints import serve_health
from sluice.controller.observability.liveness import Liveness
from sluice.controller.shutdown import Shutdown


async def test_a_connection_that_asks_for_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "_IDLE_S", 0.1)
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port = some.getsockname()[1]
    server = await serve_health(port, Liveness({}, (), Shutdown()))
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        writer.close()
    finally:
        await server.cleanup()
