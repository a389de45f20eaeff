"""In which order tasks are shown: a tree where the graph is one, else by steps, each waiting only for earlier ones.

A tree tells at a glance who waits for whom, but a task with two dependencies has no place in it, and a long chain runs
off the screen.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sluice.core import Json
from sluice.core.graph.dag import Graph
from sluice.core.graph.references import dependencies

_DEEPEST_TREE = 6


@dataclass(frozen=True, slots=True)
class Place:
    """A task's line. `prefix` are the branches of the tree, or the number of the step on the first line of each."""

    number: int
    prefix: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The tasks of a run in the order of the manifest, and where they are shown."""

    names: tuple[str, ...]
    graph: Graph
    places: tuple[Place, ...]

    @classmethod
    def of(cls, graph: Json) -> "Plan":
        """From the data of a ControllerRevision."""
        tasks = graph["tasks"]
        return cls.arrange([task["name"] for task in tasks], dependencies(tasks))

    @classmethod
    def of_names(cls, names: Iterable[str]) -> "Plan":
        """As long as the graph is not known."""
        known = sorted(names)
        return cls.arrange(known, [()] * len(known))

    @classmethod
    def arrange(cls, names: Sequence[str], depends_on: Sequence[Sequence[str]]) -> "Plan":
        graph = Graph.of(names, depends_on)
        steps = _steps(graph)
        deepest = max(steps, default=0)
        if deepest == 0:
            places = [Place(number, "") for number in range(len(names))]
        elif deepest < _DEEPEST_TREE and all(len(dependencies) <= 1 for dependencies in graph.dependencies):
            places = list(_tree(graph))
        else:
            places = list(_step_by_step(steps))
        return cls(tuple(names), graph, tuple(places))


def _steps(graph: Graph) -> list[int]:
    """For each task, the length of the longest chain of dependencies before it."""
    steps = [0] * len(graph.dependencies)
    waits_for = [len(dependencies) for dependencies in graph.dependencies]
    free = [number for number, count in enumerate(waits_for) if count == 0]
    while free:
        number = free.pop()
        for dependent in graph.dependents[number]:
            steps[dependent] = max(steps[dependent], steps[number] + 1)
            waits_for[dependent] -= 1
            if waits_for[dependent] == 0:
                free.append(dependent)
    return steps


def _step_by_step(steps: Sequence[int]) -> Iterator[Place]:
    width = len(str(max(steps) + 1))
    last = None
    for step, number in sorted((step, number) for number, step in enumerate(steps)):
        yield Place(number, f"{'' if step == last else step + 1:>{width}} ")
        last = step


def _tree(graph: Graph) -> Iterator[Place]:
    roots = [number for number, dependencies in enumerate(graph.dependencies) if not dependencies]
    coming = [(root, "", "") for root in reversed(roots)]
    while coming:
        number, branch, trunk = coming.pop()
        yield Place(number, branch)
        children = graph.dependents[number]
        for child in reversed(children):
            last = child == children[-1]
            coming.append((child, trunk + ("└─ " if last else "├─ "), trunk + ("   " if last else "│  ")))
