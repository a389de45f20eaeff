"""Frames around the groups of the author, where the boxes of a group stand together and no other one is among them.

The layout keeps them together in each layer. That is all that can be done for groups that others interrupt.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sluice.core.graph.layout.picture import Frame, FrameKind, Rectangle

ABOVE, BESIDE = 22, 6
"""The room that a frame takes around its boxes, in pixels; above them it has its label."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A box, or a grid of boxes that are all of one group."""

    group: str
    keys: tuple[str, ...]
    place: Rectangle


def frames_of_groups(placed: Sequence[Placed]) -> Iterator[Frame]:
    members: dict[str, list[Placed]] = defaultdict(list)
    for each in placed:
        members[each.group].append(each)
    frames = {
        group: Rectangle.around([each.place for each in inside]).wider(ABOVE, BESIDE)
        for group, inside in members.items()
        if group and len(inside) > 1
    }
    for group, frame in frames.items():
        strangers = [each.place for each in placed if each.group != group]
        others = [other for name, other in frames.items() if name != group]
        if not any(map(frame.overlaps, [*strangers, *others])):
            keys = tuple(key for each in members[group] for key in each.keys)
            yield Frame(f"group/{group}", FrameKind.GROUP, group, keys, *frame)
