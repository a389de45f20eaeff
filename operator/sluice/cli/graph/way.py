"""Where the longest way runs in a picture."""

from itertools import pairwise

from sluice.cli.graph.drawing import Drawing
from sluice.core.graph.layout.picture import Ends, FrameKind, Picture


def edges_of_longest_way(subject: Drawing, picture: Picture) -> set[Ends]:
    """From box to box."""
    key = {task: box.key for box in picture.boxes for task in box.tasks}
    return {(key[before], key[after]) for before, after in pairwise(subject.critical_path)}


def lines_of_longest_way(subject: Drawing, picture: Picture) -> set[Ends]:
    """The lines that it follows, between boxes, frames and joints."""
    lines = {(line.source, line.target) for line in picture.lines}
    grids = [frame for frame in picture.frames if frame.kind is FrameKind.GRID]
    framed = {box: frame.key for frame in grids for box in frame.boxes}
    steps = {(framed.get(a, a), framed.get(b, b)) for a, b in edges_of_longest_way(subject, picture)}
    found = steps & lines
    for joint in picture.joints:
        for source, target in steps - found:
            if {(source, joint.key), (joint.key, target)} <= lines:
                found |= {(source, joint.key), (joint.key, target)}
    return found
