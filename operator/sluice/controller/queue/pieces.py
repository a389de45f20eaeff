"""Work in pieces that wait for nothing: between two of them all else has a turn, so that requests get on."""

import asyncio

from sluice.controller.clock import Clock

_AT_MOST_S = 0.02
_LONG_S = 0.25
_SHARE_OF_OTHERS = 0.1  # of a long turn's time, after it: a request takes several turns, so that one would not do
_SHARE_AT_MOST_S = 0.5


class Pieces:
    """Of several workers. In a turn of the event loop none begins once those before it have taken `_AT_MOST_S`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_at: float | None = None
        """When the first piece of this turn began. After a long turn it stays until others have had their share."""
        self._over = asyncio.Event()

    async def turn(self) -> None:
        """Returns when the next piece may begin, which is what follows without waiting."""
        while self._began_at is not None and self._clock.monotonic() - self._began_at > _AT_MOST_S:
            await self._over.wait()
        if self._began_at is None:
            self._began_at = self._clock.monotonic()
            self._over.clear()
            asyncio.get_running_loop().call_soon(self._turn_has_ended, self._began_at)

    def _turn_has_ended(self, began_at: float) -> None:
        took_s = self._clock.monotonic() - began_at
        if took_s > _LONG_S:
            share_s = min(took_s * _SHARE_OF_OTHERS, _SHARE_AT_MOST_S)
            asyncio.get_running_loop().call_later(share_s, self._end)
        else:
            self._end()

    def _end(self) -> None:
        self._began_at = None
        self._over.set()
