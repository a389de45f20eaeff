"""Lists our own kinds: before the work begins, and every ten minutes after that. kopf does not report what was deleted
while its watch was down, so a LIST has to.
"""

import asyncio
import logging
from functools import partial

from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import ApiError, KubeClient
from sluice.controller.kube.paths import our_path
from sluice.core.base.errors import Unanswered

_RESYNC_S = 600.0
PAGE = 2  # an object of ours may have 1.5 MB, and take 33 MB as parsed if it consists of empty maps

log = logging.getLogger("sluice.listing")


async def list_objects(kube: KubeClient, cache: Cache, namespace: str) -> None:
    """May raise ApiError or Unanswered."""
    for plural, store in cache.stores.items():
        unreadable: set[str] = set()
        view = partial(cache.readers[plural].read, skipped=unreadable)
        listed, version = await kube.snapshot(view, our_path(namespace, plural), size=PAGE)
        store.replace(listed, int(version), namespace, unreadable)


async def resync(kube: KubeClient, cache: Cache) -> None:
    """Never returns."""
    while True:
        await asyncio.sleep(_RESYNC_S)
        for namespace in cache.namespaces:
            try:
                await list_objects(kube, cache, namespace)
            except (ApiError, Unanswered) as error:
                log.warning("listing again: %s", error)
