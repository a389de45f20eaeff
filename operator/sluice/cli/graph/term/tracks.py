"""The lines between boxes on a terminal, as characters.

The lines of a box share one lane, a column of the gap after its layer, from which they part. Where two lines cross
without meeting, the one that goes right is interrupted: `─│─`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sluice.cli.graph.term.rows import Rows
from sluice.core.graph.layout.picture import Box, Ends

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_LIGHT = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"
_HEAVY = " ╹╻┃╸┛┓┫╺┗┏┣━┻┳╋"
TIP = "▸"

Cell = tuple[int, int]
"""(row, column)."""


def lanes_of(boxes: Sequence[Box], edges: Collection[Ends], rows: Rows) -> dict[str, int]:
    """The lane of each box that has lines into other rows, numbered from the left in the gap after its layer.

    Boxes of one layer that lead to the same boxes share a lane, and so do others if no row is part of both.
    """
    layer = {box.key: box.layer for box in boxes}
    spans: dict[tuple[str, ...], tuple[int, int]] = {}
    for bundle, targets in _bundles(edges, layer):
        touched = [rows.row[key] for key in (*bundle, *targets)]
        if min(touched) < max(touched):
            spans[bundle] = min(touched), max(touched)
    lanes: dict[str, int] = {}
    taken: dict[int, list[list[tuple[int, int]]]] = defaultdict(list)
    for sources, (low, high) in sorted(
        spans.items(), key=lambda item: (item[0][0] not in rows.after, item[1][1] - item[1][0], item[1])
    ):
        of_gap = taken[layer[sources[0]]]
        free = (lane for lane, others in enumerate(of_gap) if all(high < a or b < low for a, b in others))
        lane = next(free, len(of_gap))
        if lane == len(of_gap):
            of_gap.append([])
        of_gap[lane].append((low, high))
        lanes |= dict.fromkeys(sources, lane)
    return lanes


def _bundles(edges: Collection[Ends], layer: Mapping[str, int]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The boxes of each layer that lead to the same boxes, and these."""
    targets: dict[str, list[str]] = defaultdict(list)
    for source, target in sorted(edges):
        targets[source].append(target)
    alike: dict[tuple[int, tuple[str, ...]], list[str]] = defaultdict(list)
    for source, its_targets in targets.items():
        alike[layer[source], tuple(its_targets)].append(source)
    return [(tuple(sources), its_targets) for (_, its_targets), sources in alike.items()]


class Tracks:
    """The lines that are drawn so far."""

    def __init__(self) -> None:
        self._level: dict[Cell, int] = defaultdict(int)
        self._upright: dict[Cell, int] = defaultdict(int)
        self._turns: set[Cell] = set()
        """Where level and upright lines meet."""
        self._tips: set[Cell] = set()
        self._heavy_level: set[Cell] = set()
        self._heavy_upright: set[Cell] = set()

    def straight(self, row: int, begin: int, end: int, lane: int | None, *, heavy: bool = False) -> None:
        """From the first column to the second, where the tip is; others may come in from the lane."""
        if lane is not None:
            self._turns.add((row, lane))
        self._go_right(row, begin, end, heavy=heavy)
        self._level[row, begin] |= _LEFT
        self._tips.add((row, end))

    def turning(self, row: int, begin: int, lane: int, into: int, end: int, *, heavy: bool = False) -> None:
        """From the row and column to the lane, along it to another row, and there to the column where the tip is."""
        self._go_right(row, begin, lane, heavy=heavy)
        self._level[row, begin] |= _LEFT
        self._turns |= {(row, lane), (into, lane)}
        for upper in range(min(row, into), max(row, into)):
            self._upright[upper, lane] |= _DOWN
            self._upright[upper + 1, lane] |= _UP
        if heavy:
            self._heavy_upright |= {(each, lane) for each in range(min(row, into), max(row, into) + 1)}
        self._go_right(into, lane, end, heavy=heavy)
        self._tips.add((into, end))

    def characters(self) -> dict[Cell, str]:
        return {cell: self._character(cell) for cell in self._level.keys() | self._upright.keys()}

    def _go_right(self, row: int, begin: int, end: int, *, heavy: bool) -> None:
        for column in range(begin, end):
            self._level[row, column] |= _RIGHT
            self._level[row, column + 1] |= _LEFT
        if heavy:
            self._heavy_level |= {(row, column) for column in range(begin, end + 1)}

    def _character(self, cell: Cell) -> str:
        if cell in self._tips:
            return TIP
        level, upright = self._level.get(cell, 0), self._upright.get(cell, 0)
        if level and upright and cell not in self._turns:
            return (_HEAVY if cell in self._heavy_upright else _LIGHT)[upright]
        return (_HEAVY if cell in self._heavy_level | self._heavy_upright else _LIGHT)[level | upright]
