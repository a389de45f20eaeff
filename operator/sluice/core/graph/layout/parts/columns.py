"""Where the spots of a part stand: layers from left to right, or bands of layers below each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.core.graph.layout.groups import ABOVE, BESIDE
from sluice.core.graph.layout.parts.bands import best_bands
from sluice.core.graph.layout.parts.order import Layers
from sluice.core.graph.layout.parts.places import places
from sluice.core.graph.layout.sketch import Sketch

STUB = 16
"""The length of the end of a line that leaves a band, or of which only the ends are drawn."""
_GAP, _JOINT_GAP, _STEEP_GAP = 36, 22, 60
_BAND_GAP = 40


@dataclass(frozen=True, slots=True)
class Columns:
    """By spot. `right` is the right edge of the whole layer: lines run level up to there."""

    left: Sequence[int]
    right: Sequence[int]
    middle: Sequence[int]
    band: Sequence[int]
    width: int
    height: int

    @classmethod
    def of(cls, sketch: Sketch, layers: Layers, widest: float) -> "Columns":
        """A part that is wider than `widest` is broken into bands. Every line must lead to the next layer."""
        middle = places(sketch, layers)
        widths = [max(sketch.spots[number].width for number in layer) for layer in layers]
        gaps = [*_gaps(sketch, layers, middle), 0.0]
        steps = [width + gap for width, gap in zip(widths, gaps, strict=True)]

        def shape(bands: Sequence[range]) -> float:
            return _lefts(widths, gaps, bands)[1] / _stacked(sketch, layers, middle, bands)[1]

        bands = [range(len(layers))]
        if sum(steps) > widest:
            bands = best_bands(sketch, steps, shape)
        shifts, height = _stacked(sketch, layers, middle, bands)
        lefts, width = _lefts(widths, gaps, bands)
        band_of = [index for index, band in enumerate(bands) for _ in band]
        layer_of = [spot.layer for spot in sketch.spots]
        return cls(
            [round(lefts[layer]) for layer in layer_of],
            [round(lefts[layer] + widths[layer]) for layer in layer_of],
            [round(middle[number] + shifts[band_of[layer]]) for number, layer in enumerate(layer_of)],
            [band_of[layer] for layer in layer_of],
            round(width),
            round(height),
        )


def _gaps(sketch: Sketch, layers: Layers, middle: Sequence[float]) -> list[float]:
    """Between each layer and the next: more where lines are steep, less at joints."""
    steepest = [0.0] * len(layers)
    for source, target in sketch.edges:
        layer = sketch.spots[source].layer
        steepest[layer] = max(steepest[layer], abs(middle[source] - middle[target]))
    bare = [not any(sketch.spots[number].boxes for number in layer) for layer in layers]
    return [
        (_JOINT_GAP if bare[index] or bare[index + 1] else _GAP) + min(_STEEP_GAP, steepest[index] / 6)
        for index in range(len(layers) - 1)
    ]


def _stacked(
    sketch: Sketch, layers: Layers, middle: Sequence[float], bands: Sequence[range]
) -> tuple[list[float], float]:
    """How far the spots of each band move down, and the height of all bands."""
    shifts: list[float] = []
    bottom = -float(_BAND_GAP)
    for band in bands:
        numbers = [number for layer in band for number in layers[layer]]
        framed = any(sketch.spots[number].group for number in numbers)
        upper = min(middle[number] - sketch.spots[number].height / 2 for number in numbers) - framed * ABOVE
        lower = max(middle[number] + sketch.spots[number].height / 2 for number in numbers) + framed * BESIDE
        shifts.append(bottom + _BAND_GAP - upper)
        bottom += _BAND_GAP + lower - upper
    return shifts, bottom


def _lefts(widths: Sequence[int], gaps: Sequence[float], bands: Sequence[range]) -> tuple[list[float], float]:
    """The left edge of each layer, and the width of the widest band."""
    lefts: list[float] = []
    widest = 0.0
    for band in bands:
        left = float(STUB if band.start else 0)
        for layer in band:
            lefts.append(left)
            left += widths[layer] + gaps[layer]
        right = left - gaps[band[-1]]
        widest = max(widest, right if band.stop == len(widths) else right + STUB)
    return lefts, widest
