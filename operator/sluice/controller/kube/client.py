"""All HTTP: one session to the API server, raw JSON in and out.

Credentials and TLS come from the kubernetes package. Its generated models are not used: turning a pod into objects and
back costs more than everything else we do with it.

A write is sent only while `may_write` says so: an operator that has lost its Lease must not act (see
`leader_election`).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from typing import Any, TypeVar

import aiohttp
import orjson
from aiohttp.http_exceptions import HttpProcessingError
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from sluice import __version__
from sluice.controller.clock import Clock
from sluice.controller.kube.parsing import loads
from sluice.controller.observability.metrics import api_answered, api_retried, watch_began
from sluice.controller.queue.pieces import Pieces
from sluice.core import Json
from sluice.core.base.errors import NotLeader, SluiceError, Unanswered
from sluice.core.pod.create_errors import CreateError, classify

T = TypeVar("T")

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_OF_ALL = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

_ANSWER_S = 30.0
_SILENCE_S = 90.0  # a watch has a bookmark at least once a minute
_PAGE = 500
_METADATA_PAGE = 50

FORBIDDEN, NOT_FOUND, CONFLICT, GONE, INVALID = 403, 404, 409, 410, 422

# The network failed, a token cannot be read just now, the text is no JSON (ValueError), as a proxy's page or the last
# line of a watch that was cut, or it is too long (HttpProcessingError).
_NO_ANSWER = (TimeoutError, aiohttp.ClientError, OSError, ValueError, config.ConfigException, HttpProcessingError)

_LINE_MAX = 2**24
"""Bytes. A line of a watch is a whole object: 1.5 MiB in etcd at most, and in JSON each `<` has six characters."""


class ApiError(SluiceError):
    """The API server refused. `reason` is for programs, `message` for people."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        self.status, self.reason, self.message = status, reason, message
        super().__init__(f"{status} {reason}: {message}")


class KubeClient:
    """The API server. All methods raise ApiError if it refuses and Unanswered if no answer comes."""

    def __init__(
        self, configuration: Configuration, clock: Clock, may_write: Callable[[], bool] = lambda: True
    ) -> None:
        self.may_write, self._clock = may_write, clock
        self._configuration = configuration
        self._tls = ApiClient(configuration).rest_client.ssl_context
        self._session: aiohttp.ClientSession | None = None
        self._answers = Pieces(clock)
        self._streams = True
        """Until the API server says that it cannot (on by default in Kubernetes 1.32 and from 1.34 on)."""

    @classmethod
    async def connect(cls, clock: Clock, may_write: Callable[[], bool] = lambda: True) -> "KubeClient":
        """In a cluster with the pod's ServiceAccount, elsewhere with the current kubeconfig."""
        configuration = Configuration()
        try:
            # the package has no annotations here
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except config.ConfigException:
            await config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        return cls(configuration, clock, may_write)

    @property
    def server(self) -> str:
        """Its address, such as https://[fd00::1]:443."""
        return str(self._configuration.host)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, **params: str) -> Json:
        return await self._request("GET", path, params=params)

    async def get_metadata(self, path: str) -> Json:
        """The object with its metadata alone."""
        return await self._request("GET", path, accept=METADATA_ONLY)

    async def text(self, path: str, **params: str) -> str:
        """A resource that is plain text: a log."""
        return (await self._send("GET", path, params=params, accept="*/*")).decode(errors="replace")

    async def create(self, path: str, body: Json, accept: str = JSON) -> Json:
        return await self._request("POST", path, body=body, accept=accept)

    async def replace(self, path: str, body: Json) -> Json:
        return await self._request("PUT", path, body=body)

    async def patch(self, path: str, body: Json) -> Json:
        """A JSON merge patch. The answer has the object's metadata only."""
        return await self._request("PATCH", path, body=body, content_type=MERGE_PATCH, accept=METADATA_ONLY)

    async def delete(self, path: str, uid: str, version: int | None = None) -> None:
        """Deletes the object only if it still is the one with this UID, and with `version` only if it is as it was."""
        conditions = {"uid": uid} | ({} if version is None else {"resourceVersion": str(version)})
        await self._request("DELETE", path, body={"preconditions": conditions}, accept=METADATA_ONLY)

    async def snapshot(
        self, view: Callable[[Json], T | None], path: str, *, size: int = _PAGE, **params: str
    ) -> tuple[list[T], str]:
        """All objects of a collection that have a view, fresh from etcd, and the resourceVersion of the whole.

        They come one by one where the API server can do that, else as in `views`.
        """
        if self._streams:
            try:
                return await self._streamed(view, path, **params)
            except ApiError as error:
                if error.status not in (INVALID, GONE):
                    raise
                self._streams = error.status == GONE
        return await self.views(view, path, size=size, **params)

    async def _streamed(self, view: Callable[[Json], T | None], path: str, **params: str) -> tuple[list[T], str]:
        """By a WatchList: https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists."""
        found: dict[str, T] = {}
        query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", **params}
        events = self.watch(path, "", kept=True, **query)
        async with aclosing(events):
            async for event in events:
                metadata = event["object"]["metadata"]
                if event["type"] == "BOOKMARK":
                    if metadata.get("annotations", {}).get("k8s.io/initial-events-end") == "true":
                        return list(found.values()), metadata["resourceVersion"]
                elif event["type"] == "DELETED" or (seen := view(event["object"])) is None:
                    found.pop(metadata["uid"], None)
                else:
                    found[metadata["uid"]] = seen
        raise Unanswered(f"list {path}: the stream ended early")

    async def views(
        self,
        view: Callable[[Json], T | None],
        path: str,
        *,
        size: int = _PAGE,
        accept: str = JSON,
        **params: str,
    ) -> tuple[list[T], str]:
        """All objects of a collection that have a view, fresh from etcd, and the resourceVersion of the whole.

        They come in pages of `size` objects, and each page is cut down to its views and let go before the next is
        asked for: thousands of whole pods would take hundreds of megabytes.
        """
        found: list[T] = []
        following, version = "", ""
        while True:
            query = {"limit": str(size), **({"continue": following} if following else {}), **params}
            page = await self._request("GET", path, params=query, accept=accept)
            found += _seen(view, page)
            following, version = page["metadata"].get("continue", ""), page["metadata"]["resourceVersion"]
            del page
            if not following:
                return found, version

    async def metadata_views(self, view: Callable[[Json], T | None], path: str, selector: str) -> list[T]:
        """What `view` makes of the metadata of the objects of a collection that have these labels. Their annotations
        may have 256 KiB each, whoever wrote them.
        """
        found, _ = await self.views(
            lambda item: view(item["metadata"]),
            path,
            size=_METADATA_PAGE,
            accept=METADATA_OF_ALL,
            labelSelector=selector,
        )
        return found

    async def watch(self, path: str, version: str, *, kept: bool = False, **params: str) -> AsyncGenerator[Json]:
        """Events after `version`, until the server ends the stream. Raises ApiError(410) if `version` is too old.

        `kept`: may parts of an object be kept and written again, as they are?
        """
        query = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "true", **params}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_ANSWER_S, sock_read=_SILENCE_S)
        try:
            headers = await self._headers(JSON)
            async with self._open().get(self._url(path), params=query, headers=headers, timeout=timeout) as answer:
                watch_began(path, answer.status)
                if not answer.ok:
                    raise _refusal(answer.status, await answer.read())
                while line := await answer.content.readline(max_line_length=_LINE_MAX):
                    event = loads(line, kept=kept)
                    if event["type"] == "ERROR":
                        status = event["object"]
                        raise ApiError(status.get("code", 0), status.get("reason", ""), status.get("message", ""))
                    yield event
        except _NO_ANSWER as error:
            raise Unanswered(f"watch {path}: {error!r}") from error

    async def _request(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: Json | None = None,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> Json:
        content = await self._send(method, path, params=params, body=body, content_type=content_type, accept=accept)
        await self._answers.turn()  # what follows may take a second, as when a run is restored
        try:
            found: Json = loads(content)
        except ValueError as error:  # a proxy's words
            raise Unanswered(f"{method} {path}: {error!r}") from error
        return found

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: Json | None = None,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> bytes:
        if method != "GET" and not self.may_write():
            raise NotLeader(f"{method} {path}")
        began = self._clock.monotonic()
        try:
            headers = await self._headers(accept) | ({"Content-Type": content_type} if body is not None else {})
            async with self._open().request(
                method,
                self._url(path),
                params=params,
                data=orjson.dumps(body) if body is not None else None,
                headers=headers,
            ) as answer:
                content = await answer.read()
                api_answered(method, path, answer.status, self._clock.monotonic() - began)
                if not answer.ok:
                    raise _refusal(answer.status, content)
        except _NO_ANSWER as error:
            api_answered(method, path, 0, self._clock.monotonic() - began)
            raise Unanswered(f"{method} {path}: {error!r}") from error
        return content

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ssl=self._tls),
                timeout=aiohttp.ClientTimeout(total=_ANSWER_S),
                read_bufsize=2**21,
            )
        return self._session

    def _url(self, path: str) -> str:
        return f"{self.server}{path}"

    async def _headers(self, accept: str) -> dict[str, str]:
        headers = {"Accept": accept, "User-Agent": f"sluice-operator/{__version__}"}
        if token := await self._configuration.get_api_key_with_prefix("BearerToken"):
            headers["Authorization"] = token
        return headers


def _seen(view: Callable[[Json], T | None], page: Json) -> Iterator[T]:
    items = page["items"] or []  # of metadata alone it is null if there are none
    items.reverse()
    while items:  # each is let go once it has been seen
        if (seen := view(items.pop())) is not None:
            yield seen


def _refusal(status: int, content: bytes) -> ApiError:
    try:
        answer: Any = orjson.loads(content)
        return ApiError(status, answer.get("reason", ""), answer.get("message", ""))
    except (orjson.JSONDecodeError, AttributeError):  # a proxy's words
        return ApiError(status, "", content[:256].decode(errors="replace"))


def is_transient(error: ApiError | Unanswered) -> bool:
    """Is the server busy, or silent, so that it does not say how things stand?"""
    return not isinstance(error, ApiError) or error.status == 429 or error.status >= 500  # noqa: PLR2004


def may_be_done(error: ApiError | Unanswered) -> bool:
    """Of a write: does the error leave open whether it was carried out? A server, or a proxy before it, may fail (5xx)
    after that. It answers 5xx also to what is too large for etcd, and that was not carried out.
    """
    if not isinstance(error, ApiError):
        return True
    return error.status >= 500 and classify(error.status, error.message) is not CreateError.TOO_LARGE  # noqa: PLR2004


def why_not_made(answer: ApiError | Unanswered, found: ApiError | Unanswered) -> str:
    """For people, about what was to be created. `answer` is what the create got, `found` what the look after it got."""
    if isinstance(answer, ApiError) and may_be_done(answer):
        return answer.message
    return f"no answer yet: {found}"


async def with_retries(attempt: Callable[[], Any], tries: int = 8) -> Any:
    """Repeats a request that may be repeated, while the server is busy or does not answer. The last error is raised."""
    for number in range(tries):
        try:
            return await attempt()
        except (ApiError, Unanswered) as error:
            if not is_transient(error) or number == tries - 1:
                raise
            api_retried(error.status if isinstance(error, ApiError) else 0)
            await asyncio.sleep(min(0.2 * 2**number, 10.0))
    raise AssertionError
