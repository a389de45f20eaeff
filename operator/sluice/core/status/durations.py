"""How long each task takes, and from what that is known: a file of durations, the kept runs, `expectedDuration`, in
this order. Of a fan-out it is the time of one item.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.times import instant
from sluice.core.spec.definition import Definition
from sluice.core.spec.task import TaskDefinition

BY_FILE, BY_RUNS, BY_HINT, GUESSED = "the durations file", "kept runs", "expectedDuration", "a guess"


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds. `source` is one of the words above; '' of a task that needs none."""

    low_s: float
    typical_s: float
    high_s: float
    source: str = ""
    runs: int = 0
    """Of `BY_RUNS`, how many runs say so."""
    of_one: bool = True
    """Is it the time of one attempt? Else it is that of several, or what a whole fan-out tells of its items."""

    @classmethod
    def exactly(cls, seconds: float, source: str = "", *, of_one: bool = True) -> "Took":
        return cls(seconds, seconds, seconds, source, of_one=of_one)


@dataclass(frozen=True, slots=True)
class KeptRun:
    """An earlier run of the Workflow: its name, and the entries of `status.tasks`."""

    name: str
    tasks: Json
    of_pods_s: Mapping[str, float] = field(default_factory=dict)
    """By task how long one pod took, where the pods are still there."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What is known of the times. `given_s` are those of the file, by task; `width` is how many pods go at a time."""

    given_s: Mapping[str, float] = field(default_factory=dict)
    kept: Sequence[KeptRun] = ()
    width: int | None = None
    pools: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Durations:
    """In the order of the tasks. Where nothing at all is known, all take equally long."""

    took: tuple[Took, ...]


def durations(definition: Definition, sources: Sources, simulated: Collection[str] = ()) -> Durations:
    """`simulated` are the tasks whose time follows from the Workflows that they run. A task of which nothing is known
    takes as long as the median of the others, and no longer than it may.
    """
    found = [took(task, sources, simulated) for task in definition.tasks]
    known = [each.typical_s for each in found if each is not None and each.source]
    middle_s = median(known) if known else 1.0
    guessed = (each or _guess(task, middle_s) for task, each in zip(definition.tasks, found, strict=True))
    return Durations(tuple(guessed))


def _guess(task: TaskDefinition, middle_s: float) -> Took:
    limits = [limit_s / 2 for limit_s in (task.timeout_s, task.deadline_s) if limit_s is not None]
    return Took.exactly(min([middle_s, *limits]), GUESSED)


def took(task: TaskDefinition, sources: Sources, simulated: Collection[str] = ()) -> Took | None:
    """None if nothing says it."""
    if task.approval is not None or task.wait is not None or task.join or task.name in simulated:
        return Took.exactly(0)
    if task.name in sources.given_s:
        return Took.exactly(sources.given_s[task.name], BY_FILE, of_one=task.poll is None)
    found = [each for run in sources.kept if (each := _seen(task, run, sources)) is not None]
    if found:
        seen = [took_s for took_s, _ in found]
        return Took(min(seen), median(seen), max(seen), BY_RUNS, len(seen), all(of_one for _, of_one in found))
    if "expectedDuration" in task.own:
        return Took.exactly(task.duration_s, BY_HINT, of_one=task.poll is None)
    return None


def _seen(task: TaskDefinition, run: KeptRun, sources: Sources) -> tuple[float, bool] | None:
    """Seconds, and whether they are those of one attempt. Of a fan-out the status says how long all items took: they
    went in waves, as wide as the limits let them. Of a task that was tried again it says how long the last attempt
    took, and those before count as long.
    """
    if task.name in run.of_pods_s:
        return run.of_pods_s[task.name], True
    entry = foreign.mapping(run.tasks.get(task.name))
    started_at, finished_at = instant(entry.get("startedAt")), instant(entry.get("finishedAt"))
    if entry.get("phase") != "Succeeded" or started_at is None or finished_at is None:
        return None
    lasted_s = max(0.0, finished_at - started_at)
    total = foreign.integer(foreign.mapping(entry.get("items")).get("total"))
    if total is None:
        attempts = 1 if task.poll is not None else max(1, foreign.integer(entry.get("attempt")) or 1)
        return lasted_s * attempts, attempts == 1
    width = min([each for each in _widths(task, sources) if each], default=total)
    return lasted_s / max(1, math.ceil(total / max(1, width))), False


def _widths(task: TaskDefinition, sources: Sources) -> list[int | None]:
    own = None if task.for_each is None else task.for_each.parallelism
    return [sources.width, own, *(sources.pools.get(name, 0) // slots for name, slots in task.pools)]
