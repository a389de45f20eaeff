"""What one thing costs over how many there are, as SVG: one line for each kind, sizes on a logarithmic scale.

A level line is what one wants: then the whole grows in proportion.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_LEFT, _TOP, _WIDTH, _HEIGHT, _LEGEND = 50, 40, 560, 300, 230  # pixels
_COLOURS = ("#2f6f9f", "#c44536", "#e0a458", "#4f8a5b", "#7d5ba6", "#8f9aa5", "#1d3557", "#b56576")
_TICKS = 5


@dataclass(frozen=True)
class Line:
    """`costs` by size, both positive."""

    label: str
    costs: Mapping[int, float]


def chart(title: str, lines: Sequence[Line]) -> str:
    """The SVG document, for one line or more."""
    sizes = sorted({size for line in lines for size in line.costs})
    top = max(cost for line in lines for cost in line.costs.values())
    low, high = math.log(sizes[0]), math.log(max(sizes[-1], 2 * sizes[0]))

    def x(size: int) -> float:
        return round(_LEFT + _WIDTH * (math.log(size) - low) / (high - low), 1)

    def y(cost: float) -> float:
        return round(_TOP + _HEIGHT * (1 - cost / top), 1)

    bottom = _TOP + _HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + _LEGEND} {bottom + 40}">',
        '<rect width="100%" height="100%" fill="white"/><g font-family="sans-serif" font-size="12">',
        f'<text x="8" y="18" font-weight="bold">{escape(title)}</text>',
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{_LEFT + _WIDTH}" fill="none" stroke="black"/>',
    ]
    parts += [f'<text x="{x(size)}" y="{bottom + 18}" text-anchor="middle">{size:,}</text>' for size in _apart(sizes)]
    for tick in range(1, _TICKS + 1):
        cost = top * tick / _TICKS
        parts.append(f'<text x="{_LEFT - 6}" y="{y(cost) + 4}" text-anchor="end">{cost:.1f}</text>')
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(f"{x(size)},{y(cost)}" for size, cost in sorted(line.costs.items()))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{_LEFT + _WIDTH + 12}" y="{_TOP + 20 * number + 12}" fill="{colour}">{escape(line.label)}</text>'
        )
    return "\n".join([*parts, "</g></svg>", ""])


def _apart(sizes: Sequence[int]) -> list[int]:
    """Those that have room for a label: each at least 1.6 times the one before."""
    shown: list[int] = []
    for size in sizes:
        if not shown or size >= 1.6 * shown[-1]:
            shown.append(size)
    return shown
