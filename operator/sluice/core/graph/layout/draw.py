"""The layout of a graph of tasks."""

from collections.abc import Collection, Sequence

from sluice.core.graph.layout.canvas import Canvas
from sluice.core.graph.layout.contents import contents_of, spots_of
from sluice.core.graph.layout.folding import folded
from sluice.core.graph.layout.grids import gridded
from sluice.core.graph.layout.joints import joined
from sluice.core.graph.layout.parts.bands import LONG
from sluice.core.graph.layout.parts.part import arranged
from sluice.core.graph.layout.picture import Picture
from sluice.core.graph.layout.reduction import reduced
from sluice.core.graph.layout.sketch import Sketch
from sluice.core.graph.layout.task import LayoutTask

MOST_BOXES = 300


def lay_out(
    tasks: Sequence[LayoutTask],
    most: int = MOST_BOXES,
    opened: Collection[str] = (),
    text_lines: int = 1,
    widest: float = LONG,
) -> Picture:
    """At most `most` boxes (2 or more), each with room for so many lines of text; `finally` tasks stand below.

    `opened` has the keys of folded boxes that are to be shown as what is in them, beyond that number.
    A part that is wider than `widest` is broken like text.
    """
    boxes = folded(tasks, most, opened)
    contents = contents_of(boxes, tasks)
    needed, implied = reduced(boxes.graph, boxes.layers)
    sketch = gridded(joined(Sketch(tuple(spots_of(contents, text_lines)), tuple(needed))))
    parts = [(numbers, arranged(sketch.part(numbers), widest)) for numbers in sketch.parts()]
    final = [sketch.spots[numbers[0]].final for numbers, _ in parts]
    canvas = Canvas(contents, sketch)
    if not all(final):
        canvas.add([part for part, is_final in zip(parts, final, strict=True) if not is_final])
    if any(final):
        canvas.add_final([part for part, is_final in zip(parts, final, strict=True) if is_final])
    return canvas.picture(needed, boxes.back, implied)
