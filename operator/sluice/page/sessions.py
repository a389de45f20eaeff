"""One-time links, and the keys that they are traded for.

A link has a token in its fragment, which browsers send nowhere. The page trades it for a key, and shows the key with
every request. No cookies: browsers send them to every port of 127.0.0.1.
"""

import secrets
from hmac import compare_digest

_MAX_KEYS = 16


class Sessions:
    """Of one server, until it ends."""

    def __init__(self) -> None:
        self._token = ""
        self._keys: list[str] = []

    def new_token(self) -> str:
        """It counts once, and only until the next one is made."""
        self._token = secrets.token_urlsafe(32)
        return self._token

    def trade(self, token: str) -> str | None:
        """A key for the token; None if it is none, or was used. Of many keys the oldest ends."""
        if not self._token or not _same(token, self._token):
            return None
        self._token = ""
        self._keys = [*self._keys[1 - _MAX_KEYS :], secrets.token_urlsafe(32)]
        return self._keys[-1]

    def has(self, key: str) -> bool:
        return any(_same(key, known) for known in self._keys)


def _same(shown: str, known: str) -> bool:
    """What is shown may have lone surrogates: bytes of a header that are no UTF-8, or JSON's escapes."""
    return compare_digest(shown.encode(errors="replace"), known.encode())
