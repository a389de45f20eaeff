"""Work in pieces that wait for nothing: between two of them all else has a turn, so that the Lease is renewed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sluice.controller.clock import Clock

_AT_LEAST_EVERY_S = 0.02


class Pieces:
    """Of several workers. No two pieces, however long, come one right after the other once that time has passed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._others_had_a_turn = clock.monotonic()

    @asynccontextmanager
    async def piece(self) -> AsyncIterator[None]:
        async with self._lock:
            if self._clock.monotonic() - self._others_had_a_turn > _AT_LEAST_EVERY_S:
                await asyncio.sleep(0)
                self._others_had_a_turn = self._clock.monotonic()
            yield
