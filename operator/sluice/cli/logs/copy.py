"""Copies the log of one container, from its beginning or as far as is asked, across connections that are cut."""

import asyncio
from collections.abc import Callable, Mapping

from sluice.cli.logs.lines import LogLines, Piece
from sluice.client.api import Client
from sluice.client.errors import NotFound, Refused, Unreachable

_GONE = b"unable to retrieve container logs for "  # says the kubelet, in place of a log that it has no more
_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0


class LogGone(Exception):
    """The pod is gone, and its log with it."""


async def copy(
    client: Client,
    pod: str,
    namespace: str,
    query: Mapping[str, str],
    show: Callable[[Piece], None],
    has_ended: Callable[[], bool],
) -> None:
    """Returns once the container has ended (as `has_ended` says) and all of its log was shown; without `follow` in
    `query` at the end of what there is. Raises LogGone, and Forbidden.
    """
    lines, pause_s = LogLines(), _PAUSE_S
    while True:
        lines.begin()
        further = {"sinceTime": lines.since} if lines.since else query
        further = {"timestamps": "true", **further} | ({"follow": "true"} if "follow" in query else {})
        ended = has_ended()
        try:
            async for chunk in client.log(pod, namespace, **further):
                pause_s = _PAUSE_S
                for piece in lines.feed(chunk):
                    if not piece.time and piece.text.startswith(_GONE):
                        raise LogGone
                    show(piece)
        except NotFound:
            raise LogGone from None
        except (Unreachable, Refused):  # cut, or not there yet: the kubelet makes the file a moment after the start
            if "follow" not in query and pause_s >= _LONGEST_PAUSE_S:
                raise
        else:
            if ended or "follow" not in query:  # else the end may be that of a connection, and more may have come since
                for piece in lines.end():
                    show(piece)
                return
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
