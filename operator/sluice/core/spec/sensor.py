"""A sensor: a task with `poll` is tried again and again until what it waits for is there.

Exit code 75 says "not yet" (EX_TEMPFAIL in sysexits.h: try again later). It costs no retry, and retries are counted
anew after it, so that a few drained nodes in a month do not end what has looked ten thousand times. Between two tries
no pod exists. The time that `timeout` allows runs from the start of the first try; then no other starts, and one that
runs is ended.
"""

from dataclasses import dataclass, replace

from sluice.api.base import seconds
from sluice.core import Instant, Json
from sluice.core.base.times import span
from sluice.core.pod.outcome import Ending, Outcome

NOT_YET = 75


@dataclass(frozen=True, slots=True)
class Polling:
    """Since when a task polls, and how many of its tries said "not yet"."""

    since: Instant
    tries: int = 0

    def __str__(self) -> str:
        return "1 try" if self.tries == 1 else f"{self.tries} tries"


@dataclass(frozen=True, slots=True)
class Poll:
    """A task's `poll`."""

    every_s: int
    timeout_s: int | None = None

    @classmethod
    def of(cls, poll: Json) -> "Poll":
        return cls(seconds(poll["every"]), seconds(poll["timeout"]) if "timeout" in poll else None)

    def not_yet(self, ended: Outcome) -> bool:
        return ended.ending is Ending.ERROR and ended.exit_code == NOT_YET

    def ends_at(self, polling: Polling) -> Instant | None:
        return None if self.timeout_s is None else polling.since + self.timeout_s

    def time_is_up(self, polling: Polling, last: Outcome | None) -> Outcome:
        """How the task ends then. `last` is how its last try ended, None if it is ended for this."""
        words = f"not yet after {polling} in {span(self.timeout_s or 0)}"
        if last is None:
            return Outcome(Ending.TIMEOUT, words)
        said = "" if self.not_yet(last) or last.ending is Ending.TIMEOUT else f"; the last: {last.message}"
        return replace(last, ending=Ending.TIMEOUT, message=words + said)
