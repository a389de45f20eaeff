"""Pods that go on after their attempt has ended with `main`, as another container of theirs still runs.

Each keeps its slot until it is terminal or gone. Nothing else of the run waits for it.
"""

from dataclasses import dataclass, field

from sluice.core.pod.view import PodView
from sluice.core.run.slots import Slots


@dataclass(slots=True)
class LingeringPods:
    _slots: Slots
    _units: dict[str, int] = field(default_factory=dict)
    """The unit that each is of, by its UID."""

    def add(self, pod: PodView, number: int) -> None:
        """Its slot stays taken."""
        self._units[pod.uid] = number

    def restore(self, pod: PodView, number: int) -> None:
        self._slots.take(number)
        self.add(pod, number)

    def over(self, pod: PodView) -> None:
        """The pod is terminal or gone. It need not have been one of these."""
        if (number := self._units.pop(pod.uid, None)) is not None:
            self._slots.free(number)
