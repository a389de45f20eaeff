"""What a decision asks the shell to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Create:
    """Make the pod of a task's attempt, or the child run that is the attempt."""

    number: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a pod, if it still is the one with this UID."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class ReadLog:
    """Read the end of the log of an attempt that has ended: its outputs are there."""

    number: int
    attempt: int
    pod: str
