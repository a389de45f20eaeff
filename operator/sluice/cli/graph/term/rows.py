"""Which row of the terminal each box stands in. Boxes that follow each other share a row, so that chains are straight.

No line has to share its row with another that leads elsewhere:

- a line leaves its box to the right, turns up or down in the gap after the box's layer, and goes right again in the row
  of its target
- a box continues the row of one that it depends on only if all others that it depends on are in the same layer or in
  later ones, so that their lines come into the row after it
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sluice.core.graph.layout.picture import Box, Ends


@dataclass(frozen=True, slots=True)
class Rows:
    """`row` is the row of each box, by key; `after` is the next box in the same row."""

    row: dict[str, int]
    after: dict[str, str]


def rows_of(boxes: Sequence[Box], edges: Collection[Ends]) -> Rows:
    """Edges must lead from lower layers to higher ones."""
    by_key = {box.key: box for box in boxes}
    sources: dict[str, list[Box]] = defaultdict(list)
    for source, target in edges:
        sources[target].append(by_key[source])
    after: dict[str, str] = {}
    first: dict[str, str] = {}
    for box in sorted(boxes, key=lambda box: (box.layer, box.y, box.x)):
        first[box.key] = box.key
        earliest = min((source.layer for source in sources[box.key]), default=0)
        for before in sorted(sources[box.key], key=lambda source: (source.y, source.x)):
            if before.layer == earliest and before.key not in after:
                after[before.key], first[box.key] = box.key, first[before.key]
                break
    members: dict[str, list[Box]] = defaultdict(list)
    for box in boxes:
        members[first[box.key]].append(box)
    part = _parts(boxes, edges)
    places = sorted(members.items(), key=lambda item: (part[item[0]], min((box.y, box.x) for box in item[1])))
    number = {head: index for index, (head, _) in enumerate(places)}
    return Rows({key: number[head] for key, head in first.items()}, after)


def _parts(boxes: Sequence[Box], edges: Collection[Ends]) -> dict[str, int]:
    """The connected part of each box, from top to bottom, so that rows of one part stand together."""
    near: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        near[source].append(target)
        near[target].append(source)
    found: dict[str, int] = {}
    for number, box in enumerate(sorted(boxes, key=lambda box: (box.y, box.x))):
        stack = [box.key]
        while stack:
            key = stack.pop()
            if key not in found:
                found[key] = number
                stack += near[key]
    return found
