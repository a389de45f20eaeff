"""The graph for Graphviz, which makes a layout of its own: `sluice graph etl -o dot | dot -Tpdf`.

https://graphviz.org/doc/info/lang.html
"""

from collections.abc import Iterator

from sluice.cli.graph.caption import caption
from sluice.cli.graph.colours import RIMS
from sluice.cli.graph.drawing import Drawing
from sluice.cli.graph.groups import groups_of
from sluice.cli.graph.way import edges_of_longest_way
from sluice.cli.printable import printable
from sluice.core.graph.layout.picture import Box, Picture

_GREY = "#818b98"


def dot(subject: Drawing, picture: Picture) -> str:
    bold = edges_of_longest_way(subject, picture)
    lines = [
        f"digraph {_quoted(subject.name)} {{",
        f"  label={_quoted('  '.join(filter(None, (subject.name, subject.words))))}; labelloc=t; rankdir=LR;",
        '  node [shape=box, style=rounded, fontname="sans-serif"];',
        *_boxes(subject, picture),
    ]
    for source, target in picture.edges:
        style = " [penwidth=3]" if (source, target) in bold else ""
        lines.append(f"  {_quoted(source)} -> {_quoted(target)}{style};")
    return "\n".join([*lines, "}"])


def _boxes(subject: Drawing, picture: Picture) -> Iterator[str]:
    """With a cluster for each group, and for the `finally` tasks."""
    for number, (group, boxes) in enumerate(groups_of(picture)):
        if group:
            yield f"  subgraph cluster_{number} {{ label={_quoted(group)}; labelloc=t; style=dashed;"
        for box in boxes:
            yield f"  {_quoted(box.key)} [{_attributes(subject, box)}];"
        if group:
            yield "  }"


def _attributes(subject: Drawing, box: Box) -> str:
    found = caption(subject, box)
    label = subject.label(box)
    several = ", peripheries=2" if box.folded or box.key in subject.fan_outs else ""
    if found is None:
        return f"label={_quoted(label)}{several}"
    colour = RIMS.get(found.state.colour, _GREY)
    return f'label={_quoted(f"{found.state.sign} {label}", found.words)}, color="{colour}"{several}'


def _quoted(*lines: str) -> str:
    r"""Lines of a label are parted by \n, so backslashes in them are doubled."""
    text = r"\n".join(printable(line).replace("\\", r"\\").replace('"', r"\"") for line in lines)
    return f'"{text}"'
