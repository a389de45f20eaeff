"""How many pods a run may create at once, and how long it pauses after the API server refused one.

After a refusal, by a quota for example, it tries one pod at a time. Each success doubles that number, until everything
that is ready fits and the limit is lifted.
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
    """Creates that the API server has not answered yet."""
    recording: int = 0
    """Attempts and fan-outs that must be in the status before a pod is made."""
    backoff: CreateBackoff | None = None
    size: int | None = None
    """None for any number."""
    refusal: CreateError | None = None
    """The refusal that set `size`."""

    def held_by(self) -> CreateError | None:
        """The refusal that keeps the next create from starting, or None if it may start."""
        return None if self.size is None or self.in_flight + self.recording < self.size else self.refusal

    def waits(self, now: Instant) -> bool:
        return self.backoff is not None and now < self.backoff.until

    def overfull(self) -> bool:
        """Did more creates start before a refusal than may be under way after it?"""
        return self.backoff is not None and self.size is not None and self.in_flight > self.size

    def refused(self, backoff: CreateBackoff) -> None:
        self.backoff, self.size, self.refusal = backoff, 1, backoff.refused.refusal

    def try_by(self, until: Instant) -> None:
        """Ends the backoff then, unless it ends sooner."""
        if self.backoff is not None:
            self.backoff.until = min(self.backoff.until, until)

    def succeeded(self, ready: int) -> bool:
        """A pod was created, and `ready` more are waiting. Returns whether this ended a backoff."""
        was_refused, self.backoff = self.backoff is not None, None
        if self.size is not None:
            self.size = None if self.in_flight + self.recording + ready <= 2 * self.size else 2 * self.size
        return was_refused
