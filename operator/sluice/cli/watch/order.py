"""Where tasks appear on the screen: as a tree if the graph is one, else by steps, each depending on earlier ones only.

A tree shows dependencies at a glance, but cannot hold a task with two of them, and a long chain would run off the
screen.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sluice.core import Json
from sluice.core.graph.dag import Graph
from sluice.core.graph.references import dependencies

_DEEPEST_TREE = 6


@dataclass(frozen=True, slots=True)
class TreePlace:
    """A task's line. `prefix` is the branches of the tree, or the step's number on the first line of each step."""

    number: int
    prefix: str


@dataclass(frozen=True, slots=True)
class TaskOrder:
    """A run's tasks in manifest order, and where each is shown."""

    names: tuple[str, ...]
    graph: Graph
    places: tuple[TreePlace, ...]

    @classmethod
    def of(cls, graph: Json) -> "TaskOrder":
        """From the data of a ControllerRevision."""
        tasks = graph["tasks"]
        return cls.arrange([task["name"] for task in tasks], dependencies(tasks))

    @classmethod
    def of_names(cls, names: Iterable[str]) -> "TaskOrder":
        """By name, for a run whose graph is not known."""
        ordered = sorted(names)
        return cls.arrange(ordered, [()] * len(ordered))

    @classmethod
    def arrange(cls, names: Sequence[str], depends_on: Sequence[Sequence[str]]) -> "TaskOrder":
        graph = Graph.of(names, depends_on)
        steps = _steps(graph)
        deepest = max(steps, default=0)
        if deepest == 0:
            places = [TreePlace(number, "") for number in range(len(names))]
        elif deepest < _DEEPEST_TREE and all(len(dependencies) <= 1 for dependencies in graph.dependencies):
            places = list(_tree(graph))
        else:
            places = list(_step_by_step(steps))
        return cls(tuple(names), graph, tuple(places))


def _steps(graph: Graph) -> list[int]:
    """For each task, the length of the longest chain of dependencies before it."""
    steps = [0] * len(graph.dependencies)
    open_dependencies = [len(dependencies) for dependencies in graph.dependencies]
    ready = [number for number, count in enumerate(open_dependencies) if count == 0]
    while ready:
        number = ready.pop()
        for dependent in graph.dependents[number]:
            steps[dependent] = max(steps[dependent], steps[number] + 1)
            open_dependencies[dependent] -= 1
            if open_dependencies[dependent] == 0:
                ready.append(dependent)
    return steps


def _step_by_step(steps: Sequence[int]) -> Iterator[TreePlace]:
    width = len(str(max(steps) + 1))
    last = None
    for step, number in sorted((step, number) for number, step in enumerate(steps)):
        yield TreePlace(number, f"{'' if step == last else step + 1:>{width}} ")
        last = step


def _tree(graph: Graph) -> Iterator[TreePlace]:
    roots = [number for number, dependencies in enumerate(graph.dependencies) if not dependencies]
    stack = [(root, "", "") for root in reversed(roots)]
    while stack:
        number, branch, trunk = stack.pop()
        yield TreePlace(number, branch)
        children = graph.dependents[number]
        for child in reversed(children):
            last = child == children[-1]
            stack.append((child, trunk + ("└─ " if last else "├─ "), trunk + ("   " if last else "│  ")))
