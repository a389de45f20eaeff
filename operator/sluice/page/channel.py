"""A stream of server-sent events to one tab, and how many there may be.

Who sends waits while the tab does not read, so that nothing piles up here. A sign of life goes out every few seconds:
a page that has not heard any knows that its connection is dead.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
from aiohttp import web

_SIGN_OF_LIFE_S = 5.0
_MAX_STREAMS = 4
"""Of one key. A browser opens six connections to a server: a few must be left for requests."""


class Channel:
    """Events, in the order in which they are sent."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response

    async def send(self, event: str, found: object) -> None:
        await self._response.write(b"event: %b\ndata: %b\n\n" % (event.encode(), orjson.dumps(found)))

    async def stay_alive(self) -> None:
        """Without end."""
        while True:
            await self._response.write(b": \n\n")
            await asyncio.sleep(_SIGN_OF_LIFE_S)


class Streams:
    """The streams that are open. One more than there may be ends the oldest of the same key."""

    def __init__(self) -> None:
        self._open: dict[str, list[asyncio.Event]] = {}

    @asynccontextmanager
    async def place(self, key: str) -> AsyncIterator[asyncio.Event]:
        """Yields what is set once the stream has to end."""
        ended = asyncio.Event()
        streams = self._open.setdefault(key, [])
        streams.append(ended)
        if len(streams) > _MAX_STREAMS:
            streams.pop(0).set()
        try:
            yield ended
        finally:
            if ended in streams:
                streams.remove(ended)
            if not streams and self._open.get(key) is streams:
                del self._open[key]

    def end_all(self) -> None:
        """The server ends."""
        for streams in self._open.values():
            for ended in streams:
                ended.set()
