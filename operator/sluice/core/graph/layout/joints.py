"""Several boxes that depend on the same boxes: their lines meet in a joint, so that 50 are drawn instead of 600."""

from collections import defaultdict
from dataclasses import replace

from sluice.core.graph.layout.sketch import Sketch, Spot


def joined(sketch: Sketch) -> Sketch:
    """With joints, each in a layer of its own right after that of the last of the dependencies."""
    spots = [replace(spot, layer=2 * spot.layer) for spot in sketch.spots]
    edges = set(sketch.edges)
    alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, dependencies in enumerate(sketch.graph().dependencies):
        alike[tuple(sorted(dependencies))].append(number)
    for sources, targets in alike.items():
        if len(sources) * len(targets) > len(sources) + len(targets):
            joint = len(spots)
            spots.append(Spot(1 + max(spots[source].layer for source in sources)))
            edges -= {(source, target) for source in sources for target in targets}
            edges |= {(source, joint) for source in sources} | {(joint, target) for target in targets}
    return Sketch(tuple(spots), tuple(sorted(edges)))
