"""Nobody starves a neighbour: what waits for its turn goes round robin over namespaces.

Within a namespace who came first goes first.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from sluice.core.base.rotation import Rotation

T = TypeVar("T")


class RoundRobin(Generic[T]):
    """Items that wait, in the order of their turns. All methods take O(1)."""

    def __init__(self) -> None:
        self._queues: Rotation[str, deque[T]] = Rotation()
        """By namespace. None is empty."""

    def __bool__(self) -> bool:
        return bool(self._queues)

    def add(self, namespace: str, item: T) -> None:
        self._queues.join(namespace, deque()).append(item)

    def first(self) -> T:
        """Whose turn is next. Raises StopIteration if nothing waits."""
        return next(iter(self._queues.values()))[0]

    def pop(self) -> T:
        """Removes the first. Raises StopIteration if nothing waits."""
        namespace, queue = next(iter(self._queues.items()))
        item = queue.popleft()
        if not queue:
            del self._queues[namespace]
        self._queues.had_turn(namespace)
        return item


class FairQueue(Generic[T]):
    """As asyncio.Queue, for several workers."""

    def __init__(self) -> None:
        self._items: RoundRobin[T] = RoundRobin()
        self._turns = asyncio.Semaphore(0)  # one for each item, so that each wakes one worker

    def put(self, namespace: str, item: T) -> None:
        self._items.add(namespace, item)
        self._turns.release()

    async def get(self) -> T:
        """Waits for an item."""
        await self._turns.acquire()
        return self._items.pop()


class FairSemaphore:
    """As asyncio.Semaphore: at most `limit` at a time have a turn."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._waiting: RoundRobin[asyncio.Future[None]] = RoundRobin()

    @asynccontextmanager
    async def turn(self, namespace: str) -> AsyncIterator[None]:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.add(namespace, turn)
        self._grant()
        try:
            await turn
            yield
        finally:
            if not turn.cancelled():  # else it was, while it waited
                self._free += 1
                self._grant()

    def _grant(self) -> None:
        while self._free and self._waiting:
            turn = self._waiting.pop()
            if not turn.cancelled():
                turn.set_result(None)
                self._free -= 1
