"""The tasks that no limit could make shorter: the chain of dependencies that takes longest, then that of `finally`
tasks, which come after all others.
"""

from collections.abc import Sequence

from sluice.core.graph.critical_path import critical_paths_s
from sluice.core.spec.definition import Definition


def longest_way(definition: Definition, durations_s: Sequence[float]) -> tuple[list[int], float]:
    """(the tasks of it in their order, how long they take together). Tasks that take no time are left out."""
    ordinary = [0.0 if task.final else took_s for task, took_s in zip(definition.tasks, durations_s, strict=True)]
    at_the_end = [took_s - other_s for took_s, other_s in zip(durations_s, ordinary, strict=True)]
    (first, first_s), (last, last_s) = (_longest(definition, each) for each in (ordinary, at_the_end))
    return first + last, first_s + last_s


def _longest(definition: Definition, durations_s: Sequence[float]) -> tuple[list[int], float]:
    graph, paths_s = definition.graph, critical_paths_s(definition.graph, durations_s)
    way = [max(range(len(paths_s)), key=paths_s.__getitem__)]
    while graph.dependents[way[-1]]:
        way.append(max(graph.dependents[way[-1]], key=paths_s.__getitem__))
    return [number for number in way if durations_s[number]], paths_s[way[0]]
