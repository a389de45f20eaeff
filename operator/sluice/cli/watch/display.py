"""Where the progress of a run is shown: live on a terminal, or as lines."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Protocol

import click

from sluice.cli.printable import printable
from sluice.cli.terminal import Terminal
from sluice.cli.watch.plain import changes
from sluice.cli.watch.view import RunView


class Display(Protocol):
    """Shows the run, and says why there is nothing new to show."""

    def show(self, view: RunView) -> None: ...
    def say(self, words: str) -> None: ...
    def note(self, words: str) -> None: ...


@contextmanager
def display() -> Iterator[Display]:
    """The one that suits standard output. The operator's image, where `helm test` watches a run, has no rich."""
    if not Terminal.of_stdout().moves or find_spec("rich") is None:
        yield Lines()
        return
    from sluice.cli.watch.live import LiveDisplay  # noqa: PLC0415

    with LiveDisplay() as live:
        yield live


class Lines:
    """Prints a line for each change, and what it waits for and notes to standard error."""

    def __init__(self) -> None:
        self._last: RunView | None = None
        self._last_words = ""

    def show(self, view: RunView) -> None:
        for line in changes(self._last, view, time.time()):
            click.echo(line)
        self._last, self._last_words = view, ""

    def say(self, words: str) -> None:
        if words != self._last_words:
            click.echo(f"{time.strftime('%H:%M:%S')} {printable(words)}", err=True)
        self._last_words = words

    def note(self, words: str) -> None:
        click.echo(printable(words), err=True)
