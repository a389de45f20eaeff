"""Lists our own kinds: before the work begins, and every ten minutes after that. kopf does not report what was deleted
while its watch was down, so a LIST has to.
"""

import asyncio
import logging

from sluice.controller.kube.cache import Cache
from sluice.controller.kube.client import ApiError, KubeClient
from sluice.controller.kube.objects import ObjectView, object_view, readable
from sluice.controller.kube.paths import our_path
from sluice.core import Json
from sluice.core.base.errors import Unanswered

_RESYNC_S = 600.0

log = logging.getLogger("sluice.listing")


async def list_objects(kube: KubeClient, cache: Cache, namespace: str) -> None:
    """May raise ApiError or Unanswered."""
    for plural, store in cache.stores.items():
        listed, version = await kube.views(_view_or_uid, our_path(namespace, plural))
        views = [each for each in listed if not isinstance(each, str)]
        store.replace(views, int(version), namespace, unreadable=[each for each in listed if isinstance(each, str)])


def _view_or_uid(body: Json) -> ObjectView | str:
    """Only the UID of an object that cannot be read."""
    return object_view(body) if readable(body) else str(body["metadata"]["uid"])


async def resync(kube: KubeClient, cache: Cache) -> None:
    """Never returns."""
    while True:
        await asyncio.sleep(_RESYNC_S)
        for namespace in cache.namespaces:
            try:
                await list_objects(kube, cache, namespace)
            except (ApiError, Unanswered) as error:
                log.warning("listing again: %s", error)
