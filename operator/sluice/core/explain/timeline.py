"""The bars of a run: what the time of each of its tasks went to (see `spent`). Of a fan-out it is that of all items."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sluice.core.base.times import instant
from sluice.core.explain.attempts import uid_of
from sluice.core.explain.seen import RunSeen
from sluice.core.explain.spent import TimePart, parts_of
from sluice.core.pod.view import PodView


class Bar(NamedTuple):
    """Of a task that waits, runs or has run in this run. One that took less than a second has no parts."""

    task: str
    parts: list[TimePart]


def timeline(seen: RunSeen, pods: Iterable[PodView]) -> Iterator[Bar]:
    """In the order of the tasks; none if the run has not started. `pods` are those that are known."""
    attempts: defaultdict[str, list[PodView]] = defaultdict(list)
    for pod in sorted(pods, key=lambda pod: pod.attempt):
        it = pod.attempt_of
        if it is not None and it.run.uid == uid_of(seen) and it.index is None:
            attempts[it.task].append(pod)
    for task in seen.tasks:
        known: dict[int | None, list[PodView]] = {None: attempts[task]} if task in attempts else {}
        if not _has_time(seen, task):
            continue
        parts = parts_of(seen, task, known)
        if parts or seen.entries.get(task, {}).get("phase") in ("Succeeded", "Failed"):  # perhaps all within one second
            yield Bar(task, parts)


def _has_time(seen: RunSeen, task: str) -> bool:
    """Not of one that was not run, or is kept of an earlier run."""
    entry = seen.entries.get(task, {"phase": "Pending"})
    began_at, started_at = instant(entry.get("startedAt")), instant(seen.status.get("startedAt"))
    if entry["phase"] in ("Pending", "Running"):
        return True
    return began_at is not None and started_at is not None and began_at >= started_at
