"""All that can be asked. Nothing else is forwarded to the cluster, and nothing goes anywhere else.

    GET  /, /static/…        the page's own files
    GET  /session            how one signs in
    POST /session            a one-time token for a key
    GET  /api/who            the visitor, the server, the namespaces
    GET  /api/live           the stream of a tab: ?view=runs|run|pools|backfills
    GET  /api/why, /api/diff, /api/yaml, /api/parameters, /api/graph, /api/timeline, /api/whatif,
         /api/workflow, /api/grid, /api/plan, /api/backfill
    POST /api/act            what changes something; see `actions`
    POST /api/download       an address for a log as a file: /download/…, which works once

The namespace is a parameter of all of `/api/`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from sluice.client.errors import ClientError, Forbidden, NoCluster, NotFound, NotInstalled, Unreachable
from sluice.client.names import BadName
from sluice.client.resources import RUNS
from sluice.core import Json
from sluice.page import assets
from sluice.page.channel import Streams
from sluice.page.downloads import Downloads, Wanted
from sluice.page.guard import BEARER, VISITOR, admitting, guard, headers, refusal
from sluice.page.live import EVERYWHERE, FAULT, VIEWS, error_json, follow_view
from sluice.page.visitors import NotAdmitted, Visitor, Visitors
from sluice.page.who import who

_MAX_BODY = 256 * 1024
_MAX_TOKEN_BODY = 1024
_BODY_S = 10.0
_LOGGER = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[ClientError], HTTPStatus], ...] = (
    (NotAdmitted, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (BadName, HTTPStatus.NOT_FOUND),
    (NotInstalled, HTTPStatus.BAD_GATEWAY),
    (NoCluster, HTTPStatus.BAD_GATEWAY),
    (Unreachable, HTTPStatus.BAD_GATEWAY),
)


def application(visitors: Visitors, hosts: tuple[str, ...]) -> web.Application:
    """`hosts` are names of the server besides this machine's own. Raises NoPage."""
    app = web.Application(middlewares=[guard(hosts), _errors, admitting(visitors)], client_max_size=_MAX_BODY)
    app.on_response_prepare.append(headers(assets.policy()))
    routes = _Routes(visitors)
    app.on_shutdown.append(routes.end_streams)
    app.router.add_get("/", _text(assets.index(), "text/html"))
    for path, (file, kind) in assets.files().items():
        app.router.add_get(path, _text(file.read_text(), kind))
    app.router.add_get("/session", routes.how)
    app.router.add_post("/session", routes.session)
    app.router.add_get("/api/live", routes.live, allow_head=False)  # what writes its answer itself would write one
    app.router.add_get("/api/who", routes.who)
    app.router.add_get("/api/{look}", routes.look)
    app.router.add_post("/api/act", routes.act)
    app.router.add_post("/api/download", routes.download)
    app.router.add_get("/download/{token}", routes.file, allow_head=False)
    return app


def _text(text: str, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type=kind)

    return handler


class _Routes:
    def __init__(self, visitors: Visitors) -> None:
        self._visitors, self._streams, self._downloads = visitors, Streams(), Downloads()

    async def how(self, _: web.Request) -> web.Response:
        """How one signs in."""
        return web.json_response({"by": "token" if self._visitors.sessions is None else "link"})

    async def session(self, request: web.Request) -> web.Response:
        sessions, length = self._visitors.sessions, request.content_length  # unread: nobody knows yet who asks
        if sessions is None:
            return refusal(HTTPStatus.FORBIDDEN, "there are no links here; sign in with a token for the API server")
        if length is None or length > _MAX_TOKEN_BODY:
            raise web.HTTPBadRequest
        asked = await _json(request)
        key = sessions.trade(str(asked.get("token", "")))
        if key is None:
            return refusal(
                HTTPStatus.FORBIDDEN, "this link was used already; press Enter where `sluice ui` runs, for a fresh one"
            )
        return web.json_response({"key": key})

    async def who(self, request: web.Request) -> web.Response:
        return web.json_response(await who(_within(request)))

    async def look(self, request: web.Request) -> web.Response:
        from sluice.page.looks import LOOKS  # noqa: PLC0415  # see there

        look = LOOKS.get(request.match_info["look"])
        if look is None:
            raise web.HTTPNotFound
        return web.json_response(await look(_within(request), lambda name: request.query.get(name, "")))

    async def act(self, request: web.Request) -> web.Response:
        from sluice.page.actions import act, asked  # noqa: PLC0415  # see `looks`

        if (action := asked(await _json(request))) is None:
            return refusal(HTTPStatus.BAD_REQUEST, "the page and its server do not fit together; load it again")
        return web.json_response(await act(_within(request), action))

    async def download(self, request: web.Request) -> web.Response:
        """The address of a file that is still to be fetched."""
        client, query = _within(request).client, request.query
        name = query.get("name", "")
        await client.get(RUNS, name)  # who may not read it hears so now
        wanted = Wanted(request[BEARER], client.namespace, name, query.get("logs", ""), query.get("item", ""))
        token = self._downloads.new(wanted)
        return web.json_response({"address": f"/download/{token}"})

    async def file(self, request: web.Request) -> web.StreamResponse:
        wanted = self._downloads.take(request.match_info["token"])
        if wanted is None:
            return refusal(
                HTTPStatus.NOT_FOUND, "this address was used already, or is too old; go back, and choose Download again"
            )
        from sluice.page.download import download  # noqa: PLC0415  # see there

        async with self._visitors.admit(wanted.bearer) as visitor:
            return await download(request, visitor.within(wanted.namespace).client, wanted)

    async def live(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("view") not in VIEWS:
            raise web.HTTPBadRequest
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        with suppress(ConnectionError):  # the tab has gone
            await response.prepare(request)
            async with self._streams.place(request[BEARER]) as paused:
                await follow_view(response, _within(request).client, request.query, paused)
        return response

    async def end_streams(self, _: web.Application) -> None:
        self._streams.end_all()


def _within(request: web.Request) -> Visitor:
    """Who asks, in the namespace that is asked about."""
    namespace = request.query.get("namespace", "")
    return request[VISITOR].within("" if namespace == EVERYWHERE else namespace)


async def _json(request: web.Request) -> Json:
    """{} if it is none. Who is slow to send it is sent away."""
    try:
        async with asyncio.timeout(_BODY_S):
            found = orjson.loads(await request.read())
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """As JSON, with what to do."""
    try:
        return await handler(request)
    except ClientError as error:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
        return web.json_response(error_json(error), status=status)
    except web.HTTPException as error:
        return refusal(HTTPStatus(error.status), error.reason)
    except Exception:
        _LOGGER.exception("%s %s", request.method, request.path)
        return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, FAULT)
