"""The graph of a Workflow: which task waits for which. Tasks are numbered in the order of the manifest."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Graph:
    """`dependencies[i]` are the tasks that task i waits for, `dependents[i]` those that wait for it."""

    dependencies: tuple[tuple[int, ...], ...]
    dependents: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, names: Sequence[str], depends_on: Sequence[Sequence[str]]) -> "Graph":
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
        """Two of some tasks of which neither waits for the other, not even through others."""
        before = [0] * len(self.dependencies)  # of each task, those of `some` that it waits for, as bits
        last: int | None = None
        for number in self.order():
            for dependency in self.dependencies[number]:
                before[number] |= before[dependency] | (dependency in some) << dependency
            if number in some:
                if last is not None and not before[number] >> last & 1:
                    return last, number
                last = number
        return None

    def order(self) -> list[int]:
        """All tasks, each after those that it waits for."""
        waiting = [len(dependencies) for dependencies in self.dependencies]
        ordered = [number for number, count in enumerate(waiting) if count == 0]
        for number in ordered:  # grows while it is read
            for dependent in self.dependents[number]:
                waiting[dependent] -= 1
                if waiting[dependent] == 0:
                    ordered.append(dependent)
        return ordered


def cycles(depends_on: dict[str, list[str]]) -> list[list[str]]:
    """One cycle for each knot of tasks that all wait for each other, as `[a, b, a]`. A task that waits for itself is
    none.
    """
    return [_cycle(depends_on, knot) for knot in _knots(depends_on) if len(knot) > 1]


def _cycle(depends_on: dict[str, list[str]], knot: set[str]) -> list[str]:
    """A shortest cycle through the knot's first task, breadth first."""
    start = next(name for name in depends_on if name in knot)
    came_from: dict[str, str] = {}
    front = [start]
    for name in front:  # grows while it is read
        for following in depends_on[name]:
            if following == start and name != start:
                back = [start, name]
                while back[-1] != start:
                    back.append(came_from[back[-1]])
                return back[::-1]
            if following in knot and following not in came_from and following != start:
                came_from[following] = name
                front.append(following)
    raise AssertionError(f"{start} is in no cycle of {knot}")


def _knots(depends_on: dict[str, list[str]]) -> list[set[str]]:
    """The strongly connected components, by Tarjan's algorithm without recursion, since a chain may have 2,000
    tasks.
    """
    knots: list[set[str]] = []
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()

    def enter(name: str) -> Iterator[str]:
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
                    knots.append(set(stack[place:]))
                    on_stack.difference_update(stack[place:])
                    del stack[place:]
            elif following not in order:
                path.append((following, enter(following)))
            elif following in on_stack:
                lowest[name] = min(lowest[name], order[following])
    return knots
