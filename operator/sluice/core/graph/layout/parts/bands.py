"""A long part is broken like text: into bands below each other, where the fewest lines cross.

A line that leads from one band to the next leaves at the right and comes in again at the left.
"""

import math
from collections.abc import Callable, Sequence
from itertools import accumulate

from sluice.core.graph.layout.sketch import Sketch

LONG = 2_400
"""Pixels: a part that is not wider stays whole, if nothing else is said."""
ASPECT = 1.6
"""Of the whole picture, width to height: that of a screen."""


def _bands(sketch: Sketch, widths: Sequence[float], count: int) -> list[range]:
    """The layers of about so many bands. `widths` are those of the layers with the gaps after them."""
    crossing = _crossing(sketch, len(widths))
    band, starts = sum(widths) / count, [0]
    ends = list(accumulate(widths))
    for number in range(1, count):
        far = {layer: abs(ends[layer - 1] - number * band) for layer in range(starts[-1] + 1, len(widths))}
        near = [layer for layer, distance in far.items() if distance <= band / 4]
        if near:
            starts.append(min(near, key=lambda layer: (crossing[layer], far[layer])))
    return [range(start, end) for start, end in zip(starts, [*starts[1:], len(widths)], strict=True)]


def best_bands(sketch: Sketch, widths: Sequence[float], shape: Callable[[Sequence[range]], float]) -> list[range]:
    """As many as give the part the shape of a screen. `shape` says which shape (width to height) bands have."""
    best = [range(len(widths))]
    if shape(best) < 2 * ASPECT:  # two bands would be too high
        return best
    nearest, count = _distance(shape(best)), 2
    while count <= len(widths):
        bands = _bands(sketch, widths, count)
        found = shape(bands)
        if _distance(found) < nearest:
            best, nearest = bands, _distance(found)
        if found <= ASPECT:
            break
        count = max(count + 1, count * 5 // 4)
    return best


def _distance(shape: float) -> float:
    """How far from that of a screen."""
    return abs(math.log(shape / ASPECT))


def _crossing(sketch: Sketch, count: int) -> list[int]:
    """How many lines lead into each layer, those with a common trunk counted once. Lines lead to the next layer."""
    sources: list[set[int]] = [set() for _ in range(count)]
    for source, target in sketch.edges:
        sources[sketch.spots[target].layer].add(source)
    return list(map(len, sources))
