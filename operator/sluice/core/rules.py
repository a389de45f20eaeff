"""Trigger rules: may a task start, given how its direct dependencies ended?

A rule sees only counts, never the tasks, so one ended dependency costs O(1) whatever the fan-in.
"""

from dataclasses import dataclass
from enum import Enum

from sluice.api.run import TaskPhase


class Verdict(Enum):
    WAIT = "wait"
    RUN = "run"
    UPSTREAM_FAILED = "upstream failed"


@dataclass(slots=True)
class Tally:
    """How a task's direct dependencies stand. `failed` counts all that ended without success."""

    total: int
    succeeded: int = 0
    failed: int = 0

    def add(self, phase: TaskPhase) -> None:
        if phase == "Succeeded":
            self.succeeded += 1
        else:
            self.failed += 1


def all_succeeded(deps: Tally) -> Verdict:
    if deps.failed:
        return Verdict.UPSTREAM_FAILED  # at once: no need to see the rest
    return Verdict.RUN if deps.succeeded == deps.total else Verdict.WAIT
