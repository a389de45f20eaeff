"""What we print on: a terminal with a width and colours, or a pipe without either."""

import os
import shutil
import sys
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Terminal:
    """`columns` and `rows` are None off a terminal: then nothing is cut short."""

    columns: int | None = None
    rows: int | None = None
    colours: bool = False

    @property
    def live(self) -> bool:
        return self.columns is not None

    @property
    def moves(self) -> bool:
        """Can it be drawn anew in place?"""
        return self.live and os.environ.get("TERM", "dumb") != "dumb"

    @classmethod
    def of_stdout(cls) -> "Terminal":
        """NO_COLOR is honoured (https://no-color.org)."""
        if not sys.stdout.isatty():
            return cls()
        size = shutil.get_terminal_size()
        dumb = os.environ.get("TERM", "dumb") == "dumb"
        return cls(size.columns, size.lines, colours=not dumb and not os.environ.get("NO_COLOR"))

    def painted(self, text: str, colour: str) -> str:
        """`text` in one of click's colours, where there are colours."""
        return click.style(text, fg=colour) if self.colours and colour != "default" else text

    def fitted(self, text: str) -> str:
        """`text` cut at the right edge. It has no escape sequences yet."""
        if self.columns is None or len(text) <= self.columns:
            return text
        return text[: self.columns - 1] + "…"
