"""Lists our own kinds: before the work begins, and now and again after that, since kopf does not report what was
deleted while its watch was down.

What such a LIST finds and no watch has told makes one suspect that the watch is stuck: see `liveness`.
"""

import asyncio
import logging

from sluice.controller.kube.cache import Cache
from sluice.controller.kube.client import ApiError, KubeClient
from sluice.controller.kube.objects import object_view
from sluice.controller.kube.paths import our_path
from sluice.controller.observability.liveness import Watches
from sluice.core.base.errors import Unanswered

_AGAIN_S = 600.0

log = logging.getLogger("sluice.listing")


async def list_objects(kube: KubeClient, store: Cache, namespace: str) -> list[str]:
    """Before the runs what they need: without its Workflow one would look orphaned. After them the Backfills: runs that
    are not there would look deleted. Returns the kinds that had news.
    """
    news = []
    for plural, known, replace in (
        ("pools", store.pools, store.replace_pools),
        ("workflows", store.workflows, store.replace_workflows),
        ("workflowruns", store.runs, store.replace_runs),
        ("backfills", store.backfills, store.replace_backfills),
    ):
        listed, version = await kube.views(object_view, our_path(namespace, plural))
        if store.has_news(known, listed):
            news.append(plural)
        replace(listed, int(version), namespace)
    return news


async def resync(kube: KubeClient, store: Cache, watches: Watches) -> None:
    while True:
        await asyncio.sleep(_AGAIN_S)
        for namespace in store.namespaces:
            try:
                for plural in await list_objects(kube, store, namespace):
                    watches.of(plural, namespace).missed()
            except (ApiError, Unanswered) as error:
                log.warning("listing again: %s", error)
