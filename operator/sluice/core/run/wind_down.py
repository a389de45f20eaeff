"""A run winds down: all its tasks are brought to an end, except for those that run at the end (`finally`).

The first stop looks at all units, the next one only at those that changed since.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sluice.core.run.dirty import DirtyUnits, Topic


@dataclass(slots=True)
class WindDown:
    _dirty: DirtyUnits
    why: str = ""
    """Empty while the run does not wind down."""
    draining: bool = False
    """May what runs end by itself?"""
    _looked: bool = False
    """Has a stop looked at all units?"""

    def begin(self, why: str, *, draining: bool = False) -> None:
        self.why, self.draining, self._looked = why, draining, False

    def take_back(self) -> None:
        self.begin("")

    def look_again(self) -> None:
        """The next stop looks at all units."""
        self._looked = False

    def changed(self, number: int) -> None:
        """A unit became ready or got a pod, so the next stop looks at it."""
        if self._looked:
            self._dirty.mark(Topic.STOP, number)

    def candidates(self, units: int) -> Iterable[int]:
        """The numbers of those that a stop has to look at, of so many units."""
        looked, self._looked = self._looked, True
        changed = self._dirty.take(Topic.STOP)
        return changed if looked else range(units)
