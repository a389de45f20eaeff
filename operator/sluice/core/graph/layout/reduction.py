"""Transitive reduction: an edge is not drawn if a path of other edges leads to the same box.

https://en.wikipedia.org/wiki/Transitive_reduction
"""

from collections.abc import Sequence

from sluice.core.graph.dag import Graph
from sluice.core.graph.layout.layers import Edge


def reduced(graph: Graph, layers: Sequence[int]) -> tuple[list[Edge], list[Edge]]:
    """The edges that are needed, and those that they imply. What can be reached from a box is kept as bits."""
    reached = [0] * len(layers)
    needed, implied = [], []
    for source in reversed(graph.topological_order()):
        bits = 0
        for target in sorted(graph.dependents[source], key=lambda number: (layers[number], number)):
            if bits >> target & 1:
                implied.append((source, target))
            else:
                needed.append((source, target))
                bits |= reached[target] | 1 << target
        reached[source] = bits
    return sorted(needed), sorted(implied)
