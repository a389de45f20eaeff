"""Round robin: queues that take turns, so that a long one does not keep a short one from its turn.

Before the first of a new queue there is at most one of each other. The queue that had the last turn comes behind it.
"""

from collections import OrderedDict
from typing import TypeVar

Key = TypeVar("Key")
Queue = TypeVar("Queue")


class Rotation(OrderedDict[Key, Queue]):
    """Queues by key, the one whose turn is next first. Each method takes O(1)."""

    def __init__(self) -> None:
        super().__init__()
        self._last: Key | None = None

    def join(self, key: Key, queue: Queue) -> Queue:
        """The queue of this key; if there is none, the given one takes part from now on."""
        if key not in self:
            self[key] = queue
            self._last_stays_last()
        return self[key]

    def had_turn(self, key: Key) -> None:
        self._last = key
        self._last_stays_last()

    def _last_stays_last(self) -> None:
        last = self._last
        if last is not None and last in self:
            self.move_to_end(last)
