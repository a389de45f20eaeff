"""The Pools of a namespace: who holds them, and who waits."""

from asyncio import TaskGroup
from collections.abc import AsyncIterator

from sluice.client.api import Client
from sluice.client.follow import follow_objects
from sluice.client.resources import POOLS
from sluice.core import Json
from sluice.page.channel import Channel
from sluice.page.feeds.latest import Latest


def feed_pools(channel: Channel, client: Client, namespace: str, group: TaskGroup) -> None:
    """Of a namespace, or with '' of all."""
    group.create_task(_feed(channel, client, namespace, group))


async def _feed(channel: Channel, client: Client, namespace: str, group: TaskGroup) -> None:
    latest: Latest[list[Json]] = Latest("pools")
    group.create_task(latest.keep(_pools(client, namespace, latest)))
    async for pools in latest.told(channel):
        await channel.send("pools", pools)


async def _pools(client: Client, namespace: str, latest: Latest[list[Json]]) -> AsyncIterator[list[Json]]:
    known: dict[str, Json] = {}
    listed = False
    async for event, found in follow_objects(client, POOLS, namespace, latest.lost):
        if event == "LISTED":
            listed = True
        elif event == "DELETED":
            known.pop(found["metadata"]["uid"], None)
        else:
            known[found["metadata"]["uid"]] = _shape(found)
        if listed:
            yield list(known.values())


def _shape(pool: Json) -> Json:
    return {
        "uid": pool["metadata"]["uid"],
        "namespace": pool["metadata"]["namespace"],
        "name": pool["metadata"]["name"],
        "spec": pool.get("spec") or {},
        "status": pool.get("status") or {},
    }
