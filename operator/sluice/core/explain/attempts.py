"""The pods of a task that the API server still has: each is an attempt, with the times of its course."""

from collections.abc import Iterator

from sluice.core.base import foreign
from sluice.core.base.errors import Unreadable
from sluice.core.explain.seen import RunSeen
from sluice.core.pod.view import PodView, pod_view


def attempts(seen: RunSeen, task: str, item: int | None = None) -> dict[int | None, list[PodView]]:
    """By item, the oldest first; without `item` those of all items. A task that is no fan-out has the item None."""
    found: dict[int | None, list[PodView]] = {}
    for pod in _pods(seen):
        it = pod.attempt_of
        if it is not None and it.run.uid == uid_of(seen) and it.task == task and item in (None, it.index):
            found.setdefault(it.index, []).append(pod)
    for pods in found.values():
        pods.sort(key=lambda pod: pod.attempt)
    return found


def _pods(seen: RunSeen) -> Iterator[PodView]:
    for pod in seen.pods or ():
        try:
            yield pod_view(pod)
        except Unreadable:
            continue


def uid_of(seen: RunSeen) -> str:
    return foreign.string(foreign.mapping(seen.run.get("metadata")).get("uid"))
