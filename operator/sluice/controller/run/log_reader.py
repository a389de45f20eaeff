"""Reads the ends of logs for the outputs that are there, until it is done or the pod is gone."""

import asyncio
import logging
from collections.abc import Callable

from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.objects import Key
from sluice.controller.kube.paths import pods_path
from sluice.controller.observability.logging import about
from sluice.controller.queue.round_robin import FairSemaphore
from sluice.core.base.naming import MAIN
from sluice.core.reconcile.actions import ReadLog
from sluice.core.run.state import RunState
from sluice.core.spec.outputs import LOG_LINES, LOG_MAX_BYTES, WHOLE_LOG_BYTES

_AT_ONCE = 16
_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0

log = logging.getLogger("sluice.logs")


class LogReader:
    """`requeue` is given the key of a run that has news."""

    def __init__(self, kube: KubeClient, requeue: Callable[[Key], None]) -> None:
        self._kube, self._requeue = kube, requeue
        self._read_queue: asyncio.Queue[tuple[RunState, ReadLog]] = asyncio.Queue()
        self._turns = FairSemaphore(_AT_ONCE)

    def read(self, run: RunState, what: ReadLog) -> None:
        self._read_queue.put_nowait((run, what))

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._read(*await self._read_queue.get()))

    async def _read(self, run: RunState, what: ReadLog) -> None:
        pause_s = _PAUSE_S
        while run.wants_log(what.number, what.attempt):
            try:
                async with self._turns.turn(run.identity.namespace):
                    end = await self._end(run.identity.namespace, what)
            except Exception as error:  # noqa: BLE001  # whatever it is, it must not stop the other readers
                log.warning(
                    "log of pod %s/%s: %s", run.identity.namespace, what.pod, error, extra=about(run, what.number)
                )
                run.log_unread(what.number, what.attempt, str(error))
            else:
                run.log_read(what.number, what.attempt, end)
            self._requeue(Key(run.identity.namespace, run.identity.name))
            if run.tasks[what.number].log is not None:
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _end(self, namespace: str, what: ReadLog) -> str:
        limits = {"tailLines": str(LOG_LINES), "limitBytes": str(LOG_MAX_BYTES)}
        if what.whole:
            limits = {"limitBytes": str(WHOLE_LOG_BYTES)}
        return await self._kube.text(f"{pods_path(namespace, what.pod)}/log", container=MAIN, **limits)
