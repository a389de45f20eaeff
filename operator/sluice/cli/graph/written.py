"""The graph as JSON, for programs. Fields are added, and never renamed or dropped.

- workflow, run: names; `run` is null for a Workflow
- state, progress, tookSeconds: of the run; null for a Workflow
- longestWay: names of tasks; empty where no duration is known
- tasks[], in the order of the Workflow: name, dependsOn, group, finally, forEach, expectedSeconds; those of a run have
  also state, progress and tookSeconds
- layout: the picture, in pixels from the upper left corner: width, height
- layout.boxes[]: key, label, tasks, layer, group, x, y, width, height
- layout.frames[]: key, kind (grid, group or finally), label, boxes, x, y, width, height; lines end at a grid
- layout.joints[]: key, x, y: where lines meet
- layout.lines[]: source, target (keys), kind (whole, back or ends), pieces: points [x, y]
- layout.edges[], layout.implied[]: pairs of the keys of boxes; an implied one has no line, as a path of others says the
  same
"""

from typing import Any

from sluice.cli.graph.drawing import Drawing
from sluice.cli.printable import json_text
from sluice.core.graph.layout.picture import Box, Frame, Picture
from sluice.core.graph.layout.task import LayoutTask


def as_json(subject: Drawing, picture: Picture) -> str:
    found = {
        "workflow": subject.workflow,
        "run": subject.run or None,
        "state": subject.state.word if subject.state else None,
        "progress": subject.progress or None,
        "tookSeconds": subject.took_s,
        "longestWay": subject.longest_way,
        "tasks": [_task(subject, task) for task in subject.tasks],
        "layout": picture_as_json(picture),
    }
    return json_text(found)


def _task(subject: Drawing, task: LayoutTask) -> dict[str, Any]:
    found = {
        "name": task.name,
        "dependsOn": task.depends_on,
        "group": task.group or None,
        "finally": task.final,
        "forEach": task.name in subject.fan_outs,
        "expectedSeconds": subject.expected_s.get(task.name),
    }
    if subject.by_task is None:
        return found
    of_task = subject.by_task[task.name]
    return found | {
        "state": of_task.state.word,
        "progress": of_task.progress or None,
        "tookSeconds": of_task.took_s,
    }


def picture_as_json(picture: Picture) -> dict[str, Any]:
    """As in the field `layout`."""
    return {
        "width": picture.width,
        "height": picture.height,
        "boxes": [
            {"key": box.key, "label": box.label, "tasks": box.tasks, "layer": box.layer, "group": box.group or None}
            | _place(box)
            for box in picture.boxes
        ],
        "frames": [
            {"key": frame.key, "kind": frame.kind.value, "label": frame.label or None, "boxes": frame.boxes}
            | _place(frame)
            for frame in picture.frames
        ],
        "joints": [{"key": joint.key, "x": joint.x, "y": joint.y} for joint in picture.joints],
        "lines": [
            {"source": line.source, "target": line.target, "kind": line.kind.value, "pieces": line.pieces}
            for line in picture.lines
        ],
        "edges": picture.edges,
        "implied": picture.implied,
    }


def _place(box: Box | Frame) -> dict[str, int]:
    return {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
