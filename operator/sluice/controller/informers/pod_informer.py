"""The informer of pods: lists and watches those of all runs, and keeps the cache true.

kopf copies and compares each body, which for pods costs more than our decisions (measured with a bare prototype: 1.27
times the time of plain pods). So pods are watched here, and an event is only cut down to its view.
"""

import asyncio
import logging
from functools import partial

from sluice.controller.clock import Clock
from sluice.controller.informers.store import Store
from sluice.controller.kube.client import GONE, ApiError, KubeClient
from sluice.controller.kube.object_reader import ObjectReader
from sluice.controller.kube.paths import pods_path
from sluice.controller.observability.liveness import WatchHealth
from sluice.core.base.errors import Unanswered
from sluice.core.base.naming import LABEL_RUN_UID
from sluice.core.pod.view import PodView, pod_view

_PAUSE_S = 1.0
_RELIST_AFTER_S = 300.0

log = logging.getLogger("sluice.pods")


async def run_pod_informer(
    kube: KubeClient,
    pods: Store[PodView],
    namespace: str,
    synced: asyncio.Event,
    health: WatchHealth,
    clock: Clock,
) -> None:
    """Never returns. `synced` is set once the store knows every pod of the namespace; "" means all namespaces."""
    version = ""
    reader = ObjectReader("pods", pod_view)
    health.heard()
    while True:
        try:
            if not version:
                unreadable: set[str] = set()
                view = partial(reader.read, skipped=unreadable)
                found, version = await kube.snapshot(view, pods_path(namespace), labelSelector=LABEL_RUN_UID)
                pods.replace(found, int(version), namespace, unreadable)
                synced.set()
                health.heard()
            began, heard = clock.monotonic(), False
            async for event in kube.watch(pods_path(namespace), version, labelSelector=LABEL_RUN_UID):
                heard = True
                health.heard()
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] == "BOOKMARK" or (pod := reader.read(event["object"])) is None:
                    continue
                if event["type"] == "DELETED":
                    pods.delete(pod)
                else:
                    pods.upsert(pod)
            if clock.monotonic() - began > _RELIST_AFTER_S:  # the server ends a watch every half hour or so
                version = ""  # a LIST repairs whatever was missed
            elif not heard:  # it also ends one that falls behind a burst, and that one is resumed at once
                await asyncio.sleep(_PAUSE_S)
        except ApiError as error:
            if error.status == GONE:
                log.info("the watch for pods fell behind; listing them again")
                version = ""
            else:
                log.warning("watching pods: %s", error)
            await asyncio.sleep(_PAUSE_S)
        except Unanswered as error:
            log.warning("watching pods: %s", error)
            await asyncio.sleep(_PAUSE_S)
