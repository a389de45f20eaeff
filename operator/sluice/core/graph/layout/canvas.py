"""Puts the arranged parts together, one below the other."""

from collections.abc import Collection, Sequence

from sluice.core.graph.layout.contents import Content
from sluice.core.graph.layout.grids import PADDING, cells_of
from sluice.core.graph.layout.groups import Placed, frames_of_groups
from sluice.core.graph.layout.layers import Edge
from sluice.core.graph.layout.parts.columns import STUB
from sluice.core.graph.layout.parts.part import Part
from sluice.core.graph.layout.picture import (
    Box,
    Connector,
    Ends,
    Frame,
    FrameKind,
    Joint,
    LineKind,
    Picture,
    Point,
    Rectangle,
)
from sluice.core.graph.layout.shelves import shelved
from sluice.core.graph.layout.sketch import Sketch

_MARGIN = 12
_TITLE = 24  # of the frame around the `finally` tasks
_APART = 28

Numbered = tuple[Sequence[int], Part]
"""A part, with the numbers of its spots."""


class Canvas:
    """Boxes, frames, joints and lines with their places. Parts that are added stand below those before."""

    def __init__(self, contents: Sequence[Content], sketch: Sketch) -> None:
        self._contents, self._sketch = contents, sketch
        self._boxes: dict[int, Box] = {}
        self._frames: list[Frame] = []
        self._placed: list[Placed] = []
        self._joints: list[Joint] = []
        self._lines: list[Connector] = []
        self._right = self._bottom = _MARGIN

    def add(self, parts: Sequence[Numbered]) -> None:
        self._shelve(parts, Point(_MARGIN, self._bottom))

    def add_final(self, parts: Sequence[Numbered]) -> None:
        """In a frame."""
        top = self._bottom + (_APART if self._boxes else 0)
        before = set(self._boxes)
        right = self._shelve(parts, Point(_MARGIN + PADDING, top + _TITLE)) + PADDING
        self._right, self._bottom = max(self._right, right), self._bottom + PADDING
        keys = self._keys(sorted(self._boxes.keys() - before))
        place = _MARGIN, top, right - _MARGIN, self._bottom - top
        self._frames.append(Frame("finally", FrameKind.FINALLY, "finally", keys, *place))

    def picture(self, needed: Collection[Edge], back: Collection[Edge], implied: Collection[Edge]) -> Picture:
        """`needed` and `implied` lead forward, `back` does not."""
        return Picture(
            self._right + _MARGIN,
            self._bottom + _MARGIN,
            tuple(box for _, box in sorted(self._boxes.items())),
            (*self._frames, *frames_of_groups(self._placed)),
            tuple(self._joints),
            (*self._lines, *(self._back(*edge) for edge in back)),
            tuple(map(self._ends, (*needed, *back))),
            tuple(map(self._ends, implied)),
        )

    def _shelve(self, parts: Sequence[Numbered], at: Point) -> int:
        """The right edge of all."""
        corners, width, height = shelved([(part.width, part.height) for _, part in parts])
        for (numbers, part), corner in zip(parts, corners, strict=True):
            self._add(numbers, part, at.moved(corner))
        self._right, self._bottom = max(self._right, at.x + width), at.y + height
        return at.x + width

    def _add(self, numbers: Sequence[int], part: Part, at: Point) -> None:
        for number, corner in zip(numbers, part.corners, strict=True):
            self._add_spot(number, at.moved(corner))
        for route in part.routes:
            source, target = (self._key(numbers[number]) for number in route.edge)
            pieces = tuple(tuple(at.moved(point) for point in piece) for piece in route.pieces)
            self._lines.append(Connector(source, target, route.kind, pieces))

    def _add_spot(self, number: int, at: Point) -> None:
        spot, key = self._sketch.spots[number], self._key(number)
        if not spot.boxes:
            self._joints.append(Joint(key, at.x, at.y))
            return
        keys, place = self._keys(spot.boxes), Rectangle(at.x, at.y, spot.width, spot.height)
        self._placed.append(Placed(spot.group, keys, place))
        if len(spot.boxes) == 1:
            self._add_box(spot.boxes[0], place)
            return
        self._frames.append(Frame(key, FrameKind.GRID, "", keys, *place))
        for box, cell in zip(spot.boxes, cells_of(spot, at), strict=True):
            self._add_box(box, cell)

    def _add_box(self, number: int, place: Rectangle) -> None:
        content = self._contents[number]
        self._boxes[number] = Box(
            content.key,
            content.label,
            tuple(task.name for task in content.tasks),
            content.layer,
            content.tasks[0].group,
            *place,
            content.cells,
            content.cells_per_row,
        )

    def _keys(self, boxes: Collection[int]) -> tuple[str, ...]:
        return tuple(self._contents[box].key for box in boxes)

    def _ends(self, edge: Edge) -> Ends:
        return self._contents[edge[0]].key, self._contents[edge[1]].key

    def _key(self, number: int) -> str:
        spot = self._sketch.spots[number]
        if not spot.boxes:
            return f"joint/{number}"
        first = self._contents[spot.boxes[0]].key
        return first if len(spot.boxes) == 1 else f"grid/{first}"

    def _back(self, source: int, target: int) -> Connector:
        out, into = self._boxes[source], self._boxes[target]
        start = Point(out.x + out.width, out.y + out.height // 2)
        end = Point(into.x, into.y + into.height // 2)
        pieces = ((start, Point(start.x + STUB, start.y)), (Point(end.x - STUB, end.y), end))
        return Connector(out.key, into.key, LineKind.BACK, pieces)
