"""Critical paths: the time from a task's start to the end of the last task that depends on it, if no limit holds
anything up. It is estimated from the `duration` hints, 1 s where a task has none.
"""

from collections.abc import Sequence

from sluice.core.graph.dag import Graph


def critical_paths_s(graph: Graph, durations_s: Sequence[float]) -> list[float]:
    """Of each task, in seconds. Without recursion: a chain may have 2,000 tasks."""
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
