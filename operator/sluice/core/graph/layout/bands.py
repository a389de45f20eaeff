"""A long part is broken like text: into bands below each other, where the fewest lines cross.

A line that leads from one band to the next leaves at the right and comes in again at the left.
"""

import math
from collections.abc import Sequence

from sluice.core.graph.layout.order import Layers
from sluice.core.graph.layout.sketch import Sketch

LONG = 2_400
"""Pixels: a part that is not wider stays whole, if nothing else is said."""
ASPECT = 1.6
"""Of the whole picture, width to height: that of a screen."""


def bands_of(sketch: Sketch, layers: Layers, widths: Sequence[float], height: float, widest: float) -> list[range]:
    """The layers of each band. `widths` are those of the layers with the gaps after them, `height` that of the part."""
    whole = sum(widths)
    count = max(1, round(math.sqrt(whole / (ASPECT * height)))) if whole > widest else 1
    crossing = _crossing(sketch, len(layers))
    starts = [0]
    ends = [sum(widths[: index + 1]) for index in range(len(widths))]
    for number in range(1, count):
        ideal, slack = whole * number / count, whole / count / 4
        fitting = [layer for layer in range(starts[-1] + 1, len(layers)) if abs(ends[layer - 1] - ideal) <= slack]
        if fitting:
            starts.append(min(fitting, key=lambda layer: (crossing[layer], abs(ends[layer - 1] - ideal))))
    return [range(start, end) for start, end in zip(starts, [*starts[1:], len(layers)], strict=True)]


def _crossing(sketch: Sketch, count: int) -> list[int]:
    """How many lines lead into each layer, those with a common trunk counted once. Lines lead to the next layer."""
    sources: list[set[int]] = [set() for _ in range(count)]
    for source, target in sketch.edges:
        sources[sketch.spots[target].layer].add(source)
    return list(map(len, sources))
