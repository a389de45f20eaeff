"""A Pool: its slots for the shared limits, and in its status what is in use.

The status follows the use at most once a second. What waiting tasks say of it, `held by …`, follows at most once every
ten seconds: otherwise slots that change hands quickly would make every waiting run write its status all the time. Where
many wait, the first in line follow as often, and of the others some at a time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sluice.api.pool import PoolSpec
from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import CONFLICT, NOT_FOUND, ApiError, KubeClient
from sluice.controller.kube.objects import Key, ObjectView, object_view
from sluice.controller.kube.paths import our_path
from sluice.controller.queue.workqueue import WorkQueue
from sluice.core import Json
from sluice.core.base.times import rfc3339
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.spec.identity import RunIdentity

_WRITE_AT_MOST_EVERY_S = 1.0
_NOTIFY_AT_MOST_EVERY_S = 10.0
_NOTIFIED_AT_ONCE, _FIRST_IN_LINE = 100, 10


@dataclass(slots=True)
class _News:
    """How many of those in line have been told what is new, and how many are left to be told; None for all. Who is
    told last comes next, from the first on.
    """

    told: int = 0
    left: int | None = None


class PoolController:
    """`queue` holds pools whose status is to be written, `waiters_queue` those whose waiting tasks may have another
    reason now: `notify` is given their runs.
    """

    def __init__(
        self,
        kube: KubeClient,
        cache: Cache,
        shared: SharedLimits,
        notify: Callable[[Iterable[RunIdentity]], None],
        clock: Clock,
    ) -> None:
        self._kube, self._cache, self._shared, self._notify = kube, cache, shared, notify
        self._clock = clock
        self.queue: WorkQueue[Key] = WorkQueue("pools", of="pool", clock=clock)
        self.waiters_queue: WorkQueue[Key] = WorkQueue("pool_news", of="pool", clock=clock)
        # By the monotonic clock.
        self._write_at: dict[Key, float] = {}
        self._notify_at: dict[Key, float] = {}
        self._news: dict[Key, _News] = {}

    def pool_changed(self, key: Key) -> None:
        """The Pool changed or was deleted."""
        pool = self._cache.pools.get(key)
        if pool is None:
            changed = self._shared.set_pool(PoolKey(*key), None)
        else:
            spec = pool.spec_as(PoolSpec)
            changed = self._shared.set_pool(PoolKey(*key), spec.slots, spec.held_by)
        if changed:
            self._news_for_all(key)
            self.waiters_queue.add(key)
        self.queue.add_after(key, self._left_s(self._write_at, key))

    def usage_changed(self, pool: PoolKey) -> None:
        key = Key(*pool)
        if key in self._cache.pools:
            self.queue.add_after(key, self._left_s(self._write_at, key))
            self._news_for_all(key)
            self.waiters_queue.add_after(key, self._left_s(self._notify_at, key))

    def _news_for_all(self, key: Key) -> None:
        self._news.setdefault(key, _News()).left = None

    def _left_s(self, at: dict[Key, float], key: Key) -> float:
        return at[key] - self._clock.monotonic() if key in at else 0.0

    async def notify_waiters(self, key: Key) -> None:
        if key in self._cache.pools:
            self._notify_at[key] = self._clock.monotonic() + _NOTIFY_AT_MOST_EVERY_S
        runs = self._shared.runs_waiting_for(PoolKey(*key))
        news = self._news.pop(key, _News())
        begin = news.told if news.told < len(runs) else 0
        told = runs[begin : begin + _NOTIFIED_AT_ONCE]
        self._notify(runs[: min(begin, _FIRST_IN_LINE)] + told)
        left = (len(runs) if news.left is None else min(news.left, len(runs))) - len(told)
        if left > 0:
            self._news[key] = _News(begin + len(told), left)
            self.waiters_queue.add_after(key, _NOTIFY_AT_MOST_EVERY_S)

    async def write(self, key: Key) -> None:
        pool = self._cache.pools.get(key)
        if pool is None or pool.deleting:
            self._write_at.pop(key, None)
            self._notify_at.pop(key, None)
            return
        self._write_at[key] = self._clock.monotonic() + _WRITE_AT_MOST_EVERY_S
        use = self._shared.usage(PoolKey(*key))
        status: Json = {
            "observedGeneration": pool.generation,
            "slots": pool.spec_as(PoolSpec).slots,
            "used": use.used,
            "waiting": use.waiting,
            "holders": use.holders,
            "waiters": [{"name": name, "since": rfc3339(since)} for name, since in use.first_waiters],
        }
        body = {name: value for name, value in status.items() if pool.status.get(name) != value}
        if body:
            await self._patch(pool, body)

    async def _patch(self, pool: ObjectView, status: Json) -> None:
        path = our_path(pool.key.namespace, "pools", pool.key.name)
        body = {"metadata": {"resourceVersion": str(pool.version), "uid": pool.uid}, "status": status}
        try:
            answer = await self._kube.patch(f"{path}/status", body)
            version = int(answer["metadata"]["resourceVersion"])
            self._cache.pools.upsert(replace(pool, version=version, status=pool.status | status))
        except ApiError as error:
            if error.status not in (CONFLICT, NOT_FOUND):
                raise
            await self._look_again(pool, path)

    async def _look_again(self, pool: ObjectView, path: str) -> None:
        try:
            self._cache.pools.upsert(object_view(await self._kube.get(path)))
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            self._cache.pools.delete(pool)
