"""The graph for Mermaid, as GitHub and GitLab draw it in Markdown: https://mermaid.js.org/syntax/flowchart.html

Mermaid makes a layout of its own. What is folded is as elsewhere, and more of it where it would be more than Mermaid
takes.
"""

from collections import defaultdict
from collections.abc import Iterator

from sluice.cli.graph.caption import caption
from sluice.cli.graph.colours import RIMS
from sluice.cli.graph.drawing import Drawing
from sluice.cli.graph.groups import groups_of
from sluice.cli.graph.way import edges_of_longest_way
from sluice.cli.printable import printable
from sluice.core.graph.layout.draw import MOST_BOXES, lay_out
from sluice.core.graph.layout.picture import Box, Picture

_MOST_EDGES, _MOST_TEXT = 500, 50_000
"""What Mermaid takes unless it is told otherwise (maxEdges, maxTextSize), which on GitHub nobody can."""
_MARKUP = {ord(char): f"#{ord(char)};" for char in "#&<>\"`'\\;$"}
"""What Mermaid would read as markup, as its own codes."""


def mermaid(subject: Drawing) -> str:
    most = MOST_BOXES
    text, edges = _written(subject, lay_out(subject.tasks, most))
    while (edges > _MOST_EDGES or len(text) > _MOST_TEXT) and most > 2:  # noqa: PLR2004  # boxes, the fewest there can be
        most = max(2, most // 2)
        text, edges = _written(subject, lay_out(subject.tasks, most))
    return text


def _written(subject: Drawing, picture: Picture) -> tuple[str, int]:
    """The text, and how many edges are in it."""
    lines = [f"%% {_text(subject.name)}", "flowchart LR", *_boxes(subject, picture)]
    names = _names(picture)
    lines += [f"  {names[source]} --> {names[target]}" for source, target in picture.edges]
    bold = edges_of_longest_way(subject, picture)
    numbers = [str(number) for number, edge in enumerate(picture.edges) if edge in bold]
    if numbers:
        lines.append(f"  linkStyle {','.join(numbers)} stroke-width:4px")
    return "\n".join([*lines, *_colours(subject, picture)]), len(picture.edges)


def _names(picture: Picture) -> dict[str, str]:
    return {box.key: f"t{number}" for number, box in enumerate(picture.boxes)}


def _boxes(subject: Drawing, picture: Picture) -> Iterator[str]:
    """With a subgraph for each group, and for the `finally` tasks."""
    names = _names(picture)
    for number, (group, boxes) in enumerate(groups_of(picture)):
        if group:
            yield f'  subgraph g{number}["{_text(group)}"]'
            yield "  direction LR"
        for box in boxes:
            yield f"  {names[box.key]}{_shape(subject, box)}"
        if group:
            yield "  end"


def _shape(subject: Drawing, box: Box) -> str:
    found = caption(subject, box)
    label = _text(subject.label(box))
    if found:
        label = f"{found.state.sign} {label}<br/>{_text(found.words)}"
    return f'[["{label}"]]' if box.folded or box.key in subject.fan_outs else f'["{label}"]'


def _colours(subject: Drawing, picture: Picture) -> Iterator[str]:
    of_colour: dict[str, list[str]] = defaultdict(list)
    names = _names(picture)
    for box in picture.boxes:
        if (found := caption(subject, box)) and found.state.colour in RIMS:  # all else is left to the theme
            of_colour[found.state.colour].append(names[box.key])
    for colour, members in of_colour.items():
        yield f"  classDef {colour} stroke:{RIMS[colour]},stroke-width:2px"
        yield f"  class {','.join(members)} {colour}"


def _text(text: str) -> str:
    return printable(text).translate(_MARKUP)
