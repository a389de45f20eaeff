"""Deletes ended pods once their logs have been kept for long enough.

They go a few at a time, so that new pods never wait behind a burst of deletions, and only after their end is recorded
in the status of their run. Where ended pods use up a quota (`count/pods`), they go early.
"""

import asyncio
import heapq
import logging
from collections import defaultdict
from typing import NamedTuple

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
_GONE_AT_MOST = 1_000

log = logging.getLogger("sluice.retention")


class _Due(NamedTuple):
    """An ended pod, and when it is to be deleted, by the monotonic clock."""

    at: float
    namespace: str
    name: str
    uid: str


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
        self._due: list[_Due] = []
        """A heap, also of pods that are gone."""
        self._there: defaultdict[str, dict[str, _Due]] = defaultdict(dict)
        """Those that are not, by namespace and UID."""
        self._count = 0
        self._delete_queue: FairQueue[_Due] = FairQueue(WORKERS)

    def add(self, pod: PodView) -> None:
        """A pod of an attempt whose end is recorded."""
        pod = self._cache.pods.current(pod) or pod
        if pod.uid in self._there.get(pod.namespace, ()) or pod.deleting:
            return
        if not pod.terminal:
            self._lingering.add(pod)
            return
        ended_at = pod.container.finished_at or pod.created_at
        succeeded = pod_outcome(pod).ending is Ending.SUCCESS
        keep_s = self._keep_succeeded_s if succeeded else self._keep_failed_s
        left_s = min(ended_at + keep_s - self._clock.wall(), keep_s)  # more only if the clock was set back
        self._delete_in(left_s, pod.namespace, pod.name, pod.uid)

    def _delete_in(self, delay_s: float, namespace: str, name: str, uid: str) -> None:
        entry = _Due(self._clock.monotonic() + delay_s, namespace, name, uid)
        self._count += uid not in self._there[namespace]  # it may be, since its deletion was tried
        self._there[namespace][uid] = entry
        if len(self._due) > 2 * self._count + _GONE_AT_MOST:
            self._due = [each for there in self._there.values() for each in there.values()]
            heapq.heapify(self._due)
        else:
            heapq.heappush(self._due, entry)

    def _gone(self, namespace: str, uid: str) -> bool:
        """Was it there?"""
        there = self._there.get(namespace, {})
        if there.pop(uid, None) is None:
            return False
        self._count -= 1
        if not there:
            del self._there[namespace]
        return True

    def pod_changed(self, change: ObjectChange[PodView]) -> None:
        """Takes up what ends after its attempt or its run did: no run looks at such a pod any more. Each LIST has those
        of ended runs again, and none of them stays in memory.
        """
        pod = change.object
        if change.deleted:
            self._gone(pod.namespace, pod.uid)
            self._lingering.deleted(pod)
            return
        run = None if pod.run is None else self._cache.run(pod.run)
        run_ended = run is not None and run.finished
        if self._lingering.changed(pod) or run_ended:
            self.add(pod)
        if run_ended and pod.terminal:
            self._cache.pods.evict(pod)

    async def make_room(self, namespace: str, count: int) -> bool:
        """Deletes up to `count` ended pods of a namespace now, those due first. Returns whether there were any."""
        chosen = heapq.nsmallest(count, self._there.get(namespace, {}).values())
        for entry in chosen:
            await self._delete(entry)
        return bool(chosen)

    async def run(self) -> None:
        while True:
            self.hand_out()
            await asyncio.sleep(_POLL_S)

    def hand_out(self) -> None:
        """What is due, to those who delete it."""
        while self._due and self._due[0].at <= self._clock.monotonic():
            entry = heapq.heappop(self._due)
            self._delete_queue.put(entry.namespace, entry)

    async def run_deletes(self) -> None:
        """One worker, of `WORKERS`."""
        while True:
            async with self._delete_queue.turn() as entry:
                await self._delete(entry)

    async def _delete(self, entry: _Due) -> None:
        _, namespace, name, uid = entry
        if not self._gone(namespace, uid):
            return
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
                self._delete_in(60, namespace, name, uid)
