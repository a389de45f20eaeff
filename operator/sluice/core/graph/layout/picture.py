"""What a layout comes to: boxes and lines with their places, in pixels, from the upper left corner."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

Ends = tuple[str, str]
"""The keys of a source and a target."""


class Point(NamedTuple):
    x: int
    y: int

    def moved(self, by: "Point") -> "Point":
        return Point(self.x + by.x, self.y + by.y)


class Rectangle(NamedTuple):
    """`x` and `y` are the upper left corner."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def around(cls, some: Collection["Rectangle"]) -> "Rectangle":
        """The smallest that has all of them inside."""
        x, y = min(each.x for each in some), min(each.y for each in some)
        right, bottom = max(each.x + each.width for each in some), max(each.y + each.height for each in some)
        return cls(x, y, right - x, bottom - y)

    def wider(self, above: int, beside: int) -> "Rectangle":
        """By so much above, and at the three other sides."""
        return Rectangle(self.x - beside, self.y - above, self.width + 2 * beside, self.height + above + beside)

    def overlaps(self, other: "Rectangle") -> bool:
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


class FrameKind(Enum):
    GRID = "grid"
    """Around many boxes of one layer; lines end at the frame."""
    GROUP = "group"
    """Around a group of the author's."""
    FINALLY = "finally"
    """Around the `finally` tasks."""


class LineKind(Enum):
    WHOLE = "whole"
    BACK = "back"
    """Against the direction of the graph, since a folded box both follows and precedes another. Only its ends are
    drawn.
    """
    ENDS = "ends"
    """Too long to be drawn among so many others: only its ends are."""


@dataclass(frozen=True, slots=True)
class Box:
    """One task, or several that are folded into one box. `x` and `y` are its upper left corner."""

    key: str
    """The task's name, or what to give to `lay_out` as `opened` to see the tasks apart."""
    label: str
    tasks: tuple[str, ...]
    layer: int
    group: str
    x: int
    y: int
    width: int
    height: int
    cells: int
    """Of the mosaic below the text: one for each task or item; 0 if there is no mosaic."""
    cells_per_row: int

    @property
    def folded(self) -> bool:
        return len(self.tasks) > 1


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle around boxes. `x` and `y` are its upper left corner."""

    key: str
    kind: FrameKind
    label: str
    boxes: tuple[str, ...]
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Joint:
    """A point where the lines of several boxes meet that all go on to the same boxes."""

    key: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Connector:
    """From one box, frame or joint to another. Each piece is a curve through its points that is level at each of them.

    A line has several pieces where the picture is broken like text, or where only its ends are drawn.
    """

    source: str
    target: str
    kind: LineKind
    pieces: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    height: int
    boxes: tuple[Box, ...]
    frames: tuple[Frame, ...]
    joints: tuple[Joint, ...]
    lines: tuple[Connector, ...]
    edges: tuple[Ends, ...]
    """What the lines say, from box to box."""
    implied: tuple[Ends, ...]
    """The edges without a line, since a path of others says the same."""
