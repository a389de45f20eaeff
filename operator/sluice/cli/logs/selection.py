"""Which logs a person wants: of which tasks, items and attempts."""

from collections.abc import Iterable
from dataclasses import dataclass

from sluice.core.base.ownership import AttemptRef
from sluice.core.pod.view import PodView

ALL = "all"


@dataclass(frozen=True, slots=True)
class Selection:
    """Nothing given is everything; of attempts it is the newest of each task or item."""

    tasks: frozenset[str] = frozenset()
    items: frozenset[int] | None = None
    attempt: int | str | None = None
    """A number from 1, or ALL."""
    failed: bool = False
    """Only what has failed."""

    def has_task(self, name: str) -> bool:
        return not self.tasks or name in self.tasks

    def has(self, pod: PodView) -> bool:
        """Whatever became of it."""
        attempt = pod.attempt_of
        return (
            attempt is not None
            and self.has_task(attempt.task)
            and (self.items is None or attempt.index in self.items)
            and self.attempt in (None, ALL, attempt.number)
        )


def has_started(pod: PodView) -> bool:
    """Has `main` begun, so that there may be a log?"""
    return pod.container.started_at is not None and not pod.container.init


def has_ended(pod: PodView) -> bool:
    """Will its log not grow any more?"""
    return pod.terminal or (has_started(pod) and pod.container.finished_at is not None)


def has_failed(pod: PodView) -> bool:
    return pod.container.exit_code not in (None, 0) or pod.phase == "Failed"


def newest(pods: Iterable[PodView]) -> list[PodView]:
    """Of each task or item its newest attempt."""
    found: dict[tuple[str, int | None], PodView] = {}
    for pod in pods:
        if (attempt := pod.attempt_of) is not None:
            unit = (attempt.task, attempt.index)
            if unit not in found or found[unit].attempt < attempt.number:
                found[unit] = pod
    return list(found.values())


def in_order(pods: Iterable[PodView], tasks: Iterable[str]) -> list[PodView]:
    """By task, in the order of `tasks`, by item and by attempt."""
    place = {name: number for number, name in enumerate(tasks)}

    def key(attempt: AttemptRef) -> tuple[int, str, int, int]:
        index = -1 if attempt.index is None else attempt.index
        return place.get(attempt.task, len(place)), attempt.task, index, attempt.number

    return sorted(pods, key=lambda pod: key(pod.attempt_of) if pod.attempt_of else (len(place), "", -1, 0))
