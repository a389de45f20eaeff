"""A queue of keys, as client-go's: many events about one object are one piece of work, and no object is worked on
twice at a time. The keys have their turns round robin over namespaces.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from sluice.controller.clock import Clock
from sluice.controller.observability.metrics import QueueMeter
from sluice.controller.queue.pieces import Pieces
from sluice.controller.queue.round_robin import FairQueue
from sluice.core import Instant
from sluice.core.base.errors import SluiceError

Key = TypeVar("Key", bound=tuple[str, str])  # a namespace and a name

WORKERS = 16
"""Of each queue."""

_RETRY_FIRST_S = 0.2
_RETRY_LONGEST_S = 30.0

log = logging.getLogger("sluice.queue")


class WorkQueue(Generic[Key]):
    """`name` is what the metrics call it, `of` the field of the log that has the key's name."""

    def __init__(self, name: str, *, of: str, clock: Clock) -> None:
        self.name, self._of, self._clock = name, of, clock
        self._order: FairQueue[Key] = FairQueue(WORKERS)
        """The keys that wait."""
        # Since when, by the monotonic clock, the oldest first.
        self._waiting: dict[Key, float] = {}
        self._busy: dict[Key, float] = {}
        self._dirty: dict[Key, float] = {}
        """Added again while they are worked on."""
        self._failures: dict[Key, int] = {}
        self._timers: dict[Key, tuple[float, asyncio.TimerHandle]] = {}  # with the time of the loop when each is due
        self._planned: Counter[str] = Counter()
        """How many keys have their turn now or at a time that is set, by namespace."""
        self._begins = Pieces(clock)
        self._moved_at = 0.0
        """When a worker last began or ended a piece of work."""
        self._meter = QueueMeter(name)

    @property
    def stuck_s(self) -> float:
        """How long a worker has been at one key; or how long a key has waited while no worker got on."""
        now = self._clock.monotonic()
        begun_at = next(iter(self._busy.values()), now)
        waits_since = max(next(iter(self._waiting.values())), self._moved_at) if self._waiting else now
        return now - min(begun_at, waits_since)

    def __len__(self) -> int:
        """How many keys have their turn now or at a time that is set."""
        return self._planned.total()

    def ahead_of(self, namespace: str) -> int:
        """How many of them, at most, have their turn before one more key of this namespace."""
        return min(len(self), self._planned[namespace] * len(self._planned))

    def _plan(self, key: Key, change: int) -> None:
        self._planned[key[0]] += change
        if not self._planned[key[0]]:
            del self._planned[key[0]]

    def add(self, key: Key) -> None:
        if key in self._busy:
            self._dirty.setdefault(key, self._clock.monotonic())
        elif key not in self._waiting:
            self._wait(key, self._clock.monotonic())

    def _wait(self, key: Key, since: float) -> None:
        self._waiting[key] = since
        self._plan(key, 1)
        self._order.put(key[0], key)

    def add_at(self, key: Key, when: Instant) -> None:
        """At a time of the clock on the wall."""
        self.add_after(key, when - self._clock.wall())

    def add_after(self, key: Key, delay_s: float) -> None:
        """However the clock is set meanwhile. Of several for one key, the earliest counts: who looks then sets the
        next.
        """
        loop = asyncio.get_running_loop()
        due_at = loop.time() + max(0.0, delay_s)
        if key in self._timers:
            known, timer = self._timers[key]
            if known <= due_at:
                return
            timer.cancel()
        else:
            self._plan(key, 1)
        self._timers[key] = due_at, loop.call_at(due_at, self._due, key)

    def cancel(self, key: Key) -> None:
        """The key need not have its turn at the time that was set."""
        if key in self._timers:
            _, timer = self._timers.pop(key)
            timer.cancel()
            self._plan(key, -1)

    def clock_was_set(self) -> None:
        """Whatever has its turn at some time has it now: who looks then sets the next by the new time."""
        for key in list(self._timers):
            self._due(key)

    def _due(self, key: Key) -> None:
        self.cancel(key)
        self.add(key)

    def _retry(self, key: Key) -> float:
        """Seconds until the key's next turn."""
        self._meter.fails()
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        delay_s = min(_RETRY_FIRST_S * 2.0 ** min(failures - 1, 16), _RETRY_LONGEST_S)
        self.add_after(key, delay_s)
        return delay_s

    async def run(self, work: Callable[[Key], Awaitable[None]]) -> None:
        """One worker, of at most `WORKERS`. Never returns. Calls `work(key)` for added keys; if that raises, it is
        logged and the key tried again, later each time.
        """
        while True:
            async with self._order.turn() as key:
                await self._begins.turn()  # what there is to do may take a second before it waits for anything
                await self._work_on(key, work)
            await asyncio.sleep(0)  # what there is to do may wait for nothing, and others are to get on meanwhile

    async def _work_on(self, key: Key, work: Callable[[Key], Awaitable[None]]) -> None:
        began = self._clock.monotonic()
        self._meter.begins(began - self._waiting.pop(key))
        self._busy[key] = self._moved_at = began
        try:
            await work(key)
            self._failures.pop(key, None)
        except SluiceError as error:
            log.warning("%s: %s; trying again in %.1f s", key, error, self._retry(key), extra=self._about(key))
        except Exception:
            log.exception("%s: a bug of ours; trying again in %.1f s", key, self._retry(key), extra=self._about(key))
        finally:
            del self._busy[key]
            self._plan(key, -1)
            self._moved_at = self._clock.monotonic()
            self._meter.ends(self._moved_at - began)
            if key in self._dirty:
                self._wait(key, self._dirty.pop(key))

    def _about(self, key: Key) -> dict[str, str]:
        return {"namespace": key[0], self._of: key[1]}
