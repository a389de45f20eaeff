"""Copies the log of one container, from its beginning or as far as is asked, across connections that are cut."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from sluice.cli.logs.lines import LogLines, Piece
from sluice.client.api import Client
from sluice.client.errors import NotFound, Refused, Unreachable

_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0


class LogGone(Exception):
    """The pod is gone, or its log."""


async def copy(
    client: Client,
    pod: str,
    namespace: str,
    query: Mapping[str, str],
    show: Callable[[Piece], None],
    drain: Callable[[], Awaitable[None]],
    has_ended: Callable[[], bool],
) -> None:
    """Returns once the container has ended (as `has_ended` says) and all of its log was shown; without `follow` in
    `query` at the end of what there is. After each chunk it waits for `drain`. Raises LogGone, and Forbidden.
    """
    lines, pause_s = LogLines(), _PAUSE_S
    while True:
        lines.begin()
        further = {"sinceTime": lines.since} if lines.since else query
        further = {"timestamps": "true", **further} | ({"follow": "true"} if "follow" in query else {})
        ended, refused = has_ended(), False
        try:
            async for chunk in client.log(pod, namespace, **further):
                pause_s = _PAUSE_S
                for piece in lines.feed(chunk):
                    if piece.time:
                        show(piece)
                    else:  # the kubelet's own words: it cannot read the log, or not any more
                        refused = True
                await drain()
        except NotFound:
            raise LogGone from None
        except (Unreachable, Refused):  # cut, or not there yet: the kubelet makes the file a moment after the start
            if "follow" not in query and pause_s >= _LONGEST_PAUSE_S:
                raise
        else:
            if ended or "follow" not in query:  # else the end may be that of a connection, and more may have come since
                rest = list(lines.end())
                if refused or not all(piece.time for piece in rest):
                    raise LogGone
                for piece in rest:
                    show(piece)
                return
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
