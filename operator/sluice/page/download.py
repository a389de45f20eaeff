"""A log as a file, which a browser fetches. Loaded when one does, as `looks` is."""

import logging
from contextlib import suppress

from aiohttp import web

from sluice.cli.logs.follow import show_logs
from sluice.cli.logs.lines import Piece
from sluice.cli.logs.shown import label
from sluice.client.api import Client
from sluice.client.errors import ClientError
from sluice.client.resources import RUNS
from sluice.core.pod.view import PodView
from sluice.page.downloads import Wanted
from sluice.page.feeds.run_view import selection
from sluice.page.live import FAULT

_KEPT_BACK = 64 * 1024
_LOGGER = logging.getLogger(__name__)


class _File:
    """A `Sink` that writes each line with whose it is. It waits for a reader that is slow."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response
        self._waiting = bytearray()

    def piece(self, pod: PodView, piece: Piece) -> None:
        if piece.first and pod.attempt_of is not None:
            self._waiting += f"{label(pod.attempt_of)} │ ".encode()
        self._waiting += piece.text + (b"\n" if piece.last else b"")

    def note(self, name: str, sign: str, words: str) -> None:
        self._waiting += f"{name} {sign} {words}\n".encode()

    async def drain(self) -> None:
        if len(self._waiting) > _KEPT_BACK:
            await self.flush()

    async def flush(self) -> None:
        waiting, self._waiting = bytes(self._waiting), bytearray()
        await self._response.write(waiting)


async def download(request: web.Request, client: Client, wanted: Wanted) -> web.StreamResponse:
    """What there is of the logs now. Raises the client's errors before anything is sent; later ones end the file."""
    run = await client.get(RUNS, wanted.run)
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{run["metadata"]["name"]}.log"',
        }
    )
    file = _File(response)
    with suppress(ConnectionError):  # nobody wants it any more
        await response.prepare(request)
        try:
            await show_logs(client, run, selection(wanted.task, wanted.item), file, {})
        except ClientError as error:
            file.note("the rest", "✖", str(error))
        except ConnectionError:
            raise
        except Exception:
            _LOGGER.exception("the log of run %s", wanted.run)
            file.note("the rest", "✖", FAULT)
        await file.flush()
    return response
