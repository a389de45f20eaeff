"""The layer of each box: one more than that of the last box that it depends on.

A box that depends on nothing stands right before the first that depends on it, so that its lines are short.
"""

from collections.abc import Iterable

from sluice.core.graph.dag import Graph

Edge = tuple[int, int]
"""(dependency, dependent), by number."""


def graph_of(count: int, edges: Iterable[Edge]) -> Graph:
    """The graph of the numbers from 0 to `count` - 1."""
    dependencies: list[list[int]] = [[] for _ in range(count)]
    dependents: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        dependencies[target].append(source)
        dependents[source].append(target)
    return Graph(tuple(map(tuple, dependencies)), tuple(map(tuple, dependents)))


def layers_of(graph: Graph) -> list[int]:
    """From 0. The graph must have no cycle."""
    layers = [0] * len(graph.dependencies)
    for number in graph.topological_order():
        for dependent in graph.dependents[number]:
            layers[dependent] = max(layers[dependent], layers[number] + 1)
    for number, dependents in enumerate(graph.dependents):
        if dependents and not graph.dependencies[number]:
            layers[number] = min(layers[dependent] for dependent in dependents) - 1
    return layers
