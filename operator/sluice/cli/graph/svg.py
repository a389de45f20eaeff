"""The picture as SVG: one file without scripts, whose text can be selected, light or dark as the reader has it.

A box has the sign and the word of its state besides the colour. The lines of the longest way are bold.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape

from sluice.cli.durations import lasting
from sluice.cli.graph.caption import Caption, caption
from sluice.cli.graph.drawing import Drawing
from sluice.cli.graph.mosaic import mosaic
from sluice.cli.graph.way import lines_of_longest_way
from sluice.cli.printable import printable
from sluice.cli.states import WAITING
from sluice.core.base.text import one_line
from sluice.core.graph.layout.contents import LONGEST_LABEL, PADDING, TEXT_LINE
from sluice.core.graph.layout.picture import Box, Connector, Frame, LineKind, Picture, Point

_HEADING, _LEFT = 34, 12
_LARGE_CHARACTER, _SMALL_CHARACTER = 9, 6.2  # their widths
_ARROW, _STRIPE, _STACKED = 6, 4, 3
_NAMED = 10  # tasks of a folded box, in its tooltip
_STYLE = """
:root{--page:#fff;--ink:#1f2328;--faint:#59636e;--box:#f6f8fa;--rim:#d1d9e0;--line:#9aa4af;--green:#1a7f37;
--red:#cf222e;--cyan:#0969da;--yellow:#9a6700;--magenta:#8250df;--bright_black:#818b98;--default:#59636e}
@media(prefers-color-scheme:dark){:root{--page:#0d1117;--ink:#f0f6fc;--faint:#9198a1;--box:#151b23;--rim:#3d444d;
--line:#656c76;--green:#3fb950;--red:#f85149;--cyan:#4493f8;--yellow:#d29922;--magenta:#ab7df8;--bright_black:#9198a1;
--default:#9198a1}}
text{font:12px ui-sans-serif,system-ui,sans-serif;fill:var(--ink)}text.head{font-size:14px;font-weight:600}
text.small{font-size:11px;fill:var(--faint)}.note{font-weight:400;fill:var(--faint)}.page{fill:var(--page)}.box{fill:var(--box);stroke:var(--rim)}
.frame{fill:none;stroke:var(--rim);stroke-dasharray:4 3}.line{fill:none;stroke:var(--line)}.arrow{fill:var(--line)}
.ends{stroke-dasharray:3 2}.bold .line{stroke:var(--ink);stroke-width:2.5}.bold .arrow{fill:var(--ink)}
.box.bold{stroke:var(--ink);stroke-width:2}"""


def svg(subject: Drawing, picture: Picture) -> str:
    """Of a run each box has a second line of text, for which the picture must have room."""
    way = f"bold: the longest way, {lasting(subject.longest_way_s)}" if subject.longest_way else ""
    heading = "  ".join(filter(None, (subject.name, subject.words)))
    width = max(picture.width, 3 * _LEFT + len(heading + way) * _LARGE_CHARACTER)
    height = picture.height + _HEADING
    size = f'width="{width}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size}>',
            f"<title>{_text(subject.name)}</title>",
            f"<style>{_STYLE}\n{''.join(_colours(subject))}</style>",
            f'<rect class="page" {size}/>',
            f'<text class="head" x="{_LEFT}" y="22">{_text(heading)}',
            f'<tspan class="note" dx="{_LEFT}">{way}</tspan></text>',
            f'<g transform="translate(0 {_HEADING})">',
            *map(_frame, picture.frames),
            *_lines(subject, picture),
            *(part for box in picture.boxes for part in _box(subject, box)),
            "</g>",
            "</svg>",
        ]
    )


def _text(text: str) -> str:
    return escape(printable(text))


def _colours(subject: Drawing) -> Iterator[str]:
    states = {WAITING, *(each.state for each in (subject.by_task or {}).values())}
    states |= {item for each in (subject.by_task or {}).values() for item in each.items}
    for colour in sorted({state.colour for state in states}):
        yield f".{colour}{{fill:var(--{colour})}}"


def _frame(frame: Frame) -> str:
    place = f'x="{frame.x}" y="{frame.y}" width="{frame.width}" height="{frame.height}"'
    words = _text(one_line(frame.label, int(frame.width / _SMALL_CHARACTER) - 2))
    label = f'<text class="small" x="{frame.x + 10}" y="{frame.y + 15}">{words}</text>'
    return f'<rect class="frame" {place} rx="6"/>{label if frame.label else ""}'


def _lines(subject: Drawing, picture: Picture) -> Iterator[str]:
    bold = lines_of_longest_way(subject, picture)
    whole = [line for line in picture.lines if line.kind is LineKind.WHOLE]
    joints = {joint.key for joint in picture.joints}
    yield from _paths([line for line in whole if (line.source, line.target) not in bold], joints, "line")
    yield from _paths([line for line in picture.lines if line.kind is not LineKind.WHOLE], joints, "line ends")
    yield '<g class="bold">'
    yield from _paths([line for line in whole if (line.source, line.target) in bold], joints, "line")
    yield "</g>"
    yield from (f'<circle class="arrow" cx="{joint.x}" cy="{joint.y}" r="2.5"/>' for joint in picture.joints)


def _paths(lines: Sequence[Connector], joints: Collection[str], style: str) -> Iterator[str]:
    """Two paths for all of them: many paths are slow to draw."""
    if lines:
        yield f'<path class="{style}" d="{"".join(curve(piece) for line in lines for piece in line.pieces)}"/>'
        tips = sorted({line.pieces[-1][-1] for line in lines if line.target not in joints})
        yield f'<path class="arrow" d="{"".join(map(_arrow, tips))}"/>'


def curve(piece: Sequence[Point]) -> str:
    """The commands of a path through these points, level at each of them."""
    found = f"M{piece[0].x} {piece[0].y}"
    for before, after in pairwise(piece):
        half = (before.x + after.x) // 2
        level = before.y == after.y
        found += f"H{after.x}" if level else f"C{half} {before.y} {half} {after.y} {after.x} {after.y}"
    return found


def _arrow(tip: Point) -> str:
    return f"M{tip.x} {tip.y}l-{_ARROW} -{_ARROW // 2}v{_ARROW}z"


def _box(subject: Drawing, box: Box) -> Iterator[str]:
    found = caption(subject, box)
    label = subject.label(box)
    size = f'width="{box.width}" height="{box.height}" rx="4"'
    yield f"<g><title>{_tooltip(label, found, box)}</title>"
    if box.key in subject.fan_outs:
        yield f'<rect class="box" x="{box.x + _STACKED}" y="{box.y + _STACKED}" {size}/>'
    bold = " bold" if set(box.tasks) & set(subject.critical_path) else ""
    yield f'<rect class="box{bold}" x="{box.x}" y="{box.y}" {size}/>'
    x, y = box.x + PADDING + _STRIPE, box.y + PADDING + TEXT_LINE - 4
    sign = ""
    if found:
        colour = found.state.colour
        yield f'<rect class="{colour}" x="{box.x}" y="{box.y}" width="{_STRIPE}" height="{box.height}" rx="2"/>'
        sign = f'<tspan class="{colour}">{found.state.sign}</tspan> '
    yield f'<text x="{x}" y="{y}">{sign}{_text(one_line(label, LONGEST_LABEL))}</text>'
    if found:
        yield f'<text class="small" x="{x}" y="{y + TEXT_LINE}">{_text(one_line(found.words, _room(box)))}</text>'
    yield from mosaic(box, found.items if found else [WAITING] * box.cells, x)
    yield "</g>"


def _tooltip(label: str, found: Caption | None, box: Box) -> str:
    some = ", ".join(box.tasks[:_NAMED]) if box.folded else ""
    more = f" and {len(box.tasks) - _NAMED} more" if len(box.tasks) > _NAMED else ""
    group = f"group {box.group}" if box.group else ""
    return "\n".join(map(_text, filter(None, (label, found.words if found else "", group, some + more))))


def _room(box: Box) -> int:
    """For so many small characters there is room in it."""
    return int((box.width - 2 * PADDING - _STRIPE) / _SMALL_CHARACTER)
