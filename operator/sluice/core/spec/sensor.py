"""A sensor: a task with `poll` is tried again and again until what it waits for is there.

Exit code 75 says "not yet" (EX_TEMPFAIL in sysexits.h: try again later). It costs no retry, and retries are counted
anew after it, so that a few drained nodes in a month do not end what has looked ten thousand times. Between two tries
no pod exists. The time that `timeout` allows runs from the start of the first try; then no other starts, and one that
runs is ended.
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

    @classmethod
    def of(cls, spec: PollSpec) -> "Sensor":
        return cls(seconds(spec.every), None if spec.timeout is None else seconds(spec.timeout))

    def not_yet(self, ended: Outcome) -> bool:
        return ended.ending is Ending.ERROR and ended.exit_code == NOT_YET
