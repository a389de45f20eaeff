"""Mistakes in a workflow's Python file, each with its file and line."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sluice.core.base.errors import SluiceError

_OWN = str(Path(__file__).parent)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of the author's file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class WorkflowFault(SluiceError):
    """A workflow cannot be built. The message has a line for each mistake."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


def here() -> Place:
    """The line of the author's that called us."""
    frame = sys._getframe(1)  # inspect.stack() reads the source of every frame
    while frame.f_code.co_filename.startswith(_OWN) and frame.f_back is not None:
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)


def fault(message: str) -> WorkflowFault:
    """To be raised: a mistake on the author's line."""
    return WorkflowFault([Mistake(here(), message)])
