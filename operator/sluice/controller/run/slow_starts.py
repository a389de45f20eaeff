"""Looks into pods that do not start, one at a time: an API server looks through all Events of a namespace for one's.

What somebody has deleted between the creation of a pod and its start is made again, if it can be; else the task says
why it waits.
"""

import logging
from collections import Counter
from collections.abc import Callable

from sluice.controller.clock import Clock
from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.objects import Key
from sluice.controller.kube.paths import object_path
from sluice.controller.observability.logging import about
from sluice.controller.queue.round_robin import FairQueue
from sluice.controller.resources.file_configmaps import FileConfigMaps
from sluice.controller.run.pod_writer import PodWriter
from sluice.core.base.foreign import mappings
from sluice.core.pod.warnings import newest_warning
from sluice.core.reconcile.actions import LookIntoStart
from sluice.core.reconcile.create_failure import files_refused
from sluice.core.run.state import RunState

_WAITING_AT_MOST = 100  # of a namespace: where more pods do not start, the others have the same words to say
_READ_AT_MOST = "100"  # Events of one pod

log = logging.getLogger("sluice.starts")


class SlowStarts:
    """`requeue` is given the key of a run that has news."""

    def __init__(
        self, kube: KubeClient, files: FileConfigMaps, pods: PodWriter, requeue: Callable[[Key], None], clock: Clock
    ) -> None:
        self._kube, self._files, self._pods, self._requeue, self._clock = kube, files, pods, requeue, clock
        self._queue: FairQueue[tuple[RunState, LookIntoStart]] = FairQueue(workers=1)
        self._waiting: Counter[str] = Counter()

    def look(self, run: RunState, what: LookIntoStart) -> None:
        """Unless too many wait already: who still does not start asks again later."""
        namespace = run.identity.namespace
        if self._waiting[namespace] < _WAITING_AT_MOST:
            self._waiting[namespace] += 1
            self._queue.put(namespace, (run, what))

    async def run(self) -> None:
        """One worker: one pod at a time."""
        while True:
            async with self._queue.turn() as (run, what):
                self._waiting -= Counter([run.identity.namespace])
                if not run.closed:
                    await self._look(run, what)

    async def _look(self, run: RunState, what: LookIntoStart) -> None:
        try:
            if not (what.files and await self._lacks_files(run, what)):
                await self._read_warning(run, what)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again if the pod still does not start
            log.warning("a pod does not start, nor can be seen why: %s", error, extra=about(run, what.number))
            return
        self._requeue(Key(run.identity.namespace, run.identity.name))

    async def _lacks_files(self, run: RunState, what: LookIntoStart) -> bool:
        refused = await self._files.refusal(run, what.number)
        if refused is None:
            return False
        if delete := files_refused(run, what.number, what.attempt, *refused, self._clock.wall()):
            self._pods.delete(run, delete)
        return True

    async def _read_warning(self, run: RunState, what: LookIntoStart) -> None:
        wanted = f"involvedObject.uid={what.pod_uid},type=Warning"
        path = object_path("/api/v1", run.identity.namespace, "events")
        found = await self._kube.get(path, fieldSelector=wanted, limit=_READ_AT_MOST)
        run.warned(what.number, what.attempt, newest_warning(mappings(found.get("items"))))
