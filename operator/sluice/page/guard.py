"""Which requests are let in, and the headers of every answer.

1. `Host` is one of ours, whatever the port: a name that somebody's DNS points at 127.0.0.1 is none.
2. `Origin`, where there is one, is the page's own, and `Sec-Fetch-Site`, where there is one, says the same. But a link
   elsewhere, a file of `sluice ui`, or a proxy that has asked for a password may lead to the page, which holds no data.
3. What asks for anything but the page's own files shows who asks: `Authorization: Bearer`.
"""

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from sluice.page.visitors import Visitor, Visitors

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
MAX_HEADER = 64 * 1024
"""Bytes of one header field."""

BEARER = web.RequestKey("bearer", str)
VISITOR = web.RequestKey("visitor", Visitor)
"""Who asks, and what they showed."""

_SITES = ("same-origin", "none")
_FOREIGN = "requests from other pages are not allowed"


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
    own = (f"http://{host[0]}", f"https://{host[0]}")  # a proxy in front may have had the TLS
    for field, allowed_values in (("Origin", own), ("Sec-Fetch-Site", _SITES)):
        if any(value not in allowed_values for value in request.headers.getall(field, [])):
            return "" if field == "Sec-Fetch-Site" and _follows_a_link(request) else _FOREIGN
    return ""


def _follows_a_link(request: web.Request) -> bool:
    """Does somebody open the page itself, in a tab and not in a frame?"""
    how = [request.headers.getall(field, []) for field in ("Sec-Fetch-Mode", "Sec-Fetch-Dest")]
    return (request.method, request.path) == ("GET", "/") and how == [["navigate"], ["document"]]


def _name(host: str) -> str:
    """Without the port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isascii() and port.isdigit() else host


def admitting(visitors: Visitors) -> Middleware:
    """Rule 3, of `/api/`. The handler finds the visitor in the request."""

    @web.middleware
    async def admitted(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/api/"):
            return await handler(request)
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        async with visitors.admit(bearer if scheme == "Bearer" else "") as visitor:
            request[BEARER], request[VISITOR] = bearer, visitor
            return await handler(request)

    return admitted
