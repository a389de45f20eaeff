"""How a line of a log looks: whose it is, and on a terminal nothing that would move its cursor or change its title."""

import re
from itertools import chain, zip_longest

import click

from sluice.cli.terminal import Terminal
from sluice.core.base.ownership import AttemptRef

_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
_RESET = "\x1b[0m"
_COLOURS = ("cyan", "green", "yellow", "blue", "magenta", "bright_cyan", "bright_green", "bright_blue")
_WIDEST = 24


def label(attempt: AttemptRef, *, first: int = 1) -> str:
    """`clean[7]·2`: the task, the item, and the attempt where it is a later one than `first`."""
    item = "" if attempt.index is None else f"[{attempt.index}]"
    return f"{attempt.task}{item}" + (f"·{attempt.number}" if attempt.number > first else "")


def harmless(text: str, *, colours: bool) -> str:
    """Text of a program for a terminal: colours may stay, all else that controls the terminal is written out."""
    if text.isprintable():
        return text
    parts = _COLOUR.split(text)  # every second one is a colour
    colour = [part if colours else "" for part in parts[1::2]]
    plain = ["".join(map(_written_out, part)) for part in parts[::2]]
    return "".join(chain.from_iterable(zip_longest(plain, colour, fillvalue=""))) + (
        _RESET if colours and len(parts) > 1 else ""
    )


def _written_out(char: str) -> str:
    return char if char.isprintable() or char == "\t" else repr(char)[1:-1]


class Prefixes:
    """The labels before the lines, in a column that is as wide as the widest so far."""

    def __init__(self, terminal: Terminal, names: list[str]) -> None:
        """`names` are the labels that are to be expected."""
        self._terminal = terminal
        self._width = min(_WIDEST, max(map(len, names), default=0))
        self._colours: dict[str, str] = {}

    def of(self, name: str, sign: str) -> str:
        """`clean[7]  │ `, in the colour of its task."""
        self._width = max(self._width, min(_WIDEST, len(name)))
        task = name.partition("[")[0].partition("·")[0]
        colour = self._colours.setdefault(task, _COLOURS[len(self._colours) % len(_COLOURS)])
        text = f"{name:<{self._width}} {sign} "
        return click.style(text, fg=colour) if self._terminal.colours else text
