"""All objects of a kind that has few, Pools and Backfills: all of them again after each change."""

from asyncio import TaskGroup
from collections.abc import AsyncIterator

from sluice.client.api import Client
from sluice.client.follow import follow_objects
from sluice.client.resources import Resource
from sluice.core import Json
from sluice.page.channel import Channel
from sluice.page.feeds.latest import Latest


def feed_objects(channel: Channel, client: Client, resource: Resource, namespace: str, group: TaskGroup) -> None:
    """Of a namespace, or with '' of all."""
    group.create_task(_feed(channel, client, resource, namespace, group))


async def _feed(channel: Channel, client: Client, resource: Resource, namespace: str, group: TaskGroup) -> None:
    latest: Latest[list[Json]] = Latest(resource.plural)
    group.create_task(latest.keep(_objects(client, resource, namespace, latest)))
    async for found in latest.updates(channel):
        await channel.send(resource.plural, found)


async def _objects(
    client: Client, resource: Resource, namespace: str, latest: Latest[list[Json]]
) -> AsyncIterator[list[Json]]:
    known: dict[str, Json] = {}
    listed = False
    async for event, found in follow_objects(client, resource, namespace, latest.lost):
        if event == "LISTED":
            listed = True
        elif event == "DELETED":
            known.pop(found["metadata"]["uid"], None)
        else:
            known[found["metadata"]["uid"]] = _shape(found)
        if listed:
            yield list(known.values())


def _shape(found: Json) -> Json:
    return {
        "uid": found["metadata"]["uid"],
        "namespace": found["metadata"]["namespace"],
        "name": found["metadata"]["name"],
        "createdAt": found["metadata"].get("creationTimestamp", ""),
        "spec": found.get("spec") or {},
        "status": found.get("status") or {},
    }
