"""A wide layer becomes a grid of boxes in a frame, and lines end at the frame.

First the boxes with the same dependencies and dependents, which loses nothing; then what is left of the layer, if that
is still too wide.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from sluice.core.graph.dag import Graph
from sluice.core.graph.layout.picture import Point, Rectangle
from sluice.core.graph.layout.sketch import Sketch, Spot

WIDE, TOO_WIDE = 24, 60
"""More boxes than that in one layer make grids of those that are alike, or of all."""
_LEAST = 9
PADDING, GAP = 10, 8
_ASPECT = 1.3  # of a grid, width to height


def gridded(sketch: Sketch) -> Sketch:
    """Until nothing else becomes a grid: boxes that lead to a grid are alike though they lead to other boxes of it."""
    while grids := list(_grids(sketch)):
        sketch = _with(sketch, grids)
    return sketch


def cells_of(grid: Spot, at: Point) -> Iterator[Rectangle]:
    """Where the boxes of a grid stand whose upper left corner is there."""
    rows = -(-len(grid.boxes) // grid.columns)
    across = (grid.width - 2 * PADDING + GAP) // grid.columns
    down = (grid.height - 2 * PADDING + GAP) // rows
    for index in range(len(grid.boxes)):
        row, column = divmod(index, grid.columns)
        x, y = at.x + PADDING + column * across, at.y + PADDING + row * down
        yield Rectangle(x, y, across - GAP, down - GAP)


def _grids(sketch: Sketch) -> Iterator[list[int]]:
    graph = sketch.graph()
    layers: dict[tuple[int, bool], list[int]] = defaultdict(list)
    for number, spot in enumerate(sketch.spots):
        if len(spot.boxes) == 1 and (graph.dependencies[number] or graph.dependents[number]):
            layers[spot.layer, spot.final].append(number)
    for layer in layers.values():
        if len(layer) > WIDE:
            yield from _grids_of(layer, graph)


def _grids_of(layer: Sequence[int], graph: Graph) -> Iterator[list[int]]:
    alike: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = defaultdict(list)
    for number in layer:
        ends = tuple(sorted(graph.dependencies[number])), tuple(sorted(graph.dependents[number]))
        alike[ends].append(number)
    grids = [numbers for numbers in alike.values() if len(numbers) >= _LEAST]
    yield from grids
    rest = set(layer).difference(*grids)
    if len(rest) > TOO_WIDE:
        yield sorted(rest)


def _with(sketch: Sketch, grids: Sequence[Sequence[int]]) -> Sketch:
    """With a spot for each grid, in place of the spots that are in it."""
    inside = {number for grid in grids for number in grid}
    rest = [number for number in range(len(sketch.spots)) if number not in inside]
    where = {number: index for index, number in enumerate(rest)}
    spots = [sketch.spots[number] for number in rest]
    for grid in grids:
        where |= dict.fromkeys(grid, len(spots))
        spots.append(_spot([sketch.spots[number] for number in grid]))
    return Sketch(tuple(spots), tuple(sorted({(where[source], where[target]) for source, target in sketch.edges})))


def _spot(inside: Sequence[Spot]) -> Spot:
    across, down = max(spot.width for spot in inside) + GAP, max(spot.height for spot in inside) + GAP
    columns = max(2, round(math.sqrt(len(inside) * down * _ASPECT / across)))
    rows = -(-len(inside) // columns)
    return Spot(
        inside[0].layer,
        columns * across - GAP + 2 * PADDING,
        rows * down - GAP + 2 * PADDING,
        tuple(box for spot in inside for box in spot.boxes),
        columns,
        inside[0].group if len({spot.group for spot in inside}) == 1 else "",
        inside[0].final,
    )
