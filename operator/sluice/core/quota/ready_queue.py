"""The ready queue of a run: who starts first when not all can.

The higher priority goes first, then the longer critical path, then who came first: the tasks that decide how long the
run takes start early. Tasks that wait for the same thing (the same pools, the same fan-out's cap) share one queue and
hold up none of the others.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sluice.core.spec.identity import PoolClaim


class ReadyEntry(NamedTuple):
    """Where a task stands among those of its run that are ready. The smaller goes first.

    One that the API server has refused goes behind all others, so that one that can never be made holds up nobody.
    """

    refusals: int
    priority: int
    """Negated."""
    critical_path_s: float
    """Negated."""
    order: tuple[int, ...]
    number: int


class WaitKey(NamedTuple):
    """Who waits for the same: for the same pools, and for a fan-out's own limit if it has one."""

    claim: PoolClaim
    fan_out: int | None = None


@dataclass(slots=True)
class ReadyQueue:
    """The units of a run that are ready, in lines: who waits for a pool, or for its fan-out, waits with its like, and
    holds up none of the others.
    """

    lines: dict[WaitKey, list[ReadyEntry]] = field(default_factory=dict)
    """Heaps, none of them empty."""

    def add(self, line: WaitKey, place: ReadyEntry) -> None:
        heapq.heappush(self.lines.setdefault(line, []), place)

    def fronts(self) -> list[tuple[ReadyEntry, WaitKey]]:
        """The first of each line, as a heap."""
        fronts = [(places[0], line) for line, places in self.lines.items()]
        heapq.heapify(fronts)
        return fronts

    def firsts(self) -> dict[WaitKey, int]:
        """The first of each line, unless it was refused: then it goes behind those of the other lines as well."""
        return {line: places[0].number for line, places in self.lines.items() if not places[0].refusals}

    def first(self, line: WaitKey) -> int:
        return self.lines[line][0].number

    def pop(self, line: WaitKey) -> ReadyEntry | None:
        """Takes the first of a line, and returns who is first now."""
        places = self.lines[line]
        heapq.heappop(places)
        if places:
            return places[0]
        del self.lines[line]
        return None

    def keep(self, wanted: Callable[[int], bool]) -> None:
        """Only those tasks stay."""
        for line, places in list(self.lines.items()):
            kept = [place for place in places if wanted(place.number)]
            heapq.heapify(kept)
            if kept:
                self.lines[line] = kept
            else:
                del self.lines[line]

    def __iter__(self) -> Iterator[int]:
        return (place.number for places in self.lines.values() for place in places)

    def __bool__(self) -> bool:
        return bool(self.lines)
