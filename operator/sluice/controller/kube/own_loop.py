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
        asyncio.run_coroutine_threadsafe(_end_others(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What it returns or raises. Whoever is cancelled while waiting for it cancels it."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


async def _end_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class Turns:
    """Asks the event loop that makes this for a turn, from another thread, and says how long it takes to come."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._loop = clock, asyncio.get_running_loop()
        self._asked_at: float | None = None

    def awaited_s(self) -> float:
        """Seconds since the turn was asked for that has not come yet; asks for one if none is awaited."""
        asked_at = self._asked_at
        if asked_at is None:
            asked_at = self._asked_at = self._clock.monotonic()
            self._loop.call_soon_threadsafe(self._turn)
        return self._clock.monotonic() - asked_at

    def _turn(self) -> None:
        self._asked_at = None
