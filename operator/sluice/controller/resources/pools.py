"""A Pool: its slots for the shared limits, and in its status what is in use.

The status follows the use at most once a second. What waiting tasks say of it, `held by …`, follows at most once in
ten: slots that go round quickly would otherwise make every waiting run write its status all the time.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from sluice.controller.kube.cache import Cache
from sluice.controller.kube.client import CONFLICT, NOT_FOUND, ApiError, KubeClient
from sluice.controller.kube.objects import Key, ObjectView, object_view
from sluice.controller.kube.paths import our_path
from sluice.controller.kube.workqueue import WorkQueue
from sluice.core import Instant, Json
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.spec.identity import RunIdentity

_WRITE_AT_MOST_EVERY_S = 1.0
_TELL_AT_MOST_EVERY_S = 10.0


class PoolController:
    """`queue` holds pools whose status is to be written, `telling` those whose waiting tasks may have something else to
    say: `tell` is given their runs.
    """

    def __init__(
        self, kube: KubeClient, store: Cache, shared: SharedLimits, tell: Callable[[Iterable[RunIdentity]], None]
    ) -> None:
        self._kube, self._store, self._shared, self._tell = kube, store, shared, tell
        self.queue: WorkQueue[Key] = WorkQueue("pools", self.write, of="pool")
        self.telling: WorkQueue[Key] = WorkQueue("pool_news", self.tell, of="pool")
        self._write_at: dict[Key, Instant] = {}
        self._tell_at: dict[Key, Instant] = {}

    def seen(self, key: Key) -> None:
        """The Pool is another now, or gone."""
        pool = self._store.pools.get(key)
        if self._shared.set_pool(PoolKey(*key), None if pool is None else pool.spec["slots"]):
            self.telling.add(key)
        self.queue.add_at(key, self._write_at.get(key, 0.0))

    def used(self, pool: PoolKey) -> None:
        key = Key(*pool)
        if key in self._store.pools:
            self.queue.add_at(key, self._write_at.get(key, 0.0))
            self.telling.add_at(key, self._tell_at.get(key, 0.0))

    async def tell(self, key: Key) -> None:
        if key in self._store.pools:
            self._tell_at[key] = time.time() + _TELL_AT_MOST_EVERY_S
        self._tell(self._shared.runs_waiting_for(PoolKey(*key)))

    async def write(self, key: Key) -> None:
        pool = self._store.pools.get(key)
        if pool is None or pool.deleting:
            self._write_at.pop(key, None)
            self._tell_at.pop(key, None)
            return
        self._write_at[key] = time.time() + _WRITE_AT_MOST_EVERY_S
        use = self._shared.usage(PoolKey(*key))
        status: Json = {
            "observedGeneration": pool.generation,
            "slots": pool.spec["slots"],
            "used": use.used,
            "waiting": use.waiting,
            "holders": use.holders,
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
            self._store.see_pool(replace(pool, version=version, status=pool.status | status))
        except ApiError as error:
            if error.status not in (CONFLICT, NOT_FOUND):
                raise
            await self._look_again(pool, path)

    async def _look_again(self, pool: ObjectView, path: str) -> None:
        try:
            self._store.see_pool(object_view(await self._kube.get(path)))
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            self._store.forget_pool(pool.key, pool.uid)
