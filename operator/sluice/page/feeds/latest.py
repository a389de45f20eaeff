"""The newest state of what is followed: a tab gets it a few times a second at most, and what came in between is passed
over.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

from sluice.client.errors import ClientError
from sluice.page.channel import Channel

T = TypeVar("T")

_AT_MOST_EVERY_S = 0.1


class Latest(Generic[T]):
    """Of one thing, which `name` says."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = asyncio.Event()
        self._found: list[T] = []
        self._lost = ""

    def lost(self, error: ClientError) -> None:
        """The API server does not answer, so what is known may be old."""
        self._lost = str(error)
        self._changed.set()

    async def keep(self, following: AsyncIterator[T]) -> None:
        """Without end."""
        async for found in following:
            self._found, self._lost = [found], ""
            self._changed.set()

    async def updates(self, channel: Channel) -> AsyncIterator[T]:
        """Each newest state, without end. The tab is told when the server is lost, and when it is there again."""
        said = ""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._lost != said:
                said = self._lost
                await channel.send("server", {"of": self._name, "lost": said})
            if not said:
                yield self._found[0]
            await asyncio.sleep(_AT_MOST_EVERY_S)
