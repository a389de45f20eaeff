"""An event loop in a thread of its own: whoever runs there has turns while the main one is busy with a long piece."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from sluice.controller.clock import Clock

T = TypeVar("T")


class OwnLoop:
    """Runs until it is left as a context manager."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What it returns or raises. Whoever is cancelled while waiting for it cancels it."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


class Turns:
    """Whether the event loop that makes this has turns, as another thread sees it."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._loop = clock, asyncio.get_running_loop()
        self._last_at = clock.monotonic()

    def within(self, seconds: float) -> bool:
        """Had it one in this time? It tells of those that it has from one question to the next."""
        self._loop.call_soon_threadsafe(self._turn)
        return self._clock.monotonic() - self._last_at < seconds

    def _turn(self) -> None:
        self._last_at = self._clock.monotonic()
