"""The informers of our own kinds are kopf's: its events go into the cache, and nothing else happens here.

kopf opens a watch anew that has told nothing for `inactivity_timeout`, not even a bookmark, and goes on where it was.
Of a watch that fails for good it ends the process.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import kopf
from kopf._cogs.clients import api as kopf_api  # there is no public way; test_object_reader fails if it changes
from kopf._core.reactor.inventory import ResourceMemories, ResourceMemory  # `operator` takes one, but exports no name

from sluice.api import GROUP, VERSION
from sluice.controller.informers.cache import Cache
from sluice.controller.informers.resync import PAGE
from sluice.controller.informers.store import Store
from sluice.controller.kube.client import ApiError, KubeClient
from sluice.controller.kube.object_reader import ObjectReader
from sluice.controller.kube.objects import ObjectView
from sluice.controller.kube.parsing import loads
from sluice.core.base.errors import Unanswered

_SILENCE_S = 70.0  # a bookmark is due every minute, and the API server's cache keeps events for 75 s
_CONNECT_S = 10.0
_ANSWER_S = 60.0  # for a page of a LIST
_LOOK_S = 1.0
_IDLE_S = 0.1
"""How long kopf keeps an object's last event, and a task for it. At a LIST it begins one for each object: with its own
five seconds thousands of whole objects are in memory at once.
"""

log = logging.getLogger("sluice")


def register(registry: kopf.OperatorRegistry, cache: Cache, listening: asyncio.Event, server: str) -> None:
    """What comes before `listening` is set is let go: an operator that stands by lists afresh when it leads, and until
    then would remember for nothing. `server` is the address of the API server for a pod.
    """
    parse_as_we_do()

    @kopf.on.login(registry=registry)
    async def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
        inside = kopf.login_with_service_account(**kwargs)
        if inside is None:
            return kopf.login_with_kubeconfig(**kwargs)
        return replace(inside, server=server)  # kopf's way needs the cluster's DNS

    for plural, store in cache.stores.items():
        kopf.on.event(GROUP, VERSION, plural, registry=registry)(_handler(cache.readers[plural], store, listening))


async def until_served(kube: KubeClient, plurals: Collection[str]) -> None:
    """Returns once the API server has all of our kinds. kopf looks for them once, and never watches one that comes
    later.
    """
    waiting = False
    while not await _are_served(kube, plurals):
        if not waiting:
            log.warning("the API server does not have all of %s yet; are the CRDs installed?", f"{GROUP}/{VERSION}")
            waiting = True
        await asyncio.sleep(_LOOK_S)


async def _are_served(kube: KubeClient, plurals: Collection[str]) -> bool:
    try:
        groups = (await kube.get("/apis"))["groups"]
        if GROUP not in {group["name"] for group in groups}:
            return False
        there = (await kube.get(f"/apis/{GROUP}/{VERSION}"))["resources"]
    except (ApiError, Unanswered) as error:
        log.warning("looking for our kinds: %s", error)
        return False
    return {resource["name"] for resource in there}.issuperset(plurals)


def parse_as_we_do() -> None:
    """Kopf parses by `json`, which one object that is nested too deeply stops, and with it all of a kind."""

    async def get(url: str, **kwargs: Any) -> Any:
        async with await kopf_api.request(method="get", url=url, **kwargs) as response:
            return await response.json(loads=loads)

    kopf_api.get = get
    kopf_api.json = SimpleNamespace(loads=loads)  # type: ignore[assignment, attr-defined]  # for the lines of a watch


def _handler(
    reader: ObjectReader[ObjectView], store: Store[ObjectView], listening: asyncio.Event
) -> Callable[..., Awaitable[None]]:
    async def changed(event: kopf.RawEvent, **_: Any) -> None:
        if not listening.is_set() or (seen := reader.read(dict(event["object"]))) is None:
            return
        if event["type"] == "DELETED":
            store.delete(seen)
        else:
            store.upsert(seen)

    return changed


def settings(silence_s: float = _SILENCE_S) -> kopf.OperatorSettings:
    """`silence_s`: after which a watch counts as dead."""
    chosen = kopf.OperatorSettings()
    chosen.watching.inactivity_timeout = silence_s
    # Not `initial_streaming`: of a stream that is cut before its end, kopf would go on at the last object's version and
    # never see those that were to come (1.45.2).
    chosen.watching.chunk_size = PAGE
    chosen.queueing.idle_timeout = _IDLE_S
    chosen.watching.connect_timeout = chosen.networking.connect_timeout = _CONNECT_S
    chosen.networking.request_timeout = _ANSWER_S
    chosen.posting.enabled = False  # our Events are in `event_recorder`
    chosen.scanning.disabled = True  # needs no right to list namespaces and CRDs
    chosen.persistence.diffbase_storage = _NoDiffs()
    return chosen


class NoMemories(ResourceMemories):
    """For each object that exists kopf keeps 0.9 KB for handlers, such as daemons, of which we have none."""

    async def recall(self, raw_body: kopf.RawBody, **kwargs: Any) -> ResourceMemory:
        return await super().recall(raw_body, **kwargs | {"ephemeral": True})


class _NoDiffs(kopf.DiffBaseStorage):
    """Our handlers take events as they come, so nothing need be copied and compared: a status may have thousands of
    tasks.
    """

    def build(self, **_: Any) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        return None

    def store(self, **_: Any) -> None:
        """Nothing is kept."""
