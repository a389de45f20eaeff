"""How an attempt ends. Retry policies name endings; the end of a pod or a child run is read into an Outcome."""

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
    """Kueue evicted the pod for others, and will admit it again."""
    WHEN_FAILED = "WhenFailed"
    """The task never started: its `when` could not be evaluated."""
    REJECTED = "Rejected"
    """A person rejected the approval."""
    STOPPED = "Stopped"
    """The child run that was the attempt was stopped."""
    GAVE_UP = "GaveUp"
    """The pod could not be created or started, and retrying would not help."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. `message` is for a person."""

    ending: Ending
    message: str
    finished_at: Instant | None = None
    exit_code: int | None = None
