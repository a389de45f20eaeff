"""The graph of a Workflow: which task waits for which. Tasks are numbered in the order of the manifest."""

from collections.abc import Sequence
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


def cycles(depends_on: dict[str, list[str]]) -> list[list[str]]:
    """One cycle for each knot of tasks that wait for each other, as `[a, b, a]`; a task that waits for itself is not one.

    Depth first without recursion, since a chain may have 2,000 tasks. Each task and edge is looked at once.
    """
    found = []
    done: set[str] = set()
    for start in depends_on:
        if start in done:
            continue
        path: list[str] = [start]
        on_path = {start: 0}
        branches = [iter(depends_on[start])]
        while branches:
            following = next(branches[-1], None)
            if following is None:
                branches.pop()
                last = path.pop()
                del on_path[last]
                done.add(last)
            elif following in on_path:
                if following != path[-1]:
                    found.append([*path[on_path[following] :], following])
            elif following not in done:
                on_path[following] = len(path)
                path.append(following)
                branches.append(iter(depends_on[following]))
    return found
