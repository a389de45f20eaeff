"""A task that waits for the clock: `wait: {for: 10m}` from when it is ready, or `wait: {until: ...}`.

It has no pod and takes no slot. The time goes on while the operator is down and while the run is suspended, and what
has passed is over at once.
"""

from dataclasses import dataclass

from sluice.api.base import seconds
from sluice.api.task import WaitSpec
from sluice.core import Instant
from sluice.core.base.times import instant
from sluice.core.graph.placeholders import TooLong, Values, fill


class NoTime(ValueError):
    """`until` is no time once its placeholders are filled in. The task fails with this message."""


@dataclass(frozen=True, slots=True)
class Wait:
    for_s: int = 0
    until: str = ""
    """With placeholders; empty for `for`."""

    @classmethod
    def of(cls, spec: WaitSpec) -> "Wait":
        return cls(for_s=seconds(spec.for_ or "0s"), until=spec.until or "")

    def ends_at(self, ready_at: Instant, values: Values) -> Instant:
        """Raises NoTime."""
        if not self.until:
            return ready_at + self.for_s
        try:
            text = fill({"until": self.until}, values)["until"]
        except TooLong as error:
            raise NoTime(f"wait.until: {error}") from error
        found = instant(text)
        if found is None:
            raise NoTime(f"wait.until is '{text[:40]}', and must be a time such as 2026-03-01T02:00:00Z")
        return found
