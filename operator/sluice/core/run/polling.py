"""The progress of a sensor: when it began to poll, and how many tries said "not yet"."""

from dataclasses import dataclass, replace

from sluice.core import Instant
from sluice.core.base.times import span
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.sensor import Sensor


@dataclass(frozen=True, slots=True)
class Polling:
    """`since` is when the first try started; `tries` counts those that said "not yet"."""

    since: Instant
    tries: int = 0

    def __str__(self) -> str:
        return "1 try" if self.tries == 1 else f"{self.tries} tries"

    def deadline(self, sensor: Sensor) -> Instant | None:
        """When polling ends; None for never."""
        return None if sensor.timeout_s is None else self.since + sensor.timeout_s

    def timed_out(self, sensor: Sensor, last: Outcome | None) -> Outcome:
        """How the task ends at the deadline. `last` is how its last try ended, None if the deadline cut it off."""
        message = f"not yet after {self} in {span(sensor.timeout_s or 0)}"
        if last is None:
            return Outcome(Ending.TIMEOUT, message)
        detail = "" if sensor.not_yet(last) or last.ending is Ending.TIMEOUT else f"; the last: {last.message}"
        return replace(last, ending=Ending.TIMEOUT, message=message + detail)
