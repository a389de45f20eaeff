"""Where the progress of a run is shown: live on a terminal, or as lines."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, Self

import click
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from sluice.cli.printable import printable
from sluice.cli.terminal import Terminal
from sluice.cli.watch.plain import changes
from sluice.cli.watch.screen import frame
from sluice.cli.watch.view import RunView


class Display(Protocol):
    """Shows the run, and says why there is nothing new to show."""

    def show(self, view: RunView) -> None: ...
    def say(self, words: str) -> None: ...


@contextmanager
def display() -> Iterator[Display]:
    """The one that suits standard output."""
    if not Terminal.of_stdout().moves:
        yield Lines()
        return
    with LiveDisplay() as live:
        yield live


class Lines:
    """Prints a line for each change, and what it waits for to standard error."""

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


class LiveDisplay:
    """Redraws the run in place, twice a second to keep the clock running, and at once on a change.

    The last frame stays on the screen.
    """

    def __init__(self) -> None:
        self._view: RunView | None = None
        self._trouble = ""
        self._console = Console(highlight=False)
        self._live = Live(
            console=self._console, refresh_per_second=2, get_renderable=self._frame, vertical_overflow="crop"
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, view: RunView) -> None:
        self._view, self._trouble = view, ""
        self._live.refresh()

    def say(self, words: str) -> None:
        self._trouble = printable(words)
        self._live.refresh()

    def _frame(self) -> Group:
        view, trouble, size = self._view, self._trouble, self._console.size
        if view is None:
            return Group(Text(trouble, "yellow", no_wrap=True, overflow="ellipsis"))
        ascii_only = self._console.options.ascii_only
        return Group(*frame(view, trouble, time.time(), size.width, size.height - 1, ascii_only=ascii_only))
