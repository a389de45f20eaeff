"""Deletes ended pods once their logs have been kept for long enough.

They go a few at a time, so that new pods never wait behind a burst of deletions, and only after their end is recorded
in the status of their run. Where ended pods use up a quota (`count/pods`), they go early.
"""

import asyncio
import heapq
import logging

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.informers.store import ObjectChange
from sluice.controller.kube.client import ApiError, KubeClient
from sluice.controller.kube.paths import pods_path
from sluice.controller.queue.round_robin import FairQueue
from sluice.controller.resources.sidecar_cleanup import SidecarCleanup
from sluice.core.base.errors import Unanswered
from sluice.core.pod.outcome import pod_outcome
from sluice.core.pod.view import PodView
from sluice.core.spec.ending import Ending

WORKERS = 4
_POLL_S = 1.0

log = logging.getLogger("sluice.retention")


class PodGarbageCollector:
    def __init__(
        self,
        kube: KubeClient,
        cache: Cache,
        lingering: SidecarCleanup,
        clock: Clock,
        *,
        keep_succeeded_s: int,
        keep_failed_s: int,
    ) -> None:
        self._kube, self._cache, self._lingering, self._clock = kube, cache, lingering, clock
        self._keep_succeeded_s, self._keep_failed_s = keep_succeeded_s, keep_failed_s
        self._due: list[tuple[float, str, str, str]] = []
        """A heap of (when by the monotonic clock, namespace, name, uid)."""
        self._known: set[str] = set()
        self._delete_queue: FairQueue[tuple[float, str, str, str]] = FairQueue(WORKERS)

    def add(self, pod: PodView) -> None:
        """A pod of an attempt whose end is recorded."""
        pod = self._cache.pods.current(pod) or pod
        if pod.uid in self._known or pod.deleting:
            return
        if not pod.terminal:
            self._lingering.add(pod)
            return
        self._known.add(pod.uid)
        ended_at = pod.container.finished_at or pod.created_at
        succeeded = pod_outcome(pod).ending is Ending.SUCCESS
        keep_s = self._keep_succeeded_s if succeeded else self._keep_failed_s
        left_s = min(ended_at + keep_s - self._clock.wall(), keep_s)  # more only if the clock was set back
        self._delete_in(left_s, pod.namespace, pod.name, pod.uid)

    def _delete_in(self, delay_s: float, namespace: str, name: str, uid: str) -> None:
        heapq.heappush(self._due, (self._clock.monotonic() + delay_s, namespace, name, uid))

    def pod_changed(self, change: ObjectChange[PodView]) -> None:
        """Takes up what ends after its attempt or its run did: no run looks at such a pod any more."""
        pod = change.object
        if change.deleted:
            self._known.discard(pod.uid)
            self._lingering.deleted(pod)
            return
        run = None if pod.run is None else self._cache.run(pod.run)
        if self._lingering.changed(pod) or (run is not None and run.finished):
            self.add(pod)

    async def make_room(self, namespace: str, count: int) -> bool:
        """Deletes up to `count` ended pods of a namespace now, those due first. Returns whether there were any."""
        own = (entry for entry in self._due if entry[1] == namespace and entry[3] in self._known)
        chosen = heapq.nsmallest(count, own)
        for entry in chosen:
            await self._delete(entry)
        return bool(chosen)

    async def run(self) -> None:
        while True:
            self.hand_out()
            await asyncio.sleep(_POLL_S)

    def hand_out(self) -> None:
        """What is due, to those who delete it."""
        while self._due and self._due[0][0] <= self._clock.monotonic():
            entry = heapq.heappop(self._due)
            self._delete_queue.put(entry[1], entry)

    async def run_deletes(self) -> None:
        """One worker, of `WORKERS`."""
        while True:
            async with self._delete_queue.turn() as entry:
                await self._delete(entry)

    async def _delete(self, entry: tuple[float, str, str, str]) -> None:
        _, namespace, name, uid = entry
        if uid not in self._known:
            return
        self._known.discard(uid)
        try:
            await self._kube.delete(pods_path(namespace, name), uid)
        except (ApiError, Unanswered) as error:
            if not isinstance(error, ApiError) or error.status not in (404, 409):  # gone, or another by that name
                log.warning(
                    "ended pod %s/%s is not deleted yet: %s",
                    namespace,
                    name,
                    error,
                    extra={"namespace": namespace, "pod": name},
                )
                self._known.add(uid)
                self._delete_in(60, namespace, name, uid)
