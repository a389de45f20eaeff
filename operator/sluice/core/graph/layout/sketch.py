"""What is drawn, before it has its place."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sluice.core.graph.dag import Graph
from sluice.core.graph.layout.layers import Edge, graph_of


@dataclass(frozen=True, slots=True)
class Spot:
    """Something that takes a place in its layer: a box, a grid of boxes, a joint or a bend of lines."""

    layer: int
    width: int = 0
    height: int = 0
    boxes: tuple[int, ...] = ()
    """The numbers of the boxes in it: one, several in a grid, and none in joints and bends."""
    columns: int = 1
    """Of a grid."""
    group: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """Spots by number, and the lines between them, each from a lower layer to a higher one."""

    spots: tuple[Spot, ...]
    edges: tuple[Edge, ...]

    def graph(self) -> Graph:
        return graph_of(len(self.spots), self.edges)

    def parts(self) -> list[list[int]]:
        """The spots of each connected part; `finally` tasks are parts of their own. By their first spots."""
        graph, seen, found = self.graph(), set[int](), []
        for start, spot in enumerate(self.spots):
            if start in seen:
                continue
            seen.add(start)
            part = [start]
            for number in part:  # grows while it is read
                for other in (*graph.dependencies[number], *graph.dependents[number]):
                    if other not in seen and self.spots[other].final == spot.final:
                        seen.add(other)
                        part.append(other)
            found.append(sorted(part))
        return found

    def part(self, numbers: Iterable[int]) -> "Sketch":
        """Some of the spots, numbered anew in this order; layers without any are left out."""
        chosen = list(numbers)
        where = {number: index for index, number in enumerate(chosen)}
        levels = {layer: index for index, layer in enumerate(sorted({self.spots[number].layer for number in chosen}))}
        spots = [replace(self.spots[number], layer=levels[self.spots[number].layer]) for number in chosen]
        edges = [(where[a], where[b]) for a, b in self.edges if a in where and b in where]
        return Sketch(tuple(spots), tuple(edges))
