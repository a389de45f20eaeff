"""Who goes first when not all can: the higher priority, then the longer way to the end of the run, then who came first.

A task's way is the time from its start to the end of the last task that depends on it, if no limit held anything up:
the tasks that decide how long the run takes go first. It is estimated from the `duration` hints, 1 s without.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sluice.core.graph import Graph

Claim = tuple[tuple[str, int], ...]
"""The slots that a task asks for: (pool, slots), in the order of the pools' names. Empty for most."""


class Place(NamedTuple):
    """Where a task stands among those of its run that are ready. The smaller goes first.

    One that the API server has refused goes behind all others, so that one that can never be made holds up nobody.
    """

    refusals: int
    priority: int
    """Negated."""
    way_s: float
    """Negated."""
    number: int


@dataclass(slots=True)
class Ready:
    """The tasks of a run that are ready, in a line for each claim: who waits for a pool waits with its like, and holds
    up none of the others.
    """

    lines: dict[Claim, list[Place]] = field(default_factory=dict)
    """Heaps, none of them empty."""

    def add(self, claim: Claim, place: Place) -> None:
        heapq.heappush(self.lines.setdefault(claim, []), place)

    def fronts(self) -> list[tuple[Place, Claim]]:
        """The first of each line, as a heap."""
        fronts = [(line[0], claim) for claim, line in self.lines.items()]
        heapq.heapify(fronts)
        return fronts

    def pop(self, claim: Claim) -> Place | None:
        """Takes the first of a line, and returns who is first now."""
        line = self.lines[claim]
        heapq.heappop(line)
        if line:
            return line[0]
        del self.lines[claim]
        return None

    def keep(self, wanted: Callable[[int], bool]) -> None:
        """Only those tasks stay."""
        for claim, line in list(self.lines.items()):
            kept = [place for place in line if wanted(place.number)]
            heapq.heapify(kept)
            if kept:
                self.lines[claim] = kept
            else:
                del self.lines[claim]

    def __iter__(self) -> Iterator[int]:
        return (place.number for line in self.lines.values() for place in line)

    def __bool__(self) -> bool:
        return bool(self.lines)


def ways(graph: Graph, durations_s: Sequence[float]) -> list[float]:
    """The way of each task. Without recursion: a chain may have 2,000 tasks."""
    ways_s = list(durations_s)
    still_open = [len(dependents) for dependents in graph.dependents]
    known = [number for number, dependents in enumerate(graph.dependents) if not dependents]
    for number in known:  # grows while it is read
        for dependency in graph.dependencies[number]:
            ways_s[dependency] = max(ways_s[dependency], durations_s[dependency] + ways_s[number])
            still_open[dependency] -= 1
            if not still_open[dependency]:
                known.append(dependency)
    return ways_s
