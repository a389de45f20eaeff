"""The stream of one tab: what its view follows, until the tab goes, the API server refuses, or a newer stream takes its
place.
"""

import asyncio
import logging
from asyncio import TaskGroup

from aiohttp import web
from multidict import MultiMapping

from sluice.client.api import ALL_NAMESPACES, Client
from sluice.client.errors import ClientError
from sluice.client.resources import BACKFILLS, POOLS
from sluice.core import Json
from sluice.page.channel import Channel
from sluice.page.feeds.objects import feed_objects
from sluice.page.feeds.rows import feed_rows

FAULT = "the page's server has a fault; it says more where it runs"

VIEWS = ("runs", "backfills", "pools", "run")
EVERYWHERE = "*"
"""As the namespace: all of them."""

Query = MultiMapping[str]

_LOGGER = logging.getLogger(__name__)


async def follow_view(response: web.StreamResponse, client: Client, query: Query, paused: asyncio.Event) -> None:
    """Writes events to the response. `query` says of which view; once `paused` is set, the stream says so and ends."""
    channel = Channel(response)
    feeding = asyncio.create_task(_feed(channel, client, query))
    pausing = asyncio.create_task(paused.wait())
    try:
        await asyncio.wait((feeding, pausing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        feeding.cancel()
        pausing.cancel()
        await asyncio.gather(feeding, pausing, return_exceptions=True)
    if paused.is_set():
        await channel.send("paused", {})
    elif not feeding.cancelled() and (fault := feeding.exception()):
        _LOGGER.error("the stream %s", query.get("view"), exc_info=fault)
        await channel.send("failed", {"error": FAULT, "kind": "Fault"})


async def _feed(channel: Channel, client: Client, query: Query) -> None:
    try:
        async with TaskGroup() as group:
            group.create_task(channel.stay_alive())
            _start(channel, client, query, group)
    except* ClientError as errors:
        await channel.send("failed", error_json(_first(errors)))
    except* ConnectionError:
        pass  # the tab has gone


def _start(channel: Channel, client: Client, query: Query, group: TaskGroup) -> None:
    view = query.get("view")
    namespace = ALL_NAMESPACES if query.get("namespace") == EVERYWHERE else client.namespace
    if view in ("runs", "backfills"):
        feed_rows(channel, client, namespace, group)
    if view == "backfills":
        feed_objects(channel, client, BACKFILLS, namespace, group)
    elif view == "pools":
        feed_objects(channel, client, POOLS, namespace, group)
    elif view == "run":
        from sluice.page.feeds.run_view import feed_run_view  # noqa: PLC0415  # see there

        feed_run_view(channel, client, query, group)


def _first(errors: BaseExceptionGroup[ClientError]) -> ClientError:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def error_json(error: ClientError) -> Json:
    """As the page gets it."""
    return {"error": str(error), "kind": type(error).__name__}
