"""The logs of a run, or of one task or item of it, as `sluice logs -f` shows them. A very long line comes in parts."""

import asyncio
from asyncio import TaskGroup

from sluice.cli.logs.follow import follow_logs
from sluice.cli.logs.lines import Piece
from sluice.cli.logs.selection import Selection
from sluice.cli.logs.shown import label
from sluice.client.api import Client
from sluice.client.errors import ClientError
from sluice.client.resources import RUNS
from sluice.core.pod.view import PodView
from sluice.page.channel import Channel

_AT_MOST_EVERY_S = 0.1
_KEPT_BACK = 64 * 1024  # characters


class _Lines:
    """A `Sink` that sends lines in bundles."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._waiting: list[tuple[str, str, str]] = []
        self._size = 0

    def piece(self, pod: PodView, piece: Piece) -> None:
        if pod.attempt_of is not None:
            text = piece.text.decode(errors="replace").removesuffix("\r")
            self._add((label(pod.attempt_of), piece.time, text))

    def note(self, name: str, sign: str, words: str) -> None:
        self._add((name, "", f"{sign} {words}"))

    async def drain(self) -> None:
        if self._size > _KEPT_BACK:
            await self.flush()

    async def flush(self) -> None:
        waiting, self._waiting, self._size = self._waiting, [], 0
        if waiting:
            await self._channel.send("log", waiting)

    async def flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_AT_MOST_EVERY_S)
            await self.flush()

    def _add(self, line: tuple[str, str, str]) -> None:
        self._waiting.append(line)
        self._size += len(line[2])


def feed_logs(channel: Channel, client: Client, name: str, selection: Selection, group: TaskGroup) -> None:
    lines = _Lines(channel)
    group.create_task(lines.flush_for_ever())
    group.create_task(_feed(client, name, selection, lines))


async def _feed(client: Client, name: str, selection: Selection, lines: _Lines) -> None:
    try:
        await follow_logs(client, await client.get(RUNS, name), selection, lines, {})
    except ClientError as error:  # the run itself may still be seen
        lines.note("logs", "✖", str(error))
