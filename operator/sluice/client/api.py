"""All requests of the user's side: raw JSON in and out, over one HTTP session."""

import copy
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from types import TracebackType
from typing import Self

import orjson

from sluice import __version__
from sluice.client import kubeconfig, table
from sluice.client.access import Access
from sluice.client.asynchronous import (
    ConfigException,
    Configuration,
    HttpProcessingError,
    RESTClientObject,
    aiohttp,
)
from sluice.client.errors import (
    ClientError,
    Conflict,
    Expired,
    Forbidden,
    NoCluster,
    NotFound,
    NotInstalled,
    Refused,
    Unreachable,
)
from sluice.client.resources import LOGS, NAMESPACES, OURS, PODS, SELF_REVIEWS, Resource
from sluice.client.table import TableRow
from sluice.core import Json
from sluice.core.base import foreign

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"  # JSON is YAML
FIELD_MANAGER = "sluice"

ALL_NAMESPACES = ""

_CONNECT_S, _ANSWER_S = 10.0, 30.0
_SILENCE_S = 90.0  # a watch has a bookmark at least once a minute
_PAGE = 200  # more is not faster, and takes more memory of the page's server, which it keeps
_READ_AHEAD = 2**21  # bytes, as are the next ones
_LINE_MAX = 2**24  # a line of a watch is a whole object: 1.5 MiB in etcd, and each `<` has six characters here
_LOG_READ_AHEAD = 2**16  # many logs may be read at once

# A token cannot be read just now (ConfigException), the text is no JSON (ValueError), as a proxy's page or the last
# line of a watch that was cut, or it is too long (HttpProcessingError).
_NO_ANSWER = (TimeoutError, aiohttp.ClientError, OSError, ValueError, ConfigException, HttpProcessingError)


class Client:
    """A client of the API server. All requests raise the errors of `sluice.client.errors`.

    Where a method takes a namespace, None is the client's own and ALL_NAMESPACES is all.

        async with await Client.connect(Access(namespace="team")) as client:
            run = await client.get(RUNS, "etl-7k2p2")
    """

    def __init__(self, configuration: Configuration, access: Access, namespace: str) -> None:
        self.namespace = namespace
        self.server = str(configuration.host)
        self._configuration, self._access = configuration, access
        self._tls = RESTClientObject(configuration).ssl_context
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    async def connect(cls, access: Access) -> "Client":
        """Sends nothing yet. Raises NoCluster."""
        configuration, namespace = await kubeconfig.load(access)
        return cls(configuration, access, namespace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    def within(self, namespace: str) -> "Client":
        """The same client in another namespace, over the same connections: they end with this one's."""
        self._open()
        other = copy.copy(self)
        other.namespace = namespace
        return other

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Json:
        """One object."""
        return await self._json("get", resource, namespace, name)

    async def pages(
        self, resource: Resource, namespace: str | None = None, *, accept: str = JSON, **query: str
    ) -> AsyncIterator[Json]:
        """The lists, or with `accept` the Tables, that a collection consists of: 200 objects each.

        `query` is what the server takes: labelSelector, fieldSelector, resourceVersion.
        """
        following = ""
        while True:
            page = await self._json(
                "list",
                resource,
                namespace,
                query={"limit": str(_PAGE), **query, **({"continue": following} if following else {})},
                accept=accept,
            )
            yield page
            following = page["metadata"].get("continue", "")
            if not following:
                return

    async def objects(self, resource: Resource, namespace: str | None = None, **query: str) -> list[Json]:
        """All objects of a collection as they are. For many runs use `table`."""
        return [item async for page in self.pages(resource, namespace, **query) for item in page["items"] or ()]

    async def table(self, resource: Resource, namespace: str | None = None, **query: str) -> list[TableRow]:
        """All objects of a collection as rows: their metadata, and the printer columns as cells."""
        found: list[TableRow] = []
        query = {"includeObject": "Metadata", **query}
        async for page in self.pages(resource, namespace, accept=table.ACCEPT, **query):
            found += table.rows(page, table.column_names(page))
        return found

    async def watch(
        self, resource: Resource, version: str, namespace: str | None = None, *, accept: str = JSON, **query: str
    ) -> AsyncIterator[Json]:
        """Events after `version`, BOOKMARK among them, until the server ends the stream: then watch on from the last.

        Raises Expired if `version` is too old: then list again. With `accept` of a Table each event's object is one.
        """
        query = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "true", **query}
        where = self._where(namespace)
        async with self._send(
            "GET", _path(resource, where), query=query, accept=accept, timeout=_stream_timeout(_SILENCE_S)
        ) as answer:
            await self._check(answer, "watch", resource, where, "")
            try:
                while line := await answer.content.readline(max_line_length=_LINE_MAX):
                    event: Json = orjson.loads(line)
                    if event["type"] == "ERROR":
                        raise self._error(event["object"], "watch", resource, where, "")
                    yield event
            except _NO_ANSWER as error:
                raise Unreachable(self.server, _reason(error)) from error

    async def log(
        self, pod: str, namespace: str | None = None, *, container: str = "main", **query: str
    ) -> AsyncIterator[bytes]:
        """The bytes of a container's log in chunks as they come, not in lines; with `follow="true"` until it ends.

        `query` is what the server takes: follow, timestamps, sinceSeconds, sinceTime, tailLines, previous.
        """
        where = self._where(namespace)
        query = {"container": container, **query}
        path = _path(PODS, where, pod, "log")
        async with self._send(
            "GET", path, query=query, accept="*/*", timeout=_stream_timeout(None), read_ahead=_LOG_READ_AHEAD
        ) as answer:
            await self._check(answer, "get", LOGS, where, pod)
            try:
                async for chunk in answer.content.iter_any():
                    yield chunk
            except _NO_ANSWER as error:
                raise Unreachable(self.server, _reason(error)) from error

    async def create(
        self, resource: Resource, body: Json, namespace: str | None = None, *, dry_run: bool = False
    ) -> Json:
        """The object as it was created. Raises Conflict if it exists."""
        return await self._json("create", resource, namespace, body=body, query=_writing(dry_run=dry_run))

    async def patch(
        self, resource: Resource, name: str, body: Json, namespace: str | None = None, *, dry_run: bool = False
    ) -> Json:
        """By a JSON merge patch; the object as it then is. A resourceVersion in `body` must be the current one."""
        query = _writing(dry_run=dry_run)
        return await self._json("patch", resource, namespace, name, body=body, query=query, content_type=MERGE_PATCH)

    async def apply(
        self, resource: Resource, body: Json, namespace: str | None = None, *, dry_run: bool = False
    ) -> Json:
        """By server-side apply, as the field manager `sluice`; the object as it then is."""
        name, query = body["metadata"]["name"], _writing(dry_run=dry_run)
        return await self._json("patch", resource, namespace, name, body=body, query=query, content_type=APPLY_PATCH)

    async def whoami(self) -> str:
        """The user name by which the API server knows us."""
        review = await self.create(SELF_REVIEWS, {"apiVersion": SELF_REVIEWS.api_version, "kind": SELF_REVIEWS.kind})
        return str(review["status"]["userInfo"]["username"])

    def _where(self, namespace: str | None) -> str:
        return self.namespace if namespace is None else namespace

    async def _json(
        self,
        verb: str,
        resource: Resource,
        namespace: str | None,
        name: str | None = None,
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        accept: str = JSON,
        content_type: str = JSON,
    ) -> Json:
        where = self._where(namespace)
        method = {"create": "POST", "patch": "PATCH"}.get(verb, "GET")
        async with self._send(
            method, _path(resource, where, name), query=query, body=body, accept=accept, content_type=content_type
        ) as answer:
            await self._check(answer, verb, resource, where, name or "")
            try:
                found: Json = orjson.loads(await answer.read())
            except _NO_ANSWER as error:
                raise Unreachable(self.server, _reason(error)) from error
            return found

    @asynccontextmanager
    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        accept: str = JSON,
        content_type: str = JSON,
        timeout: aiohttp.ClientTimeout | None = None,  # noqa: ASYNC109  # aiohttp's own
        read_ahead: int = _READ_AHEAD,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            answer = await self._open().request(
                method,
                f"{self.server}{path}",
                params=query,
                data=None if body is None else orjson.dumps(body),
                headers=await self._headers(accept, content_type),
                timeout=timeout or self._timeout(),
                proxy=self._configuration.proxy,
                server_hostname=self._configuration.tls_server_name,
                read_bufsize=read_ahead,
            )
        except _NO_ANSWER as error:
            raise Unreachable(self.server, _reason(error)) from error
        async with answer:
            yield answer

    async def _check(
        self, answer: aiohttp.ClientResponse, verb: str, resource: Resource, namespace: str, name: str
    ) -> None:
        if answer.ok:
            return
        try:
            content = await answer.read()
        except _NO_ANSWER as error:
            raise Unreachable(self.server, _reason(error)) from error
        raise self._error(_status(answer.status, content), verb, resource, namespace, name)

    def _error(self, status: Json, verb: str, resource: Resource, namespace: str, name: str) -> ClientError:
        """From a Status object."""
        code, details = foreign.integer(status.get("code")) or 0, foreign.mapping(status.get("details"))
        words = str(status.get("message") or status.get("reason") or f"HTTP status {code}")
        if code == HTTPStatus.UNAUTHORIZED:
            return NoCluster(f"{self.server} does not accept the credentials of the kubeconfig ({words})")
        if code == HTTPStatus.FORBIDDEN and _is_about_rights(words):
            return Forbidden(verb, resource, namespace, words)
        if code == HTTPStatus.NOT_FOUND:
            if details.get("kind") == NAMESPACES.plural:
                return NotFound(NAMESPACES, namespace, "")
            if resource in OURS and not details.get("name"):
                return NotInstalled(self.server)
            return NotFound(resource, name, namespace)
        if code == HTTPStatus.CONFLICT:
            return Conflict(words, exists=status.get("reason") == "AlreadyExists")
        if code == HTTPStatus.GONE:
            return Expired(words)
        if code == HTTPStatus.TOO_MANY_REQUESTS or code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unreachable(self.server, words)
        return Refused(code, words)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, ssl=self._tls))
        return self._session

    def _timeout(self) -> aiohttp.ClientTimeout:
        total = self._access.request_timeout_s
        if total is not None:
            return aiohttp.ClientTimeout(total=total or None)
        return aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_ANSWER_S)

    async def _headers(self, accept: str, content_type: str) -> dict[str, str]:
        headers = {"Accept": accept, "Content-Type": content_type, "User-Agent": f"sluice/{__version__}"}
        if token := await self._configuration.get_api_key_with_prefix("BearerToken"):
            headers["Authorization"] = token
        if self._access.as_user:
            headers["Impersonate-User"] = self._access.as_user
        return headers


def _path(resource: Resource, namespace: str, name: str | None = None, subresource: str = "") -> str:
    """Of a collection, or of the object of that name. Raises NotFound for a name that nothing can have: it would lead
    elsewhere, as the API server takes %2F for a slash.
    """
    if namespace and not _is_name(namespace):
        raise NotFound(NAMESPACES, namespace, "")
    if name is not None and not _is_name(name):
        raise NotFound(resource, name, namespace)
    return resource.path(namespace, name or "", subresource)


def _is_name(text: str) -> bool:
    """May it be one, as Kubernetes has it of all kinds?"""
    return text not in ("", ".", "..") and "/" not in text and "%" not in text


def _stream_timeout(silence_s: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=silence_s)


def _writing(*, dry_run: bool) -> dict[str, str]:
    return {"fieldManager": FIELD_MANAGER, **({"dryRun": "All"} if dry_run else {})}


def _is_about_rights(words: str) -> bool:
    """Admission plugins answer 403 as well, with words of their own."""
    return " cannot " in words and "is forbidden: User " in words


def _status(code: int, content: bytes) -> Json:
    try:
        status = orjson.loads(content)
    except ValueError:  # a proxy's words
        status = None
    if not isinstance(status, dict):
        status = {"message": content[:200].decode(errors="replace")}
    return {**status, "code": code}  # the server's own word: a proxy's body may have another, or a text


def _reason(error: BaseException) -> str:
    """The operating system's message if there is one in the exception chain; the libraries' are for programmers."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno and cause.errno > 0:
            return os.strerror(cause.errno)  # asyncio puts words of its own in place of them
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, TimeoutError):
        return "it took too long"
    return "its answer makes no sense" if isinstance(error, ValueError) else str(error) or "the connection broke"
