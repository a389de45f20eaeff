"""How many pods of a run may be in creation at once, and how long it waits after the API server has refused one.

After a refusal, of a quota for example, one pod is tried at a time. Each success doubles the number, and once all that
are ready fit into the window there is none any more.
"""

from dataclasses import dataclass

from sluice.core import Instant
from sluice.core.pod.create_errors import CreateError
from sluice.core.run.task_state import CreateFailure


@dataclass(slots=True)
class CreateBackoff:
    """The API server takes no more pods of this run for now."""

    refused: CreateFailure
    until: Instant


@dataclass(slots=True)
class CreateWindow:
    in_flight: int = 0
    """Creates that have begun and were not answered."""
    recording: int = 0
    """Attempts and fan-outs that must be in the status before a pod is made."""
    backoff: CreateBackoff | None = None
    size: int | None = None
    """None for any number."""
    refusal: CreateError | None = None
    """What the window is for."""

    def held_by(self) -> CreateError | None:
        """The refusal for which no other create may begin yet, None if one may."""
        return None if self.size is None or self.in_flight + self.recording < self.size else self.refusal

    def waits(self, now: Instant) -> bool:
        return self.backoff is not None and now < self.backoff.until

    def overfull(self) -> bool:
        """Were more begun than may be under way since a refusal?"""
        return self.backoff is not None and self.size is not None and self.in_flight > self.size

    def refused(self, backoff: CreateBackoff) -> None:
        self.backoff, self.size, self.refusal = backoff, 1, backoff.refused.refusal

    def try_by(self, until: Instant) -> None:
        """A longer backoff is not sat out."""
        if self.backoff is not None:
            self.backoff.until = min(self.backoff.until, until)

    def succeeded(self, ready: int) -> bool:
        """A pod was made; `ready` others are to follow. Returns whether that ends a backoff."""
        was_refused, self.backoff = self.backoff is not None, None
        if self.size is not None:
            self.size = None if self.in_flight + self.recording + ready <= 2 * self.size else 2 * self.size
        return was_refused
