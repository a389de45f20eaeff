"""The order of the spots in each layer, so that few lines cross.

The first order is depth first, which draws chains and trees without a crossing. Then each spot is moved to the mean of
its neighbours, layer by layer to and fro, and the best order that came up is kept. At last two that stand side by side
change places wherever that saves crossings. The spots of one group stay together.

K. Sugiyama, S. Tagawa, M. Toda: Methods for visual understanding of hierarchical system structures. IEEE Transactions
on Systems, Man, and Cybernetics 11(2), 1981.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from sluice.core.graph.dag import Graph
from sluice.core.graph.layout.sketch import Sketch

Layers = list[list[int]]
_SWEEPS = 8
_SWITCHES = 10
_STALE = 4  # sweeps that change nothing for the better, before we give up


def ordered(sketch: Sketch) -> Layers:
    """The spots of each layer from top to bottom. Every line must lead to the next layer."""
    graph = sketch.graph()
    layers = _depth_first(sketch, graph)
    best, fewest = layers, crossings(layers, graph)
    stale = 0
    for sweep in range(_SWEEPS):
        if fewest == 0 or stale == _STALE:
            break
        layers = _swept(sketch, graph, layers, forward=sweep % 2 == 0)
        count = crossings(layers, graph)
        stale = 0 if count < fewest else stale + 1
        if count < fewest:
            best, fewest = layers, count
    return _switched(sketch, graph, best) if fewest else best


def crossings(layers: Layers, graph: Graph) -> int:
    """How many pairs of lines cross, counted in the time of sorting them.

    W. Barth, M. Jünger, P. Mutzel: Simple and efficient bilayer cross counting. Graph Drawing 2002.
    """
    place = {number: index for layer in layers for index, number in enumerate(layer)}
    total = 0
    for layer, after in pairwise(layers):
        ends = (end for number in layer for end in sorted(place[target] for target in graph.dependents[number]))
        total += _inversions(ends, len(after))
    return total


def _inversions(values: Iterable[int], size: int) -> int:
    """Pairs of which the greater comes first. Values are below `size`. By a Fenwick tree."""
    tree, total = [0] * (size + 1), 0
    for seen, value in enumerate(values):
        total += seen
        index = value + 1
        while index:
            total -= tree[index]
            index &= index - 1
        index = value + 1
        while index <= size:
            tree[index] += 1
            index += index & -index
    return total


def _depth_first(sketch: Sketch, graph: Graph) -> Layers:
    layers: Layers = [[] for _ in range(1 + max(spot.layer for spot in sketch.spots))]
    seen: set[int] = set()
    for start in sorted(range(len(sketch.spots)), key=lambda number: (sketch.spots[number].layer, number)):
        stack = [start]
        while stack:
            number = stack.pop()
            if number not in seen:
                seen.add(number)
                layers[sketch.spots[number].layer].append(number)
                stack += reversed(graph.dependents[number])
    wanted = [float(index) for index in range(len(sketch.spots))]
    for layer in layers:
        for index, number in enumerate(layer):
            wanted[number] = index
    return [_grouped(sketch, layer, wanted) for layer in layers]


def _swept(sketch: Sketch, graph: Graph, layers: Layers, *, forward: bool) -> Layers:
    swept = [list(layer) for layer in layers]
    place = [0.0] * len(sketch.spots)
    for layer in layers:
        for index, number in enumerate(layer):
            place[number] = index
    near = graph.dependencies if forward else graph.dependents
    for index in range(len(layers)) if forward else reversed(range(len(layers))):
        for number in swept[index]:
            if neighbours := near[number]:
                place[number] = sum(place[other] for other in neighbours) / len(neighbours)
        swept[index] = _grouped(sketch, swept[index], place)
        for position, number in enumerate(swept[index]):
            place[number] = position
    return swept


def _switched(sketch: Sketch, graph: Graph, layers: Layers) -> Layers:
    switched = [list(layer) for layer in layers]
    place = {number: index for layer in switched for index, number in enumerate(layer)}

    def crossing(above: int, below: int) -> int:
        return sum(
            place[one] > place[other]
            for near in (graph.dependencies, graph.dependents)
            for one in near[above]
            for other in near[below]
        )

    for _ in range(_SWITCHES):
        changed = False
        for layer in switched:
            for index in range(len(layer) - 1):
                above, below = layer[index : index + 2]
                together = sketch.spots[above].group == sketch.spots[below].group
                if together and crossing(above, below) > crossing(below, above):
                    layer[index : index + 2] = below, above
                    place[below], place[above] = index, index + 1
                    changed = True
        if not changed:
            break
    return switched


def _grouped(sketch: Sketch, layer: Sequence[int], wanted: Sequence[float]) -> list[int]:
    """Sorted by where each wants to be, with the members of each group side by side."""
    members: dict[str | int, list[int]] = {}
    for number in layer:
        members.setdefault(sketch.spots[number].group or number, []).append(number)
    blocks = [sorted(block, key=lambda number: wanted[number]) for block in members.values()]
    blocks.sort(key=lambda block: sum(wanted[number] for number in block) / len(block))
    return [number for block in blocks for number in block]
