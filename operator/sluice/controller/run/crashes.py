"""What becomes of a run of which the work raises: a bug of ours, perhaps with a hand in its status.

1. The run is dropped from memory, as what is there may be half changed, and read afresh from the API server: what had
   happened is seen again, as after a restart. All other runs go on.
2. It is tried again, later each time, whatever news there is meanwhile.
3. From the third time on its status says so: Stalled, with the reason InternalError, until it has gone well.
"""

import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sluice.controller.informers.cluster import Cluster
from sluice.controller.kube.client import NOT_FOUND, ApiError
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.kube.paths import our_path
from sluice.controller.run.live import LiveRuns
from sluice.controller.run.status_writer import patch_status
from sluice.core.base import foreign
from sluice.core.base.errors import SluiceError
from sluice.core.status.conditions import with_conditions
from sluice.core.status.kstatus import stalled

_TOLD_FROM = 3
_RETRY_FIRST_S, _RETRY_LONGEST_S = 0.2, 30.0
_WORDS_MAX = 512

log = logging.getLogger("sluice.runs")


@dataclass(slots=True)
class _Crash:
    not_before: float
    """By the monotonic clock."""
    times: int = 0
    read_again: bool = False


class RunCrashes:
    """`retry` is given the key of a run, and in how many seconds it is to be reconciled."""

    def __init__(
        self,
        cluster: Cluster,
        live: LiveRuns,
        retry: Callable[[Key, float], None],
    ) -> None:
        self._kube, self._cache, self._events = cluster.kube, cluster.cache, cluster.events
        self._live, self._retry, self._clock = live, retry, cluster.clock
        self._crashes: dict[Key, _Crash] = {}

    def guarded(self, work: Callable[[Key], Awaitable[None]]) -> Callable[[Key], Awaitable[None]]:
        """The same work, for the queue of runs."""

        async def guard(key: Key) -> None:
            crash = self._crashes.get(key)
            if crash is not None and (wait_s := crash.not_before - self._clock.monotonic()) > 0:
                self._retry(key, wait_s)
                return
            if crash is not None and not crash.read_again:
                await self._read_again(key)
                crash.read_again = True
            try:
                await work(key)
            except SluiceError:
                raise
            except Exception as error:
                self.dropped(key)
                await self._report(key, error)
                raise
            seen = self._cache.runs.get(key)
            if seen is None or seen.finished:
                self._crashes.pop(key, None)

        return guard

    def proven(self, work: Callable[[Key], Awaitable[None]]) -> Callable[[Key], Awaitable[None]]:
        """The same work, for the queue of statuses: a run whose status could be written is all right."""
        guarded = self.guarded(work)

        async def guard(key: Key) -> None:
            await guarded(key)
            if key in self._crashes and self._live.get(key) is not None:
                del self._crashes[key]

        return guard

    def dropped(self, key: Key) -> None:
        """A change of the run could not be taken in."""
        live = self._live.pop(key)
        if live is not None:
            try:
                live.run.close()
            except Exception:
                log.exception("closing a run that is dropped", extra={"namespace": key.namespace, "run": key.name})
        crash = self._crashes.setdefault(key, _Crash(0.0))
        crash.times, crash.read_again = crash.times + 1, False
        wait_s = min(_RETRY_FIRST_S * 2.0 ** min(crash.times - 1, 16), _RETRY_LONGEST_S)
        crash.not_before = self._clock.monotonic() + wait_s
        self._retry(key, wait_s)

    async def _read_again(self, key: Key) -> None:
        path = our_path(key.namespace, "workflowruns", key.name)
        try:
            self._cache.runs.upsert(object_view(await self._kube.get(path)))
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            if (known := self._cache.runs.get(key)) is not None:
                self._cache.runs.delete(known)

    async def _report(self, key: Key, error: Exception) -> None:
        seen, times = self._cache.runs.get(key), self._crashes[key].times
        if seen is None or seen.finished or seen.deleting or times < _TOLD_FROM:
            return
        words = f"a bug of ours, which is tried again; the operator's log has more: {_where(error)}"
        before = foreign.mappings(seen.status.get("conditions"))
        facts = stalled("InternalError", words)
        conditions = with_conditions(before, facts, seen.generation, self._clock.wall())
        if conditions == before:
            return
        try:
            await patch_status(self._kube, seen, seen.version, {"conditions": conditions, "message": words})
        except SluiceError as refused:
            log.warning("%s: its status cannot say that it is stalled: %s", key, refused)
        else:
            self._events.record("WorkflowRun", seen, "Warning", "InternalError", words)


def _where(error: Exception) -> str:
    """The last line of the log's traceback, and the place."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}"[:_WORDS_MAX] + place
