"""Import `aiohttp` by way of this module: it does not read the machine's certificates before they are needed.

aiohttp reads them twice as it is imported, for sessions that say nothing of TLS: a third of what a command does until
its first answer. Ours trust what the kubeconfig says. Those of others in this process read them as they connect.
"""

import ssl
from typing import Any


class _Default(ssl.SSLContext):
    """As `ssl.create_default_context` makes it, but for when the certificates are read."""

    _read = False

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        if not self._read:
            self.load_default_certs()
            self._read = True
        return super().wrap_bio(*arguments, **options)


def _default() -> ssl.SSLContext:
    context = _Default(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= _create(ssl.Purpose.CLIENT_AUTH).verify_flags  # the same for all; this one reads none
    return context


_create = ssl.create_default_context
ssl.create_default_context = _default  # type: ignore[assignment]
# The context for sessions that check nothing would read them, too.
ssl.SSLContext.set_default_verify_paths = lambda _: None  # type: ignore[method-assign,assignment]
try:
    import aiohttp
finally:
    ssl.create_default_context = _create
    del ssl.SSLContext.set_default_verify_paths  # it is that of its base class again

__all__ = ["aiohttp"]
