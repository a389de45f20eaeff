"""One connected part, arranged: where its spots stand, and how its lines run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sluice.core.graph.layout.bands import bands_of
from sluice.core.graph.layout.bends import Bent, bent
from sluice.core.graph.layout.layers import Edge
from sluice.core.graph.layout.order import Layers, ordered
from sluice.core.graph.layout.picture import LineKind, Point
from sluice.core.graph.layout.places import places
from sluice.core.graph.layout.sketch import Sketch

STUB = 16
"""Of a line of which only the ends are drawn, and of one that leaves a band: the length of the end."""
_GAP, _JOINT_GAP, _STEEP_GAP = 36, 22, 60
_BAND_GAP = 40

Route = tuple[Edge, LineKind, tuple[tuple[Point, ...], ...]]
"""The line between two spots, and its pieces."""


@dataclass(frozen=True, slots=True)
class Part:
    """`corners` are the upper left corners of the spots of the sketch."""

    width: int
    height: int
    corners: tuple[Point, ...]
    routes: tuple[Route, ...]


def arranged(sketch: Sketch, widest: float) -> Part:
    crooked = bent(sketch)
    layers = ordered(crooked.sketch)
    grid = _Places.of(crooked, layers, widest)
    corners = tuple(
        Point(grid.left[number], grid.middle[number] - spot.height // 2) for number, spot in enumerate(sketch.spots)
    )
    routes = [(edge, LineKind.WHOLE, tuple(grid.pieces(route))) for edge, route in crooked.routes.items()]
    routes += [(edge, LineKind.ENDS, grid.ends(*edge)) for edge in crooked.too_long]
    return Part(grid.width, grid.height, corners, tuple(routes))


@dataclass(frozen=True, slots=True)
class _Places:
    """Of the spots and bends of a part: their left edges and their middles."""

    sketch: Sketch
    left: Sequence[int]
    right: Sequence[int]
    """The right edge of the whole layer, where lines begin to turn."""
    middle: Sequence[int]
    band: Sequence[int]
    width: int
    height: int

    @classmethod
    def of(cls, crooked: Bent, layers: Layers, widest: float) -> "_Places":
        sketch = crooked.sketch
        spots, middle = sketch.spots, places(sketch, layers)
        above = [place - spot.height / 2 for place, spot in zip(middle, spots, strict=True)]
        below = [place + spot.height / 2 for place, spot in zip(middle, spots, strict=True)]
        wide = [max(spots[number].width for number in layer) for layer in layers]
        gaps = [*_gaps(sketch, layers, middle), 0.0]
        steps = [width + gap for width, gap in zip(wide, gaps, strict=True)]
        bands = bands_of(sketch, layers, steps, max(below) - min(above) + _BAND_GAP, widest)
        band, left, top = [0] * len(layers), [0.0] * len(layers), [0.0] * len(bands)
        x = y = width = 0.0
        for index, of_band in enumerate(bands):
            numbers = [number for layer in of_band for number in layers[layer]]
            top[index] = y - min(above[number] for number in numbers)
            y += max(below[number] for number in numbers) - min(above[number] for number in numbers) + _BAND_GAP
            x = 0.0 if index == 0 else float(STUB)
            for layer in of_band:
                band[layer], left[layer] = index, x
                x += steps[layer]
            width = max(width, x - gaps[of_band[-1]] + (STUB if index < len(bands) - 1 else 0))
        layer_of = [spot.layer for spot in spots]
        return cls(
            sketch,
            [round(left[layer]) for layer in layer_of],
            [round(left[layer] + wide[layer]) for layer in layer_of],
            [round(middle[number] + top[band[layer]]) for number, layer in enumerate(layer_of)],
            [band[layer] for layer in layer_of],
            round(width),
            round(y - _BAND_GAP),
        )

    def _way_out(self, number: int) -> list[Point]:
        y = self.middle[number]
        edge = self.left[number] + self.sketch.spots[number].width
        return [Point(edge, y)] if edge == self.right[number] else [Point(edge, y), Point(self.right[number], y)]

    def pieces(self, route: Sequence[int]) -> Iterator[tuple[Point, ...]]:
        piece = self._way_out(route[0])
        for before, number in pairwise(route):
            into = Point(self.left[number], self.middle[number])
            if self.band[before] != self.band[number]:
                yield (*piece, Point(self.right[before] + STUB, self.middle[before]))
                piece = [Point(into.x - STUB, into.y)]
            piece.append(into)
            if number != route[-1] and self.right[number] > into.x:
                piece.append(Point(self.right[number], into.y))
        yield tuple(piece)

    def ends(self, source: int, target: int) -> tuple[tuple[Point, ...], ...]:
        out, into = self._way_out(source), Point(self.left[target], self.middle[target])
        return (out[0], Point(out[0].x + STUB, out[0].y)), (Point(into.x - STUB, into.y), into)


def _gaps(sketch: Sketch, layers: Layers, middle: Sequence[float]) -> list[float]:
    """Between each layer and the next: more where lines are steep."""
    steepest = [0.0] * len(layers)
    for source, target in sketch.edges:
        layer = sketch.spots[source].layer
        steepest[layer] = max(steepest[layer], abs(middle[source] - middle[target]))
    bare = [not any(sketch.spots[number].boxes for number in layer) for layer in layers]
    return [
        (_JOINT_GAP if bare[index] or bare[index + 1] else _GAP) + min(_STEEP_GAP, steepest[index] / 6)
        for index in range(len(layers) - 1)
    ]
