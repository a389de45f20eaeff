"""The ready queue of a run: who starts first when not all can.

The higher priority goes first, then the longer critical path, then who came first: the tasks that decide how long the
run takes start early. Tasks that wait for the same (the same pools, the parallelism of the same fan-out) share one
queue and hold up none of the others.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sluice.core.spec.identity import PoolClaim


class ReadyEntry(NamedTuple):
    """Where a task is among those of its run that are ready. The smaller goes first.

    One that the API server has refused goes behind all others, so that one that can never be created holds up nobody.
    """

    refusals: int
    priority: int
    """Negated."""
    critical_path_s: float
    """Negated."""
    order: tuple[int, ...]
    number: int


class WaitKey(NamedTuple):
    """What a task waits for: a claim of pool slots and, if it is an item of a fan-out with a `parallelism` of its own,
    the number of that fan-out.
    """

    claim: PoolClaim
    fan_out: int | None = None


@dataclass(slots=True)
class ReadyQueue:
    """The numbers of a run's tasks that are ready, in one queue for each thing that is waited for."""

    _queues: dict[WaitKey, list[ReadyEntry]] = field(default_factory=dict)
    """Heaps, none of them empty."""

    def add(self, key: WaitKey, entry: ReadyEntry) -> None:
        heapq.heappush(self._queues.setdefault(key, []), entry)

    def fronts(self) -> list[tuple[ReadyEntry, WaitKey]]:
        """The first of each queue, as a heap."""
        fronts = [(entries[0], key) for key, entries in self._queues.items()]
        heapq.heapify(fronts)
        return fronts

    def firsts(self) -> dict[WaitKey, int]:
        """The first of each queue, but for those that were refused: they go behind all others, whatever their queue."""
        return {key: entries[0].number for key, entries in self._queues.items() if not entries[0].refusals}

    def first(self, key: WaitKey) -> int:
        """Raises KeyError if the queue is empty."""
        return self._queues[key][0].number

    def size(self, key: WaitKey) -> int:
        """Raises KeyError if the queue is empty."""
        return len(self._queues[key])

    def sizes(self) -> Iterator[tuple[WaitKey, int]]:
        """How many tasks each queue has."""
        return ((key, len(entries)) for key, entries in self._queues.items())

    def pop(self, key: WaitKey) -> ReadyEntry | None:
        """Removes the first of a queue, and returns who is first now. Raises KeyError if the queue is empty."""
        entries = self._queues[key]
        heapq.heappop(entries)
        if entries:
            return entries[0]
        del self._queues[key]
        return None

    def keep(self, wanted: Callable[[int], bool]) -> None:
        """Only those tasks stay."""
        for key, entries in list(self._queues.items()):
            kept = [entry for entry in entries if wanted(entry.number)]
            heapq.heapify(kept)
            if kept:
                self._queues[key] = kept
            else:
                del self._queues[key]

    def __iter__(self) -> Iterator[int]:
        return (entry.number for entries in self._queues.values() for entry in entries)

    def __bool__(self) -> bool:
        return bool(self._queues)
