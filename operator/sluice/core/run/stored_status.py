"""What the API server holds of a run's status, as far as the next patch needs to know."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sluice.core import Instant, Json
from sluice.core.pod.view import PodView


@dataclass(slots=True)
class StoredStatus:
    entries: dict[int, Json] = field(default_factory=dict)
    """The entry of each task."""
    ended_pods: list[PodView] = field(default_factory=list)
    """Pods of ended attempts whose end is not stored yet."""
    _reworded_at: dict[int, Instant] = field(default_factory=dict)
    """When an entry was last written for its wording alone."""

    def pods_ended(self, pods: Iterable[PodView]) -> None:
        self.ended_pods.extend(pods)

    def may_reword(self, number: int, now: Instant, every_s: float) -> bool:
        """May an entry be written for its wording alone? The answer yes counts as doing so."""
        since_s = now - self._reworded_at.get(number, -math.inf)
        if 0 <= since_s < every_s:  # below 0 if the clock was set back
            return False
        self._reworded_at[number] = now
        return True

    def written(self, entries: Mapping[int, Json], ended_pods: int) -> None:
        """A patch is stored, with these entries and the ends of the first `ended_pods` pods."""
        self.entries.update(entries)
        del self.ended_pods[:ended_pods]

    def replaced(self, entries: dict[int, Json]) -> None:
        """Somebody else has written the status."""
        self.entries = entries
