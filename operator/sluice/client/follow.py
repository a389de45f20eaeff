"""What stays current: read once, then watched, and read again where the watch has a gap."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from sluice.client import table
from sluice.client.api import Client
from sluice.client.errors import Deleted, Expired, NotFound, NotInstalled, Unreachable
from sluice.client.resources import Resource
from sluice.client.table import TableRow
from sluice.core import Json

T = TypeVar("T")

Rows = dict[str, TableRow]
"""By UID."""

Lost = Callable[[Unreachable | NotInstalled], None]
"""Is told of each try to reach a lost server that fails. What is yielded next is current again."""

_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.5, 10.0


def _ignore(_: Unreachable | NotInstalled) -> None:
    """Nobody is told."""


class _Patience:
    """With a server that is lost after it has answered once: each time the next try comes later. With one that ends
    each stream at once: a moment passes between two.
    """

    def __init__(self, lost: Lost) -> None:
        self._lost = lost
        self._wait_s: float | None = None
        self._next_at = 0.0

    async def stream(self) -> None:
        """Another stream is about to be opened."""
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, self._next_at - now))
        self._next_at = max(now, self._next_at) + _SHORTEST_WAIT_S

    def answered(self) -> None:
        self._wait_s = _SHORTEST_WAIT_S

    async def wait(self, error: Unreachable | NotInstalled) -> None:
        """Raises the error if the server has never answered."""
        if self._wait_s is None:
            raise error
        self._lost(error)
        await asyncio.sleep(self._wait_s)
        self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S)


async def follow(
    client: Client, resource: Resource, namespace: str | None = None, lost: Lost = _ignore, /, **query: str
) -> AsyncIterator[Rows]:
    """All rows, again after each change; without end. The dict is the same each time.

    Raises as `follow_as` does.
    """
    async for rows in follow_as(client, resource, _itself, namespace, lost, **query):
        yield rows


def _itself(row: TableRow) -> TableRow:
    return row


async def follow_as(
    client: Client,
    resource: Resource,
    shape: Callable[[TableRow], T],
    namespace: str | None = None,
    lost: Lost = _ignore,
    /,
    **query: str,
) -> AsyncIterator[dict[str, T]]:
    """What `shape` makes of each row, as `follow`: there may be thousands, so no more of them is kept.

    A server that is lost later is waited for. The client's errors are raised before the first rows only, and
    Forbidden at any time.
    """
    rows: dict[str, T] = {}
    patience = _Patience(lost)
    while True:
        try:
            version = await _list(client, resource, shape, namespace, rows, query)
            yield rows
            patience.answered()
            while True:
                await patience.stream()
                columns: list[str] = []
                events = client.watch(
                    resource, version, namespace, accept=table.ACCEPT, includeObject="Metadata", **query
                )
                async for event in events:
                    columns = columns or table.column_names(event["object"])
                    for row in table.rows(event["object"], columns):
                        version = row.metadata["resourceVersion"]
                        if event["type"] != "BOOKMARK":
                            _note(rows, event["type"], row, shape)
                            yield rows
        except Expired:
            continue
        except (Unreachable, NotInstalled) as error:
            await patience.wait(error)


async def _list(
    client: Client,
    resource: Resource,
    shape: Callable[[TableRow], T],
    namespace: str | None,
    rows: dict[str, T],
    query: dict[str, str],
) -> str:
    """Puts what there is in place of `rows`, all at once; the version of the list."""
    found: dict[str, T] = {}
    version = ""
    async for page in client.pages(resource, namespace, accept=table.ACCEPT, includeObject="Metadata", **query):
        version = page["metadata"]["resourceVersion"]
        found |= {row.metadata["uid"]: shape(row) for row in table.rows(page, table.column_names(page))}
    rows.clear()
    rows.update(found)
    return version


def _note(rows: dict[str, T], event: str, row: TableRow, shape: Callable[[TableRow], T]) -> None:
    if event == "DELETED":
        rows.pop(row.metadata["uid"], None)
    else:
        rows[row.metadata["uid"]] = shape(row)


async def follow_objects(
    client: Client, resource: Resource, namespace: str | None = None, lost: Lost = _ignore, /, **query: str
) -> AsyncIterator[tuple[str, Json]]:
    """Each object there is, then each change: ADDED, MODIFIED or DELETED, and the object, of which after a gap only
    the metadata may be left. Without end; LISTED and {} follow the objects that are there.

    A server that is lost later is waited for. The client's errors are raised before that only, and Forbidden at any
    time.
    """
    known: dict[str, Json] = {}
    patience = _Patience(lost)
    while True:
        try:
            listed: dict[str, Json] = {}
            version = ""
            async for page in client.pages(resource, namespace, **query):
                version = page["metadata"]["resourceVersion"]
                for found in page["items"] or ():
                    uid = found["metadata"]["uid"]
                    listed[uid] = known[uid] = {"metadata": found["metadata"]}
                    yield "ADDED", found
            gone = [known[uid] for uid in known if uid not in listed]
            known = listed
            for found in gone:
                yield "DELETED", found
            yield "LISTED", {}
            patience.answered()
            while True:
                await patience.stream()
                async for event in client.watch(resource, version, namespace, **query):
                    found = event["object"]
                    version = found["metadata"]["resourceVersion"]
                    if event["type"] == "BOOKMARK":
                        continue
                    if event["type"] == "DELETED":
                        known.pop(found["metadata"]["uid"], None)
                    else:
                        known[found["metadata"]["uid"]] = {"metadata": found["metadata"]}
                    yield event["type"], found
        except Expired:
            continue
        except (Unreachable, NotInstalled) as error:
            await patience.wait(error)


async def follow_object(
    client: Client,
    resource: Resource,
    name: str,
    namespace: str | None = None,
    *,
    to_come: bool = False,
    lost: Lost = _ignore,
) -> AsyncIterator[Json]:
    """The object now and after each change; without end. `to_come`: it may not exist yet, and is then waited for.

    Raises Deleted once it is gone, also if another has its name by then. A server that is lost later is waited for, and
    each time `lost` is told why; the client's errors are raised before the object is there, and Forbidden at any time.
    """
    known, patience = "", _Patience(lost)
    while True:
        try:
            found = await client.get(resource, name, namespace)
            if known not in ("", found["metadata"]["uid"]):
                raise Deleted(resource, name)
            known = found["metadata"]["uid"]
            patience.answered()
            yield found
            version = found["metadata"]["resourceVersion"]
            while True:
                await patience.stream()
                selector = {"fieldSelector": f"metadata.name={name}"}
                async for event in client.watch(resource, version, namespace, **selector):
                    version = event["object"]["metadata"]["resourceVersion"]
                    if event["type"] == "DELETED" or event["object"]["metadata"].get("uid", known) != known:
                        raise Deleted(resource, name)
                    if event["type"] != "BOOKMARK":
                        yield event["object"]
        except Expired:
            continue
        except NotFound:
            if known:
                raise Deleted(resource, name) from None
            if not to_come:
                raise
            await asyncio.sleep(_SHORTEST_WAIT_S)
        except (Unreachable, NotInstalled) as error:  # one that has just started does not know our kinds yet
            await patience.wait(error)
