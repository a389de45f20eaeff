"""The picture as text: layers from left to right, with lines between them. Those of the longest way are heavy.

Where the screen is too narrow for all layers they are drawn in several bands below each other. `⋯` behind a box says
that lines lead from it into a band below, and there it stands again, as `⋯ load`.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import click

from sluice.cli.durations import lasting
from sluice.cli.graph.band import Band
from sluice.cli.graph.caption import Caption, caption
from sluice.cli.graph.subject import Subject
from sluice.cli.graph.tracks import TIP
from sluice.cli.graph.way import edges_of_longest_way
from sluice.cli.printable import printable
from sluice.cli.states import SUCCEEDED, WAITING
from sluice.cli.terminal import Terminal
from sluice.cli.words import counted
from sluice.core.graph.layout.draw import MOST_BOXES, lay_out
from sluice.core.graph.layout.picture import Box, LineKind, Picture

_ON = "⋯"
_FEWEST_BOXES = 12
_BACK_SHOWN = 3
_HOW_TO_SEE = "fewer off a terminal (| less -S); -o json has all"


def as_text(subject: Subject, terminal: Terminal) -> list[str]:
    """On a terminal more is folded, down to a few boxes, so that it fits the screen."""
    most = MOST_BOXES if terminal.rows is None else min(MOST_BOXES, 4 * terminal.rows)
    while True:
        lines = _Text(subject, lay_out(subject.tasks, most, widest=math.inf), terminal).lines()
        if terminal.rows is None or len(lines) < terminal.rows or most // 2 < _FEWEST_BOXES:
            return lines
        most = min(most, len(subject.tasks)) // 2


@dataclass(frozen=True, slots=True)
class _Text:
    subject: Subject
    picture: Picture
    terminal: Terminal

    def lines(self) -> list[str]:
        final = {key for frame in self.picture.frames for key in frame.boxes if frame.label}
        boxes, tasks = self.picture.boxes, counted(len(self.subject.tasks), "task")
        return [
            self.terminal.fitted(printable(f"{self.subject.name}  {self.subject.words or tasks}")),
            "",
            *self._bands([box for box in boxes if box.key not in final]),
            *(["", "finally"] if final else []),
            *self._bands([box for box in boxes if box.key in final]),
            *map(self.terminal.fitted, self._notes()),
        ]

    def _bands(self, boxes: Sequence[Box]) -> Iterator[str]:
        bold, captions = edges_of_longest_way(self.subject, self.picture), self._captions()

        def painted(text: str, key: str) -> str:
            key = key.removeprefix(_ON)
            found = captions.get(key)
            text = self.terminal.painted(text, found.state.colour if found else "default" if key else "bright_black")
            way = key in {end for edge in bold for end in edge}
            return click.style(text, bold=True) if way and self.terminal.colours else text

        layers = sorted({box.layer for box in boxes})
        while layers:
            band, count = self._band(boxes, layers, 1), 1
            while count < len(layers):
                wider = self._band(boxes, layers, count + 1)
                if self.terminal.columns is not None and wider.width > self.terminal.columns:
                    break
                band, count = wider, count + 1
            yield from band.lines({(_ON + a, b) for a, b in bold} | bold, painted, self.terminal.columns)
            layers = layers[count:]
            if layers:
                yield ""

    def _band(self, boxes: Sequence[Box], layers: Sequence[int], count: int) -> Band:
        """The first so many of the layers, of those that are left."""
        inside = [box for box in boxes if box.layer in layers[:count]]
        later = {box.key for box in boxes if box.layer in layers[count:]}
        here = {box.key for box in inside}
        back = {(line.source, line.target) for line in self.picture.lines if line.kind is LineKind.BACK}
        edges = [edge for edge in self.picture.edges if edge not in back]
        leading_on = {source for source, target in edges if source in here and target in later}
        from_above = {source for source, target in edges if source not in here and target in here}
        labels = {box.key: self._label(box) + (f" {_ON}" if box.key in leading_on else "") for box in inside}
        sources = [box for box in boxes if box.key in from_above]
        labels |= {_ON + box.key: f"{_ON} {printable(self.subject.label(box))}" for box in sources}
        above = [replace(box, key=_ON + box.key, layer=layers[0] - 1) for box in sources]
        drawn = [(source if source in here else _ON + source, target) for source, target in edges if target in here]
        return Band.of([*above, *inside], drawn, labels)

    def _captions(self) -> dict[str, Caption]:
        found = {box.key: caption(self.subject, box) for box in self.picture.boxes}
        return {key: each for key, each in found.items() if each}

    def _label(self, box: Box) -> str:
        """The states that need no word stand explained below."""
        found, name = caption(self.subject, box), self.subject.label(box)
        if found is None:
            return printable(name)
        words = found.words
        if not box.folded and found.state in (SUCCEEDED, WAITING):
            words = words.removeprefix(found.state.word).strip()
        return printable(" ".join(filter(None, (found.state.sign, f"{name}:" if box.folded else name, words))))

    def _notes(self) -> Iterator[str]:
        subject, boxes = self.subject, self.picture.boxes
        if subject.standings is not None:
            counts = Counter(standing.state for standing in subject.standings.values())
            yield ""
            yield "  ".join(f"{state.sign} {count} {state.word}" for state, count in counts.items())
        if subject.longest_way:
            way = f" {TIP} ".join(map(printable, subject.longest_way))
            yield f"longest way  {lasting(subject.longest_way_s)}  {way}"
        labels = {box.key: printable(subject.label(box)) for box in boxes}
        back = [line for line in self.picture.lines if line.kind is LineKind.BACK]
        for line in back[:_BACK_SHOWN]:
            yield f"back  {labels[line.source]} {TIP} {labels[line.target]}"
        if len(back) > _BACK_SHOWN:
            yield f"back  and {len(back) - _BACK_SHOWN} more lines"
        if folded := sum(len(box.tasks) for box in boxes if box.folded):
            yield f"{folded} tasks are folded, {_HOW_TO_SEE}"
