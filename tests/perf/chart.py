"""A bar chart of ratios, as SVG: bars start at 1, the ideal, and a stroke marks each goal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

_LABEL, _PLOT, _NUMBER, _ROW = 230, 480, 60, 22  # pixels
_COLOURS = ("#2f6f9f", "#8fb8d8", "#e0a458", "#8f9aa5", "#c0c4c8")
_GOOD, _MISSED = "black", "#c44536"


@dataclass(frozen=True)
class Bar:
    """`kind` (from 0) selects the colour; without a `goal` there is no stroke."""

    label: str
    ratio: float
    goal: float | None = None
    kind: int = 0


def chart(title: str, bars: list[Bar]) -> str:
    """The SVG document. The number beside a bar that misses its goal is red."""
    marks = [value for bar in bars for value in (bar.ratio, bar.goal) if value is not None]
    low, high = min([1.0, *marks]), max([1.1, *marks])

    def x(ratio: float) -> float:
        return round(_LABEL + _PLOT * (ratio - low) / (high - low), 1)

    width, height = _LABEL + _PLOT + _NUMBER, _ROW * (len(bars) + 2)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="12">'
        f'<rect width="{width}" height="{height}" fill="white"/>'
        f'<text x="8" y="16" font-weight="bold">{escape(title)}</text>'
    )
    rows = [_row(bar, _ROW * place, x) for place, bar in enumerate(bars, start=1)]
    axis = (
        f'<path d="M{x(1)} {_ROW}V{height - _ROW}" stroke="black"/>'
        f'<text x="{x(1)}" y="{height - 6}" text-anchor="middle">1</text>'
    )
    return "\n".join([head, *rows, axis, "</svg>", ""])


def _row(bar: Bar, top: int, x: Callable[[float], float]) -> str:
    left, right = sorted((x(1), x(bar.ratio)))
    goal = "" if bar.goal is None else f'<path class="goal" d="M{x(bar.goal)} {top + 1}v20" stroke="{_MISSED}"/>'
    colour = _MISSED if bar.goal is not None and bar.ratio > bar.goal else _GOOD
    return (
        f'<text x="{_LABEL - 8}" y="{top + 15}" text-anchor="end">{escape(bar.label)}</text>'
        f'<rect class="bar" x="{left}" y="{top + 4}" width="{right - left:.1f}" height="14"'
        f' fill="{_COLOURS[bar.kind]}"/>'
        f"{goal}"
        f'<text x="{_LABEL + _PLOT + 8}" y="{top + 15}" fill="{colour}">{bar.ratio:.3f}</text>'
    )
