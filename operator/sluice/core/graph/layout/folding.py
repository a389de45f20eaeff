"""Folds tasks into fewer boxes, until there are few enough to be looked at.

The rules are tried in this order, each on the boxes that the rules before have left, until it fits:

1. the author's groups
2. tasks of one name stem with the same dependencies and dependents
3. straight chains of single tasks
4. tasks of one name stem in one layer
5. tasks whose names begin with the same two words, then with the same word
6. runs of layers, as short as possible: what is done in them and what waits, or else all that is in them

Folded boxes can form a cycle even though tasks do not. Edges that lead back in it are kept apart.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sluice.core.graph.dag import Graph, components
from sluice.core.graph.layout.layers import Edge, graph_of, layers_of
from sluice.core.graph.layout.names import prefix, stem
from sluice.core.graph.layout.task import LayoutTask, Stage


@dataclass(frozen=True, slots=True)
class Boxes:
    """Which tasks are in each box, and the graph of the boxes. It has no cycle, as `back` is not part of it."""

    tasks: tuple[tuple[LayoutTask, ...], ...]
    graph: Graph
    back: tuple[Edge, ...]
    layers: tuple[int, ...]

    @classmethod
    def of(cls, tasks: Sequence[tuple[LayoutTask, ...]], edges: Collection[Edge], ranks: Sequence[float]) -> "Boxes":
        """`ranks` say of two boxes on a cycle which one stands before the other."""
        graph, back = graph_of(len(tasks), sorted(edges)), set[Edge]()
        if len(graph.topological_order()) < len(tasks):
            back = set(_against(graph, ranks))
            graph = graph_of(len(tasks), sorted(set(edges) - back))
        return cls(tuple(tasks), graph, tuple(sorted(back)), tuple(layers_of(graph)))

    @classmethod
    def single(cls, tasks: Sequence[LayoutTask]) -> "Boxes":
        """One for each task."""
        number = {task.name: index for index, task in enumerate(tasks)}
        edges = {
            (number[dependency], index)
            for index, task in enumerate(tasks)
            for dependency in task.depends_on
            if dependency in number and dependency != task.name
        }
        return cls.of([(task,) for task in tasks], edges, range(len(tasks)))

    def edges(self) -> Iterator[Edge]:
        yield from ((source, target) for source, targets in enumerate(self.graph.dependents) for target in targets)
        yield from self.back

    def key(self, number: int) -> str:
        return key_of(self.tasks[number])


def key_of(tasks: Sequence[LayoutTask]) -> str:
    """The name of a box: that of its only task, or of its first one with the number of the others."""
    return tasks[0].name if len(tasks) == 1 else f"{tasks[0].name}+{len(tasks) - 1}"


def folded(tasks: Sequence[LayoutTask], most: int, opened: Collection[str]) -> Boxes:
    """At most `most` boxes, which must be 2 or more, and what is in the boxes of the keys `opened` beside them."""
    boxes = single = Boxes.single(tasks)
    for rule, of_all in _needed(single, most):
        boxes = _merged(boxes, rule, opened) if opened else of_all
    return boxes


_Class = Hashable
_Rule = Callable[[Boxes], Iterable[_Class | None]]
"""The class of each box, in their order; those of one class become one box. None is a class of its own."""


def _needed(boxes: Boxes, most: int) -> Iterator[tuple[_Rule, Boxes]]:
    """The rules until it fits, each with what it makes of the boxes if none of them is opened."""
    for rule in _RULES:
        if len(boxes.tasks) <= most:
            return
        boxes = _merged(boxes, rule)
        yield rule, boxes
    if len(boxes.tasks) > most:
        lengths = [2**power for power in range(len(boxes.tasks).bit_length() + 1)]
        runs = [_runs(length, quiet=quiet) for quiet in (True, False) for length in lengths]
        rule = next(rule for rule in runs if len(_classes(boxes, rule)) <= most)
        yield rule, _merged(boxes, rule)


def _groups(boxes: Boxes) -> Iterator[_Class | None]:
    for tasks in boxes.tasks:
        yield tasks[0].group or None


def _alike(boxes: Boxes) -> Iterator[_Class | None]:
    leads_back = {end for edge in boxes.back for end in edge}
    ends = zip(boxes.graph.dependencies, boxes.graph.dependents, strict=True)
    for number, (tasks, (before, after)) in enumerate(zip(boxes.tasks, ends, strict=True)):
        same = (stem(tasks[0].name), tuple(sorted(before)), tuple(sorted(after)))
        yield None if number in leads_back else same


def _chains(boxes: Boxes) -> Iterator[_Class | None]:
    """The class is the chain's first box."""
    graph, heads = boxes.graph, list(range(len(boxes.tasks)))
    for number in graph.topological_order():
        match graph.dependencies[number]:
            case (before,) if graph.dependents[before] == (number,):
                if len(boxes.tasks[number]) == len(boxes.tasks[before]) == 1:
                    heads[number] = heads[before]
    return iter(heads)


def _in_one_layer(boxes: Boxes) -> Iterator[_Class | None]:
    for layer, tasks in zip(boxes.layers, boxes.tasks, strict=True):
        yield layer, stem(tasks[0].name)


def _prefixes(parts: int) -> _Rule:
    return lambda boxes: (prefix(tasks[0].name, parts) for tasks in boxes.tasks)


_RULES = (_groups, _alike, _chains, _in_one_layer, _prefixes(2), _prefixes(1))


def _runs(length: int, *, quiet: bool) -> _Rule:
    """Of so many layers. If `quiet`, what is neither all done nor all waiting stays as it is."""

    def run_of(boxes: Boxes) -> Iterator[_Class | None]:
        for layer, tasks in zip(boxes.layers, boxes.tasks, strict=True):
            stages = {task.stage for task in tasks}
            if not quiet:
                yield layer // length
            elif len(stages) == 1 and Stage.ACTIVE not in stages:
                yield layer // length, stages.pop()
            else:
                yield None

    return run_of


def _classes(boxes: Boxes, rule: _Rule) -> list[list[int]]:
    """The boxes of each class."""
    classes: dict[Hashable, list[int]] = defaultdict(list)
    for number, its_class in enumerate(rule(boxes)):
        alone = its_class is None
        classes[alone, boxes.tasks[number][0].final, number if alone else its_class].append(number)
    return list(classes.values())


def _merged(boxes: Boxes, rule: _Rule, opened: Collection[str] = ()) -> Boxes:
    classes = _classes(boxes, rule)
    if len(classes) == len(boxes.tasks):
        return boxes
    merged: list[tuple[LayoutTask, ...]] = []
    ranks, where = [], [0] * len(boxes.tasks)
    for numbers in classes:
        together = tuple(task for number in numbers for task in boxes.tasks[number])
        for part in [[number] for number in numbers] if key_of(together) in opened else [numbers]:
            for number in part:
                where[number] = len(merged)
            merged.append(tuple(task for number in part for task in boxes.tasks[number]))
            ranks.append(sum(boxes.layers[number] for number in part) / len(part))
    edges = {(where[source], where[target]) for source, target in boxes.edges()}
    return Boxes.of(merged, {(source, target) for source, target in edges if source != target}, ranks)


def _against(graph: Graph, ranks: Sequence[float]) -> Iterator[Edge]:
    """The edges that lead back on a cycle, so that there is none without them."""
    depends_on = dict(enumerate(graph.dependencies))
    cycle = {number: index for index, cycle in enumerate(components(depends_on)) for number in cycle}
    for target, sources in depends_on.items():
        for source in sources:
            if cycle[source] == cycle[target] and (ranks[source], source) > (ranks[target], target):
                yield source, target
