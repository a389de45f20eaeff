"""Critical paths: how long it takes from a task's start to the end of the last task that depends on it.

It is an estimate from the tasks' `expectedDuration` (1 s for a task without one), as if no limit held anything up.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from sluice.core.graph.dag import Graph


def critical_paths_s(graph: Graph, durations_s: Sequence[float]) -> list[float]:
    """The critical path of each task, in seconds, given how long each takes by itself. The graph must have no cycle.

    There is no recursion, as a chain may have 2,000 tasks.
    """
    paths_s = list(durations_s)
    still_open = [len(dependents) for dependents in graph.dependents]
    known = [number for number, dependents in enumerate(graph.dependents) if not dependents]
    for number in known:  # grows while it is read
        for dependency in graph.dependencies[number]:
            paths_s[dependency] = max(paths_s[dependency], durations_s[dependency] + paths_s[number])
            still_open[dependency] -= 1
            if not still_open[dependency]:
                known.append(dependency)
    return paths_s


def critical_path(graph: Graph, durations_s: Sequence[float]) -> list[int]:
    """The tasks of the longest path, from the first to the last. Empty if there is no task."""
    paths_s = critical_paths_s(graph, durations_s)
    roots = [number for number, dependencies in enumerate(graph.dependencies) if not dependencies]
    found: list[int] = []
    following: Sequence[int] = roots
    while following:
        found.append(max(following, key=lambda number: (paths_s[number], -number)))
        following = graph.dependents[found[-1]]
    return found


def longest_way(
    depends_on: Mapping[str, Sequence[str]], lasts_s: Callable[[str], float], finals: Collection[str] = ()
) -> tuple[str, ...]:
    """The names of the tasks of the longest path, and then of that of the `finals`, which come after all others. Empty
    where no duration is known, and in a graph with a cycle, whose Workflow the operator has refused.
    """
    ordinary = {name: before for name, before in depends_on.items() if name not in finals}
    at_the_end = {name: before for name, before in depends_on.items() if name in finals}
    return _longest(ordinary, lasts_s) + _longest(at_the_end, lasts_s)


def _longest(depends_on: Mapping[str, Sequence[str]], lasts_s: Callable[[str], float]) -> tuple[str, ...]:
    names = list(depends_on)
    durations_s = list(map(lasts_s, names))
    if not any(durations_s):
        return ()
    graph = Graph.of(names, [[each for each in before if each in depends_on] for before in depends_on.values()])
    if len(graph.topological_order()) < len(names):
        return ()
    return tuple(names[number] for number in critical_path(graph, durations_s))
