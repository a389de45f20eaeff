"""Lists of runs and of Workflows, as rows: all at first, then those that have changed.

Of each row that was sent no more is kept than a digest of its JSON: there may be thousands, for each tab.
"""

from asyncio import TaskGroup
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from sluice.client.api import Client
from sluice.client.follow import follow_as
from sluice.client.names import is_child
from sluice.client.resources import RUNS, WORKFLOWS, Resource
from sluice.client.table import TableRow
from sluice.core import Json
from sluice.page.channel import Channel
from sluice.page.feeds.latest import Latest


def feed_rows(channel: Channel, client: Client, namespace: str, group: TaskGroup) -> None:
    """Of a namespace, or with '' of all."""
    for resource, shape in ((RUNS, _run), (WORKFLOWS, _workflow)):
        group.create_task(_feed(channel, client, namespace, resource, shape, group))


async def _feed(
    channel: Channel,
    client: Client,
    namespace: str,
    resource: Resource,
    shape: Callable[[TableRow], Json],
    group: TaskGroup,
) -> None:
    latest: Latest[dict[str, _Row]] = Latest(resource.plural)
    packed = follow_as(client, resource, lambda row: _Row.of(shape(row)), namespace, latest.lost)
    group.create_task(latest.keep(packed))
    sent: dict[str, _Row] | None = None
    async for latest_rows in latest.updates(channel):
        rows = dict(latest_rows)  # they go on changing while a slow tab is written to
        before = sent or {}
        changed = [uid for uid, row in rows.items() if before.get(uid) != row]
        gone = [uid for uid in before if uid not in rows]
        if changed or gone or sent is None:
            texts = (rows[uid].text for uid in changed)
            await channel.send(resource.plural, {"changed": list(map(orjson.Fragment, texts)), "gone": gone})
        for row in rows.values():
            row.text = ""
        sent = rows


@dataclass(slots=True)
class _Row:
    """`text` is its JSON until it is sent, and then empty."""

    digest: int
    text: str = field(compare=False)

    @classmethod
    def of(cls, row: Json) -> "_Row":
        text = orjson.dumps(row).decode()  # orjson's bytes keep the 1 KB or more that they were made in
        return cls(hash(text), text)


def _run(row: TableRow) -> Json:
    return {
        "uid": row.metadata["uid"],
        "namespace": row.namespace,
        "name": row.name,
        "workflow": row.cell("Workflow"),
        "phase": row.cell("Phase") or "Pending",
        "progress": row.cell("Progress"),
        "createdAt": row.metadata.get("creationTimestamp", ""),
        "startedAt": row.cell("Started At"),
        "finishedAt": row.cell("Finished At"),
        "why": row.cell("Why"),
        "child": is_child(row),
        "labels": row.metadata.get("labels") or {},
    }


def _workflow(row: TableRow) -> Json:
    return {
        "uid": row.metadata["uid"],
        "namespace": row.namespace,
        "name": row.name,
        "refused": row.cell("Accepted") == "False",
        "suspended": row.cells.get("Suspended") is True,
        "next": row.cell("Next"),
        "why": row.cell("Why"),
    }
