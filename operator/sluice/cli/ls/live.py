"""`sluice ls -w`: on a terminal the table, drawn anew once a second; off one a line for each change of a run."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from sluice.cli.ls.rows import Line, RunLine
from sluice.client.resources import Resource

if TYPE_CHECKING:
    from sluice.client.api import Client
    from sluice.client.follow import Rows

_DRAWN_EVERY_S = 1.0
_HOME_AND_CLEAR = "\x1b[H\x1b[J"


async def watch(
    client: "Client",
    namespace: str | None,
    collections: Sequence[tuple[Resource, dict[str, str]]],
    lines: Callable[..., list[Line]],
    show: Callable[[list[Line]], None],
) -> None:
    """Calls `show` once a second with what `lines` makes of the rows of these collections, without end."""
    from sluice.client.follow import follow  # noqa: PLC0415  # not for --help

    latest = [_Latest() for _ in collections]

    async def draw() -> None:
        while True:
            for each in latest:
                await each.there.wait()
            show(lines(*(list(each.rows.values()) for each in latest)))
            await asyncio.sleep(_DRAWN_EVERY_S)

    followed = (follow(client, resource, namespace, **query) for resource, query in collections)
    await asyncio.gather(draw(), *(each.keep(rows) for each, rows in zip(latest, followed, strict=True)))


class _Latest:
    def __init__(self) -> None:
        self.there = asyncio.Event()
        self.rows: Rows = {}

    async def keep(self, following: AsyncIterator["Rows"]) -> None:
        async for self.rows in following:
            self.there.set()


def redraw(text: Sequence[str]) -> None:
    """In place of all that the terminal shows."""
    click.echo(_HOME_AND_CLEAR + "\n".join(text))


class Changes:
    """A line for each run that is new or stands otherwise than before."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, str], tuple[str, str, str]] = {}

    def show(self, found: Sequence[Line]) -> None:
        for line in self.lines(found):
            click.echo(f"{datetime.now().astimezone():%H:%M:%S} {line}")

    def lines(self, found: Sequence[Line]) -> Iterator[str]:
        for run in reversed(found):
            if not isinstance(run, RunLine):
                continue
            now = (run.state.word, run.done, run.why if not run.ended or run.state.word != "Succeeded" else "")
            if self._before.get((run.namespace, run.name)) != now:
                self._before[run.namespace, run.name] = now
                yield " ".join(filter(None, (run.state.sign, run.name, *now)))
