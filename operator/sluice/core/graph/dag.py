"""The graph of a Workflow: which task depends on which. Tasks are numbered from 0, in the order of the manifest."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Graph:
    """`dependencies[i]` are the tasks that task i depends on, `dependents[i]` those that depend on it. No cycles."""

    dependencies: tuple[tuple[int, ...], ...]
    dependents: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, names: Sequence[str], depends_on: Sequence[Sequence[str]]) -> "Graph":
        """`depends_on[i]` are the names that task i depends on; one that is there twice counts once.

        Raises KeyError for a name that no task has.
        """
        number = {name: index for index, name in enumerate(names)}
        dependents: list[list[int]] = [[] for _ in names]
        dependencies = []
        for index, wanted in enumerate(depends_on):
            found = tuple(dict.fromkeys(number[name] for name in wanted))
            dependencies.append(found)
            for dependency in found:
                dependents[dependency].append(index)
        return cls(tuple(dependencies), tuple(map(tuple, dependents)))

    def unordered(self, some: Collection[int]) -> tuple[int, int] | None:
        """Two of these tasks of which neither depends on the other, directly or not. None if there are no such two."""
        before = [0] * len(self.dependencies)  # of each task, those of `some` that it depends on, as bits
        last: int | None = None
        for number in self.topological_order():
            for dependency in self.dependencies[number]:
                before[number] |= before[dependency] | (dependency in some) << dependency
            if number in some:
                if last is not None and not before[number] >> last & 1:
                    return last, number
                last = number
        return None

    def topological_order(self) -> list[int]:
        """All tasks, each after those that it depends on."""
        waiting = [len(dependencies) for dependencies in self.dependencies]
        ordered = [number for number, count in enumerate(waiting) if count == 0]
        for number in ordered:  # grows while it is read
            for dependent in self.dependents[number]:
                waiting[dependent] -= 1
                if waiting[dependent] == 0:
                    ordered.append(dependent)
        return ordered


def cycles(depends_on: dict[str, list[str]]) -> list[list[str]]:
    """One cycle, such as `[a, b, a]`, for each strongly connected component of several tasks.

    A task that depends on itself is not reported. `depends_on` must have every name as a key.
    """
    return [_cycle(depends_on, component) for component in components(depends_on) if len(component) > 1]


def _cycle(depends_on: dict[str, list[str]], component: set[str]) -> list[str]:
    """A shortest cycle through the component's first task, found breadth first."""
    start = next(name for name in depends_on if name in component)
    came_from: dict[str, str] = {}
    front = [start]
    for name in front:  # grows while it is read
        for following in depends_on[name]:
            if following == start and name != start:
                back = [start, name]
                while back[-1] != start:
                    back.append(came_from[back[-1]])
                return back[::-1]
            if following in component and following not in came_from and following != start:
                came_from[following] = name
                front.append(following)
    raise AssertionError(f"{start} is in no cycle of {component}")


def components(depends_on: Mapping[T, Sequence[T]]) -> list[set[T]]:
    """The strongly connected components, by Tarjan's algorithm. It is without recursion, as a chain may have 2,000
    tasks. `depends_on` must have every name as a key.

    https://en.wikipedia.org/wiki/Tarjan%27s_strongly_connected_components_algorithm
    """
    found: list[set[T]] = []
    order: dict[T, int] = {}
    lowest: dict[T, int] = {}
    stack: list[T] = []
    on_stack: set[T] = set()

    def enter(name: T) -> Iterator[T]:
        order[name] = lowest[name] = len(order)
        stack.append(name)
        on_stack.add(name)
        return iter(depends_on[name])

    for start in depends_on:
        path = [] if start in order else [(start, enter(start))]
        while path:
            name, branches = path[-1]
            following = next(branches, None)
            if following is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[name])
                if lowest[name] == order[name]:
                    place = stack.index(name)
                    found.append(set(stack[place:]))
                    on_stack.difference_update(stack[place:])
                    del stack[place:]
            elif following not in order:
                path.append((following, enter(following)))
            elif following in on_stack:
                lowest[name] = min(lowest[name], order[following])
    return found
