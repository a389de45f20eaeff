"""Which boxes stand together in forms that have a frame for a group."""

from collections import defaultdict

from sluice.core.graph.layout.picture import Box, FrameKind, Picture


def groups_of(picture: Picture) -> list[tuple[str, list[Box]]]:
    """Boxes by group, in the order of their first tasks; `finally` tasks are one. What is in no frame has no name."""
    final = {key for frame in picture.frames for key in frame.boxes if frame.kind is FrameKind.FINALLY}
    found: dict[tuple[bool, str], list[Box]] = defaultdict(list)
    for box in picture.boxes:
        found[box.key in final, "" if box.key in final else box.group].append(box)
    return [
        ("finally" if is_final else group if len(boxes) > 1 else "", boxes)
        for (is_final, group), boxes in found.items()
    ]
