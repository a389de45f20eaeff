"""Nobody starves a neighbour: what waits for its turn goes round robin over namespaces, and a turn that takes long does
not take the turns of others.

1. Within a namespace who came first goes first.
2. A namespace has a further turn only while those under way are fewer than three times those that are still free. One
   alone has three quarters of all. However many of its turns hang, say at a slow admission webhook, another has one at
   once; of those that hang, each further namespace has fewer. (Choudhury and Hahne's dynamic threshold, which shares a
   switch's memory among its ports.)
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from sluice.core.base.rotation import Rotation

T = TypeVar("T")

_SHARE = 3


class RoundRobin(Generic[T]):
    """Items that wait, in the order of their turns, of which at most `limit` are under way at a time."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._under_way: Counter[str] = Counter()
        """Turns by namespace."""
        self._queues: Rotation[str, deque[T]] = Rotation()
        """By namespace. None is empty."""

    def add(self, namespace: str, item: T) -> None:
        self._queues.join(namespace, deque()).append(item)

    @property
    def next(self) -> str | None:
        """The namespace that has the next turn; None if none can have one now. Passes over those that have their share
        already, of which there are fewer than turns.
        """
        return next((name for name in self._queues if self._under_way[name] < _SHARE * self._free), None)

    def begin(self, namespace: str) -> T:
        """The turn of its first item, which is under way from now on."""
        queue = self._queues[namespace]
        item = queue.popleft()
        if not queue:
            del self._queues[namespace]
        self._queues.had_turn(namespace)
        self._free -= 1
        self._under_way[namespace] += 1
        return item

    def end(self, namespace: str) -> None:
        self._free += 1
        self._under_way[namespace] -= 1
        if not self._under_way[namespace]:
            del self._under_way[namespace]


class FairQueue(Generic[T]):
    """Items for several workers, of which there are at most `workers`."""

    def __init__(self, workers: int) -> None:
        self._items: RoundRobin[T] = RoundRobin(workers)
        self._idle: deque[asyncio.Future[tuple[str, T]]] = deque()

    def put(self, namespace: str, item: T) -> None:
        self._items.add(namespace, item)
        self._hand_out()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[T]:
        """Waits for an item. Its turn lasts as long as the context."""
        handed: asyncio.Future[tuple[str, T]] = asyncio.get_running_loop().create_future()
        self._idle.append(handed)
        self._hand_out()
        namespace, item = await handed
        try:
            yield item
        finally:
            self._items.end(namespace)
            self._hand_out()

    def _hand_out(self) -> None:
        while self._idle and (namespace := self._items.next) is not None:
            worker = self._idle.popleft()
            if not worker.cancelled():
                worker.set_result((namespace, self._items.begin(namespace)))


class FairSemaphore:
    """As asyncio.Semaphore: at most `limit` at a time have a turn."""

    def __init__(self, limit: int) -> None:
        self._waiting: RoundRobin[asyncio.Future[None]] = RoundRobin(limit)

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
                self._waiting.end(namespace)
                self._grant()

    def _grant(self) -> None:
        while (namespace := self._waiting.next) is not None:
            turn = self._waiting.begin(namespace)
            if turn.cancelled():
                self._waiting.end(namespace)
            else:
                turn.set_result(None)
