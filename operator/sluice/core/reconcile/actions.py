"""What else a decision asks the shell to do; creates are objects of their own, see `intents`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a pod, if it still is the one with this UID."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class LookIntoStart:
    """Look into a pod that does not start: see to the ConfigMaps of its `files`, if it may wait for these, and read its
    newest Warning Event.
    """

    number: int
    attempt: int
    pod_uid: str
    files: bool


@dataclass(frozen=True, slots=True)
class ReadLog:
    """Read the log of an attempt that has ended, its end or the `whole` of it: its outputs are there."""

    number: int
    attempt: int
    pod: str
    whole: bool = False
