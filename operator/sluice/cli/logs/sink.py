"""Where lines and progress go: to standard output, or to a page."""

from typing import Protocol

from sluice.cli.logs.lines import Piece
from sluice.core.pod.view import PodView


class Sink(Protocol):
    """What logs are shown by."""

    def piece(self, pod: PodView, piece: Piece) -> None:
        """A line of the pod's log, or a part of a very long one."""

    def note(self, name: str, sign: str, words: str) -> None:
        """What is so with a task, an item or the run."""

    async def drain(self) -> None:
        """Returns as soon as more may come."""
