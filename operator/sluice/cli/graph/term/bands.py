"""Breaks a picture into bands as wide as the terminal, each of some layers.

`⋯` behind a box says that lines lead from it into a band below, and there it stands again, as `⋯ load`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sluice.cli.graph.term.band import Band
from sluice.core.graph.layout.picture import Box, Ends

AGAIN = "⋯"
"""Also what the key of a box begins with that stands in a band above."""


@dataclass(frozen=True, slots=True)
class Bands:
    """`labels` are the texts of the boxes, `names` how they are called where they stand again."""

    boxes: Sequence[Box]
    edges: Collection[Ends]
    labels: Mapping[str, str]
    names: Mapping[str, str]

    def fitting(self, columns: int | None) -> Iterator[Band]:
        """As many layers in each as there is room for, and at least one."""
        layers = sorted({box.layer for box in self.boxes})
        while layers:
            band, count = self._band(layers, 1), 1
            while count < len(layers):
                wider = self._band(layers, count + 1)
                if columns is not None and wider.width > columns:
                    break
                band, count = wider, count + 1
            yield band
            layers = layers[count:]

    def _band(self, layers: Sequence[int], count: int) -> Band:
        """The first so many of the layers that are left."""
        inside = {box.key: box for box in self.boxes if box.layer in layers[:count]}
        below = {box.key for box in self.boxes if box.layer in layers[count:]}
        edges = [edge for edge in self.edges if edge[1] in inside]
        leads_on = {source for source, target in self.edges if source in inside and target in below}
        above = {source for source, _ in edges if source not in inside}
        again = [replace(box, key=AGAIN + box.key, layer=layers[0] - 1) for box in self.boxes if box.key in above]
        labels = {key: f"{self.labels[key]} {AGAIN}" if key in leads_on else self.labels[key] for key in inside}
        labels |= {AGAIN + key: f"{AGAIN} {self.names[key]}" for key in above}
        drawn = [(AGAIN + source if source in above else source, target) for source, target in edges]
        return Band.of([*again, *inside.values()], drawn, labels)
