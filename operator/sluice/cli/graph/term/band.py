"""Some layers of the picture as lines of text, from left to right."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sluice.cli.graph.term.rows import Rows, rows_of
from sluice.cli.graph.term.tracks import Tracks, lanes_of
from sluice.core.graph.layout.picture import Box, Ends

Paint = Callable[[str, str], str]
"""The text of a box in its colours, by key; of a line, whose key is empty."""


@dataclass(frozen=True, slots=True)
class Band:
    """Boxes of consecutive layers, and the edges between them."""

    boxes: Sequence[Box]
    edges: Collection[Ends]
    labels: Mapping[str, str]
    rows: Rows
    begins: Mapping[int, int]
    """The column in which each layer begins."""
    lanes: Mapping[str, int]
    """The columns of the lanes."""
    width: int

    @classmethod
    def of(cls, boxes: Sequence[Box], edges: Collection[Ends], labels: Mapping[str, str]) -> "Band":
        rows = rows_of(boxes, edges)
        numbers = lanes_of(boxes, edges, rows)
        widths: dict[int, int] = defaultdict(int)
        most: dict[int, int] = defaultdict(int)
        for box in boxes:
            widths[box.layer] = max(widths[box.layer], len(labels[box.key]))
            most[box.layer] = max(most[box.layer], numbers.get(box.key, -1) + 1)
        begins: dict[int, int] = {}
        column = right = 0
        for layer in sorted(widths):
            begins[layer] = column
            right = column + widths[layer]
            column = right + 5 + 2 * most[layer]  # ` ─ │ │ ─▸ `
        layer_of = {box.key: box.layer for box in boxes}
        lanes = {key: begins[layer_of[key]] + widths[layer_of[key]] + 2 + 2 * lane for key, lane in numbers.items()}
        return cls(boxes, edges, labels, rows, begins, lanes, right)

    def lines(self, heavy: Collection[Ends], paint: Paint, columns: int | None) -> list[str]:
        """`heavy` edges are drawn so. Nothing is longer than so many columns."""
        characters = self._tracks(heavy).characters()
        found: list[dict[int, tuple[str, str]]] = [{} for _ in range(1 + max(self.rows.row.values()))]
        for (row, column), character in characters.items():
            found[row][column] = character, ""
        for box in self.boxes:
            found[self.rows.row[box.key]][self.begins[box.layer]] = self.labels[box.key], box.key
        return [_line(parts, paint, columns) for parts in found]

    def _tracks(self, heavy: Collection[Ends]) -> Tracks:
        tracks = Tracks()
        begin = {box.key: self.begins[box.layer] for box in self.boxes}
        for source, target in self.edges:
            row, into = self.rows.row[source], self.rows.row[target]
            start, end = begin[source] + len(self.labels[source]) + 1, begin[target] - 2
            if self.rows.after.get(source) == target:
                tracks.straight(row, start, end, self.lanes.get(source), heavy=(source, target) in heavy)
            else:
                tracks.turning(row, start, self.lanes[source], into, end, heavy=(source, target) in heavy)
        return tracks


def _line(parts: Mapping[int, tuple[str, str]], paint: Paint, columns: int | None) -> str:
    line, at = "", 0
    for column in sorted(parts):
        text, key = parts[column]
        room = len(text) if columns is None else columns - column
        if room <= 0:
            break
        if len(text) > room:
            text = text[: room - 1] + "…"
        line += " " * (column - at) + paint(text, key)
        at = column + len(text)
    return line
