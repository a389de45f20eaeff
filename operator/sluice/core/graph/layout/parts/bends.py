"""Lines over several layers: each gets a bend in every layer that it passes, so that it can be led between the boxes.

All lines of a source share one trunk of bends, from which they part. Where the bends would be too many, the longest
lines are not drawn but for their ends.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sluice.core.graph.layout.layers import Edge
from sluice.core.graph.layout.sketch import Sketch, Spot

MOST_BENDS = 8_000


@dataclass(frozen=True, slots=True)
class Bent:
    """A sketch in which every line leads to the next layer."""

    sketch: Sketch
    routes: dict[Edge, tuple[int, ...]]
    """The spots that each line passes, from its source to its target."""
    too_long: tuple[Edge, ...]


def bent(sketch: Sketch, most: int = MOST_BENDS) -> Bent:
    targets: dict[int, list[int]] = defaultdict(list)
    for source, target in sketch.edges:
        targets[source].append(target)
    longest = _longest(sketch, targets, most)
    spots, edges = list(sketch.spots), set[Edge]()
    routes: dict[Edge, tuple[int, ...]] = {}
    too_long = []
    for source in sorted(targets):
        trunk = [source]
        for target in sorted(targets[source], key=lambda number: (spots[number].layer, number)):
            length = spots[target].layer - spots[source].layer
            if length > longest:
                too_long.append((source, target))
                continue
            while len(trunk) < length:
                trunk.append(len(spots))
                spots.append(Spot(spots[source].layer + len(trunk) - 1, group=spots[source].group))
            routes[source, target] = (*trunk[:length], target)
            edges |= set(pairwise(routes[source, target]))
    whole = replace(sketch, spots=tuple(spots), edges=tuple(sorted(edges)))
    return Bent(whole, routes, tuple(too_long))


def _longest(sketch: Sketch, targets: Mapping[int, Sequence[int]], most: int) -> int:
    """How many layers a line may lead over, so that there are at most so many bends."""
    lengths = [
        [sketch.spots[target].layer - sketch.spots[source].layer for target in ends] for source, ends in targets.items()
    ]

    def bends(longest: int) -> int:
        return sum(max((length for length in ends if length <= longest), default=1) - 1 for ends in lengths)

    candidates = sorted({1, *(length for ends in lengths for length in ends)})
    return candidates[bisect_right(candidates, most, key=bends) - 1]
