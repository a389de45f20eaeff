"""One connected part, arranged: where its spots stand, and how its lines run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sluice.core.graph.layout.layers import Edge
from sluice.core.graph.layout.parts.bends import bent
from sluice.core.graph.layout.parts.columns import STUB, Columns
from sluice.core.graph.layout.parts.order import ordered
from sluice.core.graph.layout.picture import LineKind, Point
from sluice.core.graph.layout.sketch import Sketch

Piece = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """The line between two spots of a part."""

    edge: Edge
    kind: LineKind
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """`corners` are the upper left corners of the spots of the sketch."""

    width: int
    height: int
    corners: tuple[Point, ...]
    routes: tuple[Route, ...]


def arranged(sketch: Sketch, widest: float) -> Part:
    """A part that is wider than `widest` is broken like text."""
    crooked = bent(sketch)
    columns = Columns.of(crooked.sketch, ordered(crooked.sketch), widest)
    corners = tuple(
        Point(columns.left[number], columns.middle[number] - spot.height // 2)
        for number, spot in enumerate(sketch.spots)
    )
    routes = [
        *(
            Route(edge, LineKind.WHOLE, tuple(_pieces(sketch, columns, spots)))
            for edge, spots in crooked.routes.items()
        ),
        *(Route(edge, LineKind.ENDS, _ends(sketch, columns, edge)) for edge in crooked.too_long),
    ]
    return Part(columns.width, columns.height, corners, tuple(routes))


def _pieces(sketch: Sketch, columns: Columns, spots: Sequence[int]) -> Iterator[Piece]:
    """Through these spots, the first and the last of which are ends; the others are bends."""
    piece = [_exit(sketch, columns, spots[0]), Point(columns.right[spots[0]], columns.middle[spots[0]])]
    for before, number in pairwise(spots):
        entry = Point(columns.left[number], columns.middle[number])
        if columns.band[before] != columns.band[number]:
            yield _without_repeats([*piece, Point(columns.right[before] + STUB, columns.middle[before])])
            piece = [Point(entry.x - STUB, entry.y)]
        piece.append(entry)
        if number != spots[-1]:
            piece.append(Point(columns.right[number], entry.y))
    yield _without_repeats(piece)


def _ends(sketch: Sketch, columns: Columns, edge: Edge) -> tuple[Piece, ...]:
    source, target = edge
    out, entry = _exit(sketch, columns, source), Point(columns.left[target], columns.middle[target])
    return (out, Point(out.x + STUB, out.y)), (Point(entry.x - STUB, entry.y), entry)


def _exit(sketch: Sketch, columns: Columns, number: int) -> Point:
    return Point(columns.left[number] + sketch.spots[number].width, columns.middle[number])


def _without_repeats(points: Sequence[Point]) -> Piece:
    return (*points[:1], *(after for before, after in pairwise(points) if before != after))
