"""How high each spot stands: as near to its neighbours as the order allows, without any overlap.

A layer's places are those with the least sum of squared distances from where the spots want to be, found in one pass
(pool adjacent violators): https://en.wikipedia.org/wiki/Isotonic_regression
"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from sluice.core.graph.layout.groups import ABOVE
from sluice.core.graph.layout.parts.order import Layers
from sluice.core.graph.layout.sketch import Sketch

_BOX_GAP, _LINE_GAP = 12, 8  # between two boxes, and between a line and anything
_SWEEPS = 6


def places(sketch: Sketch, layers: Layers) -> list[float]:
    """The middle of each spot, of any sign."""
    graph = sketch.graph()
    middle = [0.0] * len(sketch.spots)
    for layer in layers:
        for number, place in zip(layer, _spread(sketch, layer, [0.0] * len(layer)), strict=True):
            middle[number] = place
    for sweep in range(_SWEEPS):
        near = graph.dependencies if sweep % 2 == 0 else graph.dependents
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = [median([middle[other] for other in near[number]] or [middle[number]]) for number in layer]
            for number, place in zip(layer, _spread(sketch, layer, wanted), strict=True):
                middle[number] = place
    return middle


def _spread(sketch: Sketch, layer: Sequence[int], wanted: Sequence[float]) -> list[float]:
    spots = [sketch.spots[number] for number in layer]
    offsets = [0.0]
    for above, below in pairwise(spots):
        gap = _BOX_GAP if above.boxes and below.boxes else _LINE_GAP
        if above.group != below.group:
            gap += ABOVE  # for a frame
        offsets.append(offsets[-1] + (above.height + below.height) / 2 + gap)
    blocks: list[tuple[float, int]] = []  # of spots that stand close: the sum of where they want the first to be
    for want, offset in zip(wanted, offsets, strict=False):
        total, count = want - offset, 1
        while blocks and blocks[-1][0] * count >= total * blocks[-1][1]:
            above_total, above_count = blocks.pop()
            total, count = total + above_total, count + above_count
        blocks.append((total, count))
    starts = [total / count for total, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=False)]
