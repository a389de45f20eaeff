"""The mosaic of a box: how its tasks or items stand, one cell each, or one for several where these are too many.

Such a cell shows the state of theirs that says most, so that one failure among 10,000 items is seen.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sluice.cli.graph.caption import rank
from sluice.cli.states import State
from sluice.core.graph.layout.contents import CELL, PADDING
from sluice.core.graph.layout.picture import Box

_MOST_PER_ROW = 50  # more would be narrower than two pixels


def mosaic(box: Box, states: Sequence[State], left: int) -> Iterator[str]:
    """One path for all cells of one colour, in the room that the box has for them, from the column `left` on."""
    if not box.cells:
        return
    rows, per_row = -(-box.cells // box.cells_per_row), min(box.cells_per_row, _MOST_PER_ROW)
    width = (box.x + box.width - PADDING - left) / per_row
    top = box.y + box.height - PADDING - CELL * rows
    paths: dict[str, str] = defaultdict(str)
    for index, state in enumerate(cells(states, rows * per_row)):
        row, column = divmod(index, per_row)
        paths[state.colour] += f"M{left + column * width:.1f} {top + row * CELL}"
        paths[state.colour] += f"h{width * 0.8:.1f}v{CELL - 1}h-{width * 0.8:.1f}z"
    for colour, path in paths.items():
        yield f'<path class="{colour}" d="{path}"/>'


def cells(states: Sequence[State], most: int) -> Iterator[State]:
    count = min(most, len(states))
    for cell in range(count):
        yield min(states[cell * len(states) // count : (cell + 1) * len(states) // count], key=rank)
