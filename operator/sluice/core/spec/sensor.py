"""Sensors: a task with `poll` is tried until what it waits for is there.

Exit code 75 says "not yet" (EX_TEMPFAIL in sysexits.h: try again later). It uses no retry, and resets the count of
those used: a few drained nodes in a month must not end a sensor that has looked ten thousand times. There is no pod
between two tries. `timeout` counts from the start of the first try; after it no other starts, and one that is running
is stopped: the task has failed, or is Skipped with `onTimeout: Skip`.
"""

from dataclasses import dataclass

from sluice.api.base import seconds
from sluice.api.task import PollSpec
from sluice.core.spec.ending import Ending, Outcome

NOT_YET = 75


@dataclass(frozen=True, slots=True)
class Sensor:
    """A task's `poll`."""

    every_s: int
    timeout_s: int | None = None
    skips: bool = False
    """Is the task Skipped when it gives up?"""

    @classmethod
    def of(cls, spec: PollSpec) -> "Sensor":
        timeout_s = None if spec.timeout is None else seconds(spec.timeout)
        return cls(seconds(spec.every), timeout_s, spec.on_timeout == "Skip")

    def not_yet(self, ended: Outcome) -> bool:
        """Whether a try says that what it waits for is not there."""
        return ended.ending is Ending.ERROR and ended.exit_code == NOT_YET
