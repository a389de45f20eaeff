"""The tasks that no limit could make shorter: the chain of dependencies that takes longest, then that of `finally`
tasks, which come after all others.
"""

from collections.abc import Sequence

from sluice.core.graph.critical_path import critical_path
from sluice.core.spec.definition import Definition


def longest_way(definition: Definition, durations_s: Sequence[float]) -> tuple[list[int], float]:
    """(the tasks of it in their order, how long they take together). Tasks that take no time are left out."""
    ordinary = [0.0 if task.final else took_s for task, took_s in zip(definition.tasks, durations_s, strict=True)]
    at_the_end = [took_s - other_s for took_s, other_s in zip(durations_s, ordinary, strict=True)]
    way = _longest(definition, ordinary) + _longest(definition, at_the_end)
    return way, sum(durations_s[number] for number in way)


def _longest(definition: Definition, durations_s: Sequence[float]) -> list[int]:
    return [number for number in critical_path(definition.graph, durations_s) if durations_s[number]]
