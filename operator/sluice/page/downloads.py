"""Addresses of logs as files. A browser fetches a file by itself, so it cannot show who asks: the address does, and
works once.
"""

import asyncio
import secrets
from dataclasses import dataclass

_MAX_WAITING = 16
_LASTS_S = 60.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose log, and with whose rights: `bearer` is what they showed when they asked for the address. `task` and `item`
    may be '': all.
    """

    bearer: str
    namespace: str
    run: str
    task: str
    item: str


class Downloads:
    """What may be fetched once, within a minute. Of too many the oldest goes."""

    def __init__(self) -> None:
        self._waiting: dict[str, Wanted] = {}

    def new(self, wanted: Wanted) -> str:
        """The last step of its address."""
        if len(self._waiting) == _MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]
        token = secrets.token_urlsafe(32)
        self._waiting[token] = wanted
        asyncio.get_running_loop().call_later(_LASTS_S, self.take, token)
        return token

    def take(self, token: str) -> Wanted | None:
        return self._waiting.pop(token, None)
