"""When to look at a unit again: its backoff is over, or its deadline has passed.

Timers are never cancelled. One of an older attempt, or of a deadline that has moved, does nothing when it goes off.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from sluice.core import Instant


@dataclass(slots=True)
class Timers:
    _heap: list[tuple[Instant, int, int]] = field(default_factory=list)
    """(when, number of the unit, its attempt)."""

    def set(self, when: Instant, number: int, attempt: int) -> None:
        heapq.heappush(self._heap, (when, number, attempt))

    def due(self, now: Instant) -> Iterator[tuple[int, int]]:
        """(number, attempt) of each timer that is due, including those set while this runs."""
        while self._heap and self._heap[0][0] <= now:
            _, number, attempt = heapq.heappop(self._heap)
            yield number, attempt

    @property
    def next(self) -> Instant | None:
        return self._heap[0][0] if self._heap else None
