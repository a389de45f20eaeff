"""Where lines and progress go: as text with a prefix, as text alone, or as JSON."""

import json
import re
from dataclasses import dataclass, field

import click

from sluice.cli.logs.lines import Piece
from sluice.cli.logs.shown import Prefixes, harmless, label
from sluice.cli.printable import printable
from sluice.cli.terminal import Terminal
from sluice.core.pod.view import PodView


@dataclass
class Output:
    """`grep` is searched in each line; `timestamps` puts the kubelet's time before it."""

    terminal: Terminal
    prefixes: Prefixes | None
    """None: without."""
    as_json: bool = False
    timestamps: bool = False
    grep: re.Pattern[str] | None = None
    _unfinished: str = field(default="", init=False)
    """The pod whose line stands at the cursor, and has not ended."""

    def piece(self, pod: PodView, piece: Piece) -> None:
        text = piece.text.decode(errors="replace").removesuffix("\r")
        if (self.grep and not self.grep.search(text)) or pod.attempt_of is None:
            return
        attempt = pod.attempt_of
        if self.as_json:
            found = {"task": attempt.task, "index": attempt.index, "attempt": attempt.number, "pod": pod.name}
            click.echo(json.dumps(found | {"time": piece.time, "line": text}, ensure_ascii=self.terminal.live))
            return
        if self.terminal.live:
            text = harmless(text, colours=self.terminal.colours)
        if piece.first or self._unfinished != pod.name or self.grep:
            self._end_line()
            text = (f"{piece.time} " if self.timestamps else "") + text
            text = self._prefix(label(attempt), "│") + text
        self._unfinished = "" if piece.last or self.grep else pod.name
        # Off a terminal what a program wrote stays as it is: click would leave out its colours.
        click.echo(text, nl=not self._unfinished, color=True)

    def note(self, name: str, sign: str, words: str) -> None:
        """What is so with a task, an item or the run; not in JSON, which is for programs that look at the run."""
        if not self.as_json:
            self._end_line()
            click.echo(self._prefix(name, sign, always=True) + printable(words))

    async def drain(self) -> None:
        """A terminal takes all at once."""

    def _end_line(self) -> None:
        if self._unfinished:
            click.echo()
            self._unfinished = ""

    def _prefix(self, name: str, sign: str, *, always: bool = False) -> str:
        if self.prefixes is not None:
            return self.prefixes.of(name, sign)
        return f"{name} {sign} " if always else ""
