"""Work in pieces that wait for nothing: between two of them all else has a turn, so that requests get on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sluice.controller.clock import Clock

_AT_LEAST_EVERY_S = 0.02
_LONG_S = 0.25
_SHARE_OF_OTHERS = 0.1
"""Of a long piece's time, from its end on. A request takes several turns, so that one would not do."""


class Pieces:
    """Of several workers. No two pieces, however long, come one right after the other once that time has passed. What
    follows a piece in the same turn of the event loop belongs to it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._others_had_a_turn = clock.monotonic()
        self._took_s = 0.0
        self._ended_at = self._others_had_a_turn

    @asynccontextmanager
    async def piece(self) -> AsyncIterator[None]:
        async with self._lock:
            if self._clock.monotonic() - self._others_had_a_turn > _AT_LEAST_EVERY_S:
                share_s = self._took_s * _SHARE_OF_OTHERS if self._took_s > _LONG_S else 0.0
                await asyncio.sleep(max(0.0, self._ended_at + share_s - self._clock.monotonic()))
                self._others_had_a_turn = self._clock.monotonic()
            begun_at = self._clock.monotonic()
            try:
                yield
            finally:
                asyncio.get_running_loop().call_soon(self._ended, begun_at)

    def _ended(self, begun_at: float) -> None:
        self._ended_at = self._clock.monotonic()
        self._took_s = self._ended_at - begun_at
