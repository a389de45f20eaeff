"""The picture of a run's graph, as `sluice graph` lays it out, with child runs in place where they are opened. The page
draws it, and how the tasks stand.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from sluice.cli.graph.drawing import Drawing
from sluice.cli.graph.read import of_run
from sluice.cli.graph.svg import curve
from sluice.client import graphs
from sluice.client.api import Client
from sluice.client.errors import ClientError, Forbidden, NotFound
from sluice.client.resources import RUNS, WORKFLOWS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.naming import graph_of
from sluice.core.explain.seen import RunSeen
from sluice.core.graph.layout.draw import lay_out
from sluice.core.graph.layout.picture import LineKind, Picture, Point
from sluice.core.graph.layout.within import within
from sluice.page.visitors import Visitor

MOST_CHILDREN = 32
_TEXT_LINES = 2
"""The name, and how it stands."""


async def graph(visitor: Visitor, name: str, opened: Collection[str], inside: Collection[str]) -> Json:
    """Of a run. `opened` are the folded boxes that are to be shown as what is in them, `inside` the tasks of which the
    child run is to be shown: `load`, or in that run `load/clean`.
    """
    seen = await _seen(visitor.client, name)
    if seen.graph is None:
        raise ClientError("the run's graph is not frozen yet, or you may not read controllerrevisions; see its tasks")
    subject = await _with_children(visitor.client, seen, sorted(inside)[:MOST_CHILDREN])
    picture = await asyncio.to_thread(lay_out, subject.tasks, opened=opened, text_lines=_TEXT_LINES)
    return _written(subject, picture)


async def _seen(client: Client, name: str) -> RunSeen:
    run = await client.get(RUNS, name)
    return RunSeen(run, 0.0, await graphs.graph_of_run(client, run))


async def _with_children(client: Client, seen: RunSeen, inside: Iterable[str]) -> Drawing:
    """A task that calls nothing, or what cannot be read, stays as it is. Each stands after the one that has it."""
    subject, runs = of_run(seen), {"": seen}
    for path in inside:
        above, _, task = path.rpartition("/")
        try:
            child = await _child(client, runs[above], task) if above in runs else None
        except (NotFound, Forbidden):
            continue
        if child is not None and child.graph is not None:
            runs[path], found = child, of_run(child)
            fan_outs = subject.fan_outs | {f"{path}/{each}" for each in found.fan_outs}
            subject = replace(subject, tasks=within(subject.tasks, path, found.tasks), fan_outs=fan_outs)
    return subject


async def _child(client: Client, parent: RunSeen, task: str) -> RunSeen | None:
    """The run that the task has called; as long as it may call one, what its Workflow is now."""
    entry, definition = parent.entries.get(task, {}), parent.definitions.get(task, {})
    if name := foreign.string(entry.get("run")):
        return await _seen(client, name)
    callee = foreign.string(foreign.mapping(definition.get("workflow")).get("name"))
    if not callee or "forEach" in definition or entry.get("phase", "Pending") != "Pending":
        return None
    return RunSeen({}, 0.0, graph_of((await client.get(WORKFLOWS, callee))["spec"]))


def _written(subject: Drawing, picture: Picture) -> Json:
    return {
        "width": picture.width,
        "height": picture.height,
        "boxes": [
            {
                "key": box.key,
                "label": subject.label(box),
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


def _path(pieces: Iterable[Sequence[Point]]) -> str:
    """Of SVG."""
    return "".join(map(curve, pieces))
