"""How an attempt can end. A retry policy names endings; pods and child runs are read into outcomes."""

from dataclasses import dataclass
from enum import StrEnum

from sluice.core import Instant


class Ending(StrEnum):
    SUCCESS = "Success"
    ERROR = "Error"
    OUT_OF_MEMORY = "OutOfMemory"
    TIMEOUT = "Timeout"
    INFRASTRUCTURE = "Infrastructure"
    LOST = "Lost"
    PREEMPTED = "Preempted"
    """Kueue gave its place to others, and will give it another."""
    WHEN_FAILED = "WhenFailed"
    """The task never started: its condition could not be answered."""
    REJECTED = "Rejected"
    """A person said no."""
    STOPPED = "Stopped"
    """A person stopped the run that was the attempt."""
    GAVE_UP = "GaveUp"
    """The pod could not be made or started, and trying the same again would not help."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended, with a message that a person can act on."""

    ending: Ending
    message: str
    finished_at: Instant | None = None
    exit_code: int | None = None
