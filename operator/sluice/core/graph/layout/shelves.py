"""Separate parts stand side by side on shelves, the tall ones first, so that the picture has the shape of a screen."""

import math
from collections.abc import Sequence

from sluice.core.graph.layout.parts.bands import ASPECT
from sluice.core.graph.layout.picture import Point

_ACROSS, _DOWN = 32, 24


def shelved(sizes: Sequence[tuple[int, int]]) -> tuple[list[Point], int, int]:
    """Where the upper left corners of the parts of these (width, height) are; the width and the height of all."""
    area = sum((width + _ACROSS) * (height + _DOWN) for width, height in sizes)
    widest = max([math.isqrt(round(area * ASPECT)), *(width for width, _ in sizes)])
    corners = [Point(0, 0)] * len(sizes)
    x = y = shelf = right = bottom = 0
    for index in sorted(range(len(sizes)), key=lambda index: (-sizes[index][1], index)):
        width, height = sizes[index]
        if x and x + width > widest:
            x, y = 0, y + shelf + min(_DOWN, shelf // 2)
            shelf = 0
        corners[index] = Point(x, y)
        shelf = max(shelf, height)
        right, bottom = max(right, x + width), max(bottom, y + height)
        x += width + _ACROSS
    return corners, right, bottom
