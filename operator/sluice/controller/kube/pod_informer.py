"""Lists and watches the pods of all runs, and keeps the store's view of them true.

kopf copies and compares each body, which for pods costs more than our decisions (measured with a bare prototype: 1.27
times the time of plain pods). So pods are watched here, with nothing done to an event but cutting it down to its
view.
"""

import asyncio
import logging
import time

from sluice.controller.kube.cache import Cache
from sluice.controller.kube.client import GONE, ApiError, KubeClient
from sluice.controller.kube.paths import pods_path
from sluice.controller.observability.liveness import WatchHealth
from sluice.core.base.errors import Unanswered
from sluice.core.base.naming import LABEL_RUN_UID
from sluice.core.pod.view import pod_view

_PAUSE_S = 1.0
_LONG_S = 300.0

log = logging.getLogger("sluice.pods")


async def run_pod_informer(
    kube: KubeClient, store: Cache, namespace: str, synced: asyncio.Event, watch: WatchHealth
) -> None:
    """Never returns. `synced` is set once the store knows every pod of the namespace; "" means all namespaces."""
    version = ""
    watch.heard()
    while True:
        try:
            if not version:
                found, version = await kube.views(pod_view, pods_path(namespace), labelSelector=LABEL_RUN_UID)
                store.replace_pods(found, int(version), namespace)
                synced.set()
                watch.heard()
            began, heard = time.monotonic(), False
            async for event in kube.watch(pods_path(namespace), version, labelSelector=LABEL_RUN_UID):
                pod, heard = event["object"], True
                watch.heard()
                version = pod["metadata"]["resourceVersion"]
                if event["type"] == "DELETED":
                    store.forget_pod(pod_view(pod))
                elif event["type"] != "BOOKMARK":
                    store.see_pod(pod_view(pod))
            if time.monotonic() - began > _LONG_S:  # it ends a watch every half hour or so
                version = ""  # a LIST repairs whatever was missed
            elif not heard:  # it also ends one that falls behind a burst, and that goes on where it was, at once
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
