"""The picture of a run's graph: boxes and lines with their places. The page draws them, and how the tasks stand."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from sluice.client import graphs
from sluice.client.errors import ClientError
from sluice.client.resources import RUNS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.explain.seen import RunSeen
from sluice.core.graph.layout.draw import lay_out
from sluice.core.graph.layout.picture import LineKind, Picture, Point
from sluice.core.graph.layout.task import Stage, Task
from sluice.page.visitor import Visitor

_TEXT_LINES = 2
"""The name, and how it stands."""
_STAGES = {"Running": Stage.ACTIVE, "Failed": Stage.ACTIVE, "Pending": Stage.WAITING}


async def graph(visitor: Visitor, name: str, opened: Collection[str]) -> Json:
    """Of a run. `opened` are the folded boxes that are to be shown as what is in them."""
    run = await visitor.client.get(RUNS, name)
    seen = RunSeen(run, 0.0, await graphs.graph_of_run(visitor.client, run))
    if seen.graph is None:
        raise ClientError("the run's graph is not frozen yet, or you may not read controllerrevisions; see its tasks")
    picture = await asyncio.to_thread(lay_out, list(_tasks(seen)), opened=opened, text_lines=_TEXT_LINES)
    return _written(picture)


def _tasks(seen: RunSeen) -> Iterator[Task]:
    for name, fields in seen.definitions.items():
        entry = seen.entries.get(name, {"phase": "Pending"})
        yield Task(
            name,
            seen.depends_on[name],
            group=foreign.string(fields.get("group")),
            final=fields.get("finally") is True,
            items=foreign.integer(foreign.mapping(entry.get("items")).get("total")) or 0,
            stage=_STAGES.get(entry["phase"], Stage.DONE),
        )


def _written(picture: Picture) -> Json:
    return {
        "width": picture.width,
        "height": picture.height,
        "boxes": [
            {
                "key": box.key,
                "label": box.label,
                "tasks": box.tasks,
                **_rectangle(box.x, box.y, box.width, box.height),
                "cellsPerRow": box.cells_per_row,
            }
            for box in picture.boxes
        ],
        "frames": [
            {"label": frame.label, **_rectangle(frame.x, frame.y, frame.width, frame.height)}
            for frame in picture.frames
        ],
        "joints": [{"x": joint.x, "y": joint.y} for joint in picture.joints],
        "paths": _paths(picture),
        "implied": picture.implied,
        "lines": [{"source": line.source, "target": line.target, "path": _path(line.pieces)} for line in picture.lines],
    }


def _rectangle(x: int, y: int, width: int, height: int) -> Json:
    return {"x": x, "y": y, "width": width, "height": height}


def _paths(picture: Picture) -> list[Json]:
    """The lines, as few paths of many lines each: a browser draws these faster."""
    layers = {box.key: box.layer for box in picture.boxes}
    together: defaultdict[tuple[bool, int], list[str]] = defaultdict(list)
    for line in picture.lines:
        whole = line.kind is LineKind.WHOLE
        together[whole, layers.get(line.source, -1)].append(_path(line.pieces))
    return [{"whole": whole, "path": " ".join(paths)} for (whole, _), paths in together.items()]


def _path(pieces: Iterable[Iterable[Point]]) -> str:
    """Of SVG: curves that are level at each point."""
    return " ".join(map(_curve, pieces))


def _curve(points: Iterable[Point]) -> str:
    (x, y), *others = points
    steps = [f"M{x} {y}"]
    for to in others:
        middle = (x + to.x) // 2
        steps.append(f"C{middle} {y} {middle} {to.y} {to.x} {to.y}")
        x, y = to
    return "".join(steps)
