"""What is in each box, and how much room it takes."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sluice.core.graph.layout.folding import Boxes
from sluice.core.graph.layout.names import label_of, times
from sluice.core.graph.layout.sketch import Spot
from sluice.core.graph.layout.task import LayoutTask

LONGEST_LABEL = 28
"""Characters of a label that a box has room for, besides the sign of its state."""
PADDING, TEXT_LINE, CELL = 6, 16, 6
"""In pixels: inside of a box, and the heights of a line of text and of a row of a mosaic's cells."""

_CHARACTER, _SIGN, _NARROWEST, _NARROWEST_WITH_CELLS = 7, 20, 128, 172
_CELLS_PER_ROW, _ROWS = 24, 8  # of a mosaic; if it has more cells, they are narrower


@dataclass(frozen=True, slots=True)
class Content:
    """Of one box."""

    key: str
    label: str
    tasks: tuple[LayoutTask, ...]
    layer: int
    cells: int
    """Of the mosaic: one for each task or item; 0 without a mosaic."""

    @property
    def cells_per_row(self) -> int:
        return max(_CELLS_PER_ROW, -(-self.cells // _ROWS)) if self.cells else 0

    @property
    def width(self) -> int:
        text = min(len(self.label), LONGEST_LABEL) * _CHARACTER
        least = _NARROWEST_WITH_CELLS if self.cells else _NARROWEST
        return max(least, text + _SIGN + 2 * PADDING)

    def height(self, text_lines: int) -> int:
        rows = -(-self.cells // self.cells_per_row) if self.cells else 0
        return text_lines * TEXT_LINE + rows * CELL + 2 * PADDING


def contents_of(boxes: Boxes, tasks: Sequence[LayoutTask]) -> list[Content]:
    in_group = Counter(task.group for task in tasks if task.group)
    return [
        Content(boxes.key(number), _label(inside, in_group), inside, boxes.layers[number], _cells(inside))
        for number, inside in enumerate(boxes.tasks)
    ]


def spots_of(contents: Sequence[Content], text_lines: int) -> Iterator[Spot]:
    """All boxes of a layer are as wide as the widest of them."""
    widths: dict[int, int] = defaultdict(int)
    for content in contents:
        widths[content.layer] = max(widths[content.layer], content.width)
    for number, content in enumerate(contents):
        first, height = content.tasks[0], content.height(text_lines)
        yield Spot(content.layer, widths[content.layer], height, (number,), group=first.group, final=first.final)


def _label(inside: Sequence[LayoutTask], in_group: Counter[str]) -> str:
    group = inside[0].group
    if len(inside) > 1 and len(inside) == in_group[group] and all(task.group == group for task in inside):
        return times(group, len(inside))
    return label_of([task.name for task in inside])


def _cells(inside: Sequence[LayoutTask]) -> int:
    cells = sum(max(1, task.items) for task in inside)
    return cells if cells > 1 else 0
