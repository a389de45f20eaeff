"""A queue of keys: many events about one object are one piece of work, and no object is worked on twice at a time."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from sluice.core import Instant
from sluice.core.errors import SluiceError

Key = TypeVar("Key", bound=Hashable)

_RETRY_FIRST_S = 0.2
_RETRY_LONGEST_S = 30.0

log = logging.getLogger("sluice.queue")


class KeyedQueue(Generic[Key]):
    """Calls `work(key)` for every added key. Work that raises is logged and tried again, later each time."""

    def __init__(self, work: Callable[[Key], Awaitable[None]]) -> None:
        self._work = work
        self._waiting: dict[Key, None] = {}  # in order, each key once
        self._busy: set[Key] = set()
        self._again: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._alarms: dict[Key, tuple[Instant, asyncio.TimerHandle]] = {}
        self._news = asyncio.Event()

    def add(self, key: Key) -> None:
        if key in self._busy:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting[key] = None
            self._news.set()

    def add_at(self, key: Key, when: Instant) -> None:
        """At a time. Of several times for one key, the earliest counts: who looks then sets the next."""
        if key in self._alarms:
            if self._alarms[key][0] <= when:
                return
            self._alarms[key][1].cancel()
        timer = asyncio.get_running_loop().call_later(max(0.0, when - time.time()), self._ring, key)
        self._alarms[key] = (when, timer)

    def _ring(self, key: Key) -> None:
        del self._alarms[key]
        self.add(key)

    async def run(self, workers: int) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._worker())

    def _retry(self, key: Key) -> float:
        """Seconds until the key's next turn."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        delay_s = min(_RETRY_FIRST_S * 2.0 ** min(failures - 1, 16), _RETRY_LONGEST_S)
        self.add_at(key, time.time() + delay_s)
        return delay_s

    async def _worker(self) -> None:
        while True:
            while not self._waiting:
                self._news.clear()
                await self._news.wait()
            key = next(iter(self._waiting))
            del self._waiting[key]
            self._busy.add(key)
            try:
                await self._work(key)
                self._failures.pop(key, None)
            except SluiceError as error:
                log.warning("%s: %s; trying again in %.1f s", key, error, self._retry(key))
            except Exception:
                log.exception("%s: a bug of ours; trying again in %.1f s", key, self._retry(key))
            finally:
                self._busy.discard(key)
                if key in self._again:
                    self._again.discard(key)
                    self.add(key)
