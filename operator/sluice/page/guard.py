"""Which requests are let in, and the headers of every answer.

1. `Host` is one of ours, whatever the port: a name that somebody's DNS points at 127.0.0.1 is none.
2. `Origin`, where there is one, is the page's own, and `Sec-Fetch-Site`, where there is one, says the same.
3. What asks for anything but the page's own files shows a key: `Authorization: Bearer`.
"""

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sluice.page.sessions import Sessions

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
MAX_HEADER = 64 * 1024
"""Bytes of one header field."""

KEY = web.RequestKey("key", str)
"""With which a request came."""

_SITES = ("same-origin", "none")


def refusal(status: HTTPStatus, words: str) -> web.Response:
    """An answer that says what is wrong, and what to do."""
    return web.json_response({"error": words}, status=status)


def guard(hosts: Iterable[str]) -> Middleware:
    """Rules 1 and 2. `hosts` are allowed besides those of this machine."""
    allowed = LOOPBACK | set(hosts)

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        words = _fault(request, allowed)
        return refusal(HTTPStatus.FORBIDDEN, words) if words else await handler(request)

    return guarded


def headers(policy: str) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Adds those of every answer. `policy` is the Content-Security-Policy."""
    always = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }

    async def add(_: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(always)
        response.headers.setdefault("Cache-Control", "no-store")

    return add


def _fault(request: web.Request, allowed: Iterable[str]) -> str:
    host = request.headers.getall("Host", [])
    if len(host) != 1 or _name(host[0]) not in allowed:
        return "this address is not allowed; open the one that `sluice ui` prints, or name yours by --allowed-host"
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{host[0]}":
        return "requests from other pages are not allowed"
    if request.headers.get("Sec-Fetch-Site", "none") not in _SITES:
        return "requests from other pages are not allowed"
    return ""


def _name(host: str) -> str:
    """Without the port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def keyed(sessions: Sessions) -> Middleware:
    """Rule 3, of `/api/`."""

    @web.middleware
    async def with_key(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/api/"):
            scheme, _, key = request.headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or not sessions.has(key):
                return refusal(HTTPStatus.UNAUTHORIZED, "no key; press Enter where `sluice ui` runs, for a fresh link")
            request[KEY] = key
        return await handler(request)

    return with_key
