"""Reads the Events of pods that do not start, one pod at a time: an API server looks through all of a namespace's."""

import logging
from collections.abc import Callable

from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.objects import Key
from sluice.controller.kube.paths import object_path
from sluice.controller.observability.logging import about
from sluice.controller.queue.round_robin import FairQueue
from sluice.core.base.foreign import mappings
from sluice.core.pod.warnings import newest_warning
from sluice.core.reconcile.actions import ReadWarning
from sluice.core.run.state import RunState

_WAITING_AT_MOST = 100  # in all: where more pods do not start, the others have the same words to say
_READ_AT_MOST = "100"  # Events of one pod

log = logging.getLogger("sluice.warnings")


class WarningReader:
    """`requeue` is given the key of a run that has news."""

    def __init__(self, kube: KubeClient, requeue: Callable[[Key], None]) -> None:
        self._kube, self._requeue = kube, requeue
        self._read_queue: FairQueue[tuple[RunState, ReadWarning]] = FairQueue(workers=1)
        self._waiting = 0

    def read(self, run: RunState, what: ReadWarning) -> None:
        """Unless too many wait already: who still does not start asks again later."""
        if self._waiting < _WAITING_AT_MOST:
            self._waiting += 1
            self._read_queue.put(run.identity.namespace, (run, what))

    async def run(self) -> None:
        """One worker: one read at a time."""
        while True:
            async with self._read_queue.turn() as (run, what):
                self._waiting -= 1
                if not run.closed:
                    await self._read(run, what)

    async def _read(self, run: RunState, what: ReadWarning) -> None:
        wanted = f"involvedObject.uid={what.pod_uid},type=Warning"
        try:
            path = object_path("/api/v1", run.identity.namespace, "events")
            found = await self._kube.get(path, fieldSelector=wanted, limit=_READ_AT_MOST)
        except Exception as error:  # noqa: BLE001  # whatever it is, the words are only an extra
            log.warning("events of a pod that does not start: %s", error, extra=about(run, what.number))
            return
        run.warned(what.number, what.attempt, newest_warning(mappings(found.get("items"))))
        self._requeue(Key(run.identity.namespace, run.identity.name))
