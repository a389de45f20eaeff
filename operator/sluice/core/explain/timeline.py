"""What the time of each task of a run went to: parts that follow each other, in seconds since the run's start.

They come from how the task stands, from what it depends on, and from its pods as long as these are there. What holds a
task up before it has a pod is known while it waits; afterwards it is `queue`. Waiting for other tasks is a part here,
though `status.time` does not count it (see `run.time_accounting`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.times import instant
from sluice.core.explain.advice import first_word
from sluice.core.explain.seen import RunSeen
from sluice.core.pod.deadlines import CONTAINER_TROUBLE, IMAGE_TROUBLE
from sluice.core.pod.view import PodView

Cause = Literal["dependencies", "queue", "pool", "quota", "node", "image", "retry", "person", "running"]

_GOING = ("Pending", "Running")
_BY_REASON: dict[str, Cause] = {
    "WaitingFor": "dependencies",
    "Pool": "pool",
    "QuotaExceeded": "quota",
    "QuotaTooSmall": "quota",
    "Unschedulable": "node",
    "Scheduling": "node",
    "Gated": "node",
    "ContainerCreating": "image",
    "PodInitializing": "image",
    "Backoff": "retry",
    "Polling": "retry",
    "Approval": "person",
    "Suspended": "person",
    **dict.fromkeys((*IMAGE_TROUBLE, *CONTAINER_TROUBLE), "image"),
}
"""By its first word. Any other holds a task up before it has a pod: `queue`."""


@dataclass(frozen=True, slots=True)
class Part:
    cause: Cause
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Bar:
    """Of a task that waits, runs or has run in this run."""

    task: str
    parts: tuple[Part, ...]


def timeline(seen: RunSeen, pods: Iterable[PodView]) -> list[Bar]:
    """In the order of the tasks. Empty if the run has not started. `pods` are those of the run that are known."""
    started_at = instant(seen.status.get("startedAt"))
    if started_at is None:
        return []
    attempts: defaultdict[str, list[PodView]] = defaultdict(list)
    for pod in pods:
        attempt = pod.attempt_of
        if attempt is not None and attempt.run.name == seen.name and attempt.index is None:
            attempts[attempt.task].append(pod)
    ends = _Ends(seen, started_at)
    bars = (_bar(seen, task, ends.before(task), _Parts(started_at), attempts[task]) for task in seen.tasks)
    return [bar for bar in bars if bar.parts]


def spent_s(parts: Iterable[Part]) -> dict[Cause, float]:
    """Seconds by cause, in the order in which they come."""
    found: defaultdict[Cause, float] = defaultdict(float)
    for part in parts:
        found[part.cause] += part.end_s - part.begin_s
    return dict(found)


class _Ends:
    """When what a task waits for has ended."""

    def __init__(self, seen: RunSeen, started_at: Instant) -> None:
        self._seen, self._started_at = seen, started_at
        self._final = {name for name, fields in seen.definitions.items() if fields.get("finally") is True}
        self._all_others = max((self._of(name) for name in seen.tasks if name not in self._final), default=started_at)

    def before(self, task: str) -> Instant:
        """The last of them; now, if one has not ended."""
        first = self._all_others if task in self._final else self._started_at
        return max([first, *map(self._of, self._seen.depends_on.get(task, ()))])

    def _of(self, task: str) -> Instant:
        entry = self._seen.entries.get(task, {})
        if entry.get("phase", "Pending") in _GOING:
            return self._seen.now
        return instant(entry.get("finishedAt")) or self._started_at  # it was not run


@dataclass(slots=True)
class _Parts:
    """Each begins where the one before it ends."""

    started_at: Instant
    found: list[Part] = field(default_factory=list)
    end_s: float = 0.0

    def until(self, when: Instant | None, cause: Cause) -> None:
        if when is None or (end_s := when - self.started_at) <= self.end_s:
            return
        if self.found and self.found[-1].cause == cause:
            self.found[-1] = replace(self.found[-1], end_s=end_s)
        else:
            self.found.append(Part(cause, self.end_s, end_s))
        self.end_s = end_s


def _bar(seen: RunSeen, task: str, ready_at: Instant, parts: _Parts, pods: Sequence[PodView]) -> Bar:
    """The one place that says what the time went to."""
    entry = seen.entries.get(task, {"phase": "Pending"})
    going, began_at = entry["phase"] in _GOING, instant(entry.get("startedAt"))
    if not going and (began_at is None or began_at < parts.started_at):
        return Bar(task, ())  # it was not run, or is kept of an earlier run
    parts.until(ready_at if began_at is None else min(ready_at, began_at), "dependencies")
    for pod in sorted(pods, key=lambda pod: pod.attempt):
        _add_attempt(parts, pod)
    parts.until(began_at, "retry" if (foreign.integer(entry.get("attempt")) or 1) > 1 else "queue")
    if entry["phase"] == "Running" or not going:
        parts.until(seen.now if going else instant(entry.get("finishedAt")), "running")
    else:
        parts.until(instant(entry.get("finishedAt")), "running")  # of the attempt before
        parts.until(seen.now, _cause(entry))
    return Bar(task, tuple(parts.found))


def _add_attempt(parts: _Parts, pod: PodView) -> None:
    parts.until(pod.created_at, "queue" if pod.attempt <= 1 else "retry")
    parts.until(pod.scheduled_at, "node")
    parts.until(pod.container.started_at, "image")
    parts.until(pod.container.finished_at, "running")


def _cause(entry: Json) -> Cause:
    return _BY_REASON.get(first_word(foreign.string(entry.get("reason"))), "queue")
