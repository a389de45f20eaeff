"""The picture as text: layers from left to right, with lines between them. Those of the longest way are heavy.

Below stands what the signs mean. A state that is neither Succeeded nor Waiting has its word in the picture, too.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from sluice.cli.durations import lasting
from sluice.cli.graph.caption import caption
from sluice.cli.graph.drawing import Drawing
from sluice.cli.graph.term.bands import AGAIN, Bands
from sluice.cli.graph.term.tracks import TIP
from sluice.cli.graph.way import edges_of_longest_way
from sluice.cli.printable import printable
from sluice.cli.states import SUCCEEDED, WAITING
from sluice.cli.terminal import Terminal
from sluice.cli.words import counted, way
from sluice.core.graph.layout.draw import MOST_BOXES, lay_out
from sluice.core.graph.layout.picture import Box, Connector, FrameKind, LineKind, Picture

_FEWEST_BOXES = 12
_BACK_SHOWN = 3
_HOW_TO_SEE = "fewer off a terminal (| less -S); -o json has all"


def as_text(subject: Drawing, terminal: Terminal) -> list[str]:
    """On a terminal more is folded, down to a few boxes, so that it fits the screen."""
    most = MOST_BOXES if terminal.rows is None else min(MOST_BOXES, 4 * terminal.rows)
    while True:
        lines = _Text(subject, lay_out(subject.tasks, most, widest=math.inf), terminal).lines()
        if terminal.rows is None or len(lines) < terminal.rows or most // 2 < _FEWEST_BOXES:
            return lines
        most = min(most, len(subject.tasks)) // 2


@dataclass(frozen=True, slots=True)
class _Text:
    subject: Drawing
    picture: Picture
    terminal: Terminal

    def lines(self) -> list[str]:
        final = {key for frame in self.picture.frames for key in frame.boxes if frame.kind is FrameKind.FINALLY}
        boxes, tasks = self.picture.boxes, counted(len(self.subject.tasks), "task")
        notes = list(self._notes())
        return [
            self.terminal.fitted(printable(f"{self.subject.name}  {self.subject.words or tasks}")),
            "",
            *self._drawn([box for box in boxes if box.key not in final]),
            *(["", "finally"] if final else []),
            *self._drawn([box for box in boxes if box.key in final]),
            *([""] if notes else []),
            *map(self.terminal.fitted, notes),
        ]

    def _drawn(self, boxes: Sequence[Box]) -> Iterator[str]:
        longest = edges_of_longest_way(self.subject, self.picture)
        heavy = longest | {(AGAIN + source, target) for source, target in longest}
        bold = {end for edge in longest for end in edge}
        captions = {box.key: caption(self.subject, box) for box in boxes}

        def painted(text: str, key: str) -> str:
            found = captions.get(key.removeprefix(AGAIN))
            text = self.terminal.painted(text, found.state.colour if found else "default" if key else "bright_black")
            return click.style(text, bold=True) if key in bold and self.terminal.colours else text

        labels = {box.key: self._label(box) for box in boxes}
        names = {box.key: printable(self.subject.label(box)) for box in boxes}
        back = {(line.source, line.target) for line in self._lines_back()}
        edges = [edge for edge in self.picture.edges if edge not in back]
        for number, band in enumerate(Bands(boxes, edges, labels, names).fitting(self.terminal.columns)):
            yield from [""] if number else []
            yield from band.lines(heavy, painted, self.terminal.columns)

    def _label(self, box: Box) -> str:
        found, name = caption(self.subject, box), self.subject.label(box)
        if found is None:
            return printable(name)
        words = found.words
        if not box.folded and found.state in (SUCCEEDED, WAITING):
            words = words.removeprefix(found.state.word).strip()
        return printable(" ".join(filter(None, (found.state.sign, f"{name}:" if box.folded else name, words))))

    def _lines_back(self) -> list[Connector]:
        return [line for line in self.picture.lines if line.kind is LineKind.BACK]

    def _notes(self) -> Iterator[str]:
        subject, boxes = self.subject, self.picture.boxes
        if subject.by_task is not None:
            counts = Counter(task.state for task in subject.by_task.values())
            yield "  ".join(f"{state.sign} {count} {state.word}" for state, count in counts.items())
        if subject.longest_way:
            yield printable(f"longest way  {lasting(subject.longest_way_s)}  {way(subject.longest_way)}")
        names, back = {box.key: printable(subject.label(box)) for box in boxes}, self._lines_back()
        for line in back[:_BACK_SHOWN]:
            yield f"back  {names[line.source]} {TIP} {names[line.target]}"
        if len(back) > _BACK_SHOWN:
            yield f"back  and {len(back) - _BACK_SHOWN} more lines"
        if folded := sum(len(box.tasks) for box in boxes if box.folded):
            yield f"{folded} tasks are folded, {_HOW_TO_SEE}"
