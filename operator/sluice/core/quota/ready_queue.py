"""Who goes first when not all can: the higher priority, then the longer way to the end of the run, then who came first.

A task's way is the time from its start to the end of the last task that depends on it, if no limit held anything up:
the tasks that decide how long the run takes go first. It is estimated from the `duration` hints, 1 s without.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sluice.core.graph.dag import Graph

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
    order: tuple[int, ...]
    number: int


class Line(NamedTuple):
    """Who waits for the same: for the same pools, and for a fan-out's own limit if it has one."""

    claim: Claim
    fan_out: int | None = None


@dataclass(slots=True)
class Ready:
    """The units of a run that are ready, in lines: who waits for a pool, or for its fan-out, waits with its like, and
    holds up none of the others.
    """

    lines: dict[Line, list[Place]] = field(default_factory=dict)
    """Heaps, none of them empty."""

    def add(self, line: Line, place: Place) -> None:
        heapq.heappush(self.lines.setdefault(line, []), place)

    def fronts(self) -> list[tuple[Place, Line]]:
        """The first of each line, as a heap."""
        fronts = [(places[0], line) for line, places in self.lines.items()]
        heapq.heapify(fronts)
        return fronts

    def firsts(self) -> dict[Line, int]:
        """The first of each line, unless it was refused: then it goes behind those of the other lines as well."""
        return {line: places[0].number for line, places in self.lines.items() if not places[0].refusals}

    def first(self, line: Line) -> int:
        return self.lines[line][0].number

    def pop(self, line: Line) -> Place | None:
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
