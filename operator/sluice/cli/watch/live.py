"""The live display, on a terminal."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from sluice.cli.printable import printable
from sluice.cli.watch.screen import frame
from sluice.cli.watch.view import RunView


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

    def note(self, words: str) -> None:
        """Above the display."""
        self._console.print(Text(printable(words)))

    def _frame(self) -> Group:
        view, trouble, size = self._view, self._trouble, self._console.size
        if view is None:
            return Group(Text(trouble, "yellow", no_wrap=True, overflow="ellipsis"))
        ascii_only = self._console.options.ascii_only
        return Group(*frame(view, trouble, time.time(), size.width, size.height - 1, ascii_only=ascii_only))
