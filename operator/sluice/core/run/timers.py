"""The timers of a run: backoffs that are over, deadlines that have passed. Nothing is cancelled; a timer of an older
attempt, or of a deadline that has moved, finds nothing to do when it goes off.
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
        """(number, attempt) of each that has gone off, also of those that are set meanwhile."""
        while self._heap and self._heap[0][0] <= now:
            _, number, attempt = heapq.heappop(self._heap)
            yield number, attempt

    @property
    def next(self) -> Instant | None:
        return self._heap[0][0] if self._heap else None
