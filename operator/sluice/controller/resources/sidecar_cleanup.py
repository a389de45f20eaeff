"""Ends the containers that go on after a task's own has ended: a mesh's proxy, a log shipper.

They have a few seconds. Then the pod's `activeDeadlineSeconds` is lowered, so that the kubelet ends them within their
grace period: the pod stays, and with it the end of `main`, its message and its log. Where the API server refuses that
(a ResourceQuota with the scope Terminating may), or the kubelet does not do it, the pod is deleted.

A pod whose `main` itself goes on is deleted: its creation was carried out only after the task had been given up, as a
stopped one's may be whose request was lost on its way.

Native sidecars are the kubelet's to end.
https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#sidecar-containers-and-pod-lifecycle
"""

import asyncio
import heapq
import logging
from enum import Enum
from typing import NamedTuple

from sluice.controller.clock import Clock
from sluice.controller.kube.client import CONFLICT, NOT_FOUND, ApiError, KubeClient, is_transient
from sluice.controller.kube.paths import pods_path
from sluice.controller.queue.round_robin import FairSemaphore
from sluice.core.base.errors import Unanswered
from sluice.core.pod.view import PodView

_POLL_S = 1.0
_PATIENCE_S = 5.0
_NOT_ENDED_S = 30.0  # after its grace period
_IN_FLIGHT = 8

log = logging.getLogger("sluice.sidecars")


class _Step(Enum):
    LOWER = "lower its deadline"
    DELETE = "delete it"


class _Due(NamedTuple):
    at: float
    """By the monotonic clock."""
    uid: str
    step: _Step


class SidecarCleanup:
    def __init__(self, kube: KubeClient, clock: Clock) -> None:
        self._kube, self._clock = kube, clock
        self._pods: dict[str, PodView] = {}
        """By UID."""
        self._due: list[_Due] = []
        self._turns = FairSemaphore(_IN_FLIGHT)

    def add(self, pod: PodView) -> None:
        """A pod that is not terminal, although its attempt has ended and the status of its run says so."""
        if pod.uid not in self._pods:
            self._pods[pod.uid] = pod
            self._plan(pod, _Step.LOWER, _PATIENCE_S)

    def changed(self, pod: PodView) -> bool:
        """Any pod as it is now. Returns whether it was one of these and is terminal."""
        if pod.uid not in self._pods:
            return False
        if pod.terminal:
            del self._pods[pod.uid]
            return True
        self._pods[pod.uid] = pod
        return False

    def deleted(self, pod: PodView) -> None:
        self._pods.pop(pod.uid, None)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                while self._due and self._due[0].at <= self._clock.monotonic():
                    due = heapq.heappop(self._due)
                    if (pod := self._pods.get(due.uid)) is not None:
                        group.create_task(self._end(pod, due.step))
                await asyncio.sleep(_POLL_S)

    async def _end(self, pod: PodView, step: _Step) -> None:
        main_ended = pod.container.finished_at is not None
        if pod.deleting or (step is _Step.LOWER and pod.outlived is None and main_ended):
            self._plan(pod, step, _PATIENCE_S)
            return
        try:
            async with self._turns.turn(pod.namespace):
                if step is _Step.LOWER and pod.outlived is not None:
                    await self._lower(pod, pod.outlived.deadline_s)
                    self._plan(pod, _Step.DELETE, pod.outlived.grace_s + _NOT_ENDED_S)
                else:
                    version = None if main_ended else pod.version  # it may just have ended
                    await self._kube.delete(pods_path(pod.namespace, pod.name), pod.uid, version)
        except (ApiError, Unanswered) as error:
            if isinstance(error, ApiError) and error.status == CONFLICT and not main_ended:  # it has moved on
                self._plan(pod, step, _PATIENCE_S)
                return
            if isinstance(error, ApiError) and error.status in (NOT_FOUND, CONFLICT):  # gone, or another by that name
                self.deleted(pod)
                return
            fields = {"namespace": pod.namespace, "pod": pod.name}
            log.warning("other containers of pod %s/%s go on: %s", pod.namespace, pod.name, error, extra=fields)
            refused = step is _Step.LOWER and not is_transient(error)
            self._plan(pod, _Step.DELETE if refused else step, 0.0 if refused else _PATIENCE_S)

    async def _lower(self, pod: PodView, deadline_s: int) -> None:
        body = {"metadata": {"uid": pod.uid}, "spec": {"activeDeadlineSeconds": deadline_s}}
        await self._kube.patch(pods_path(pod.namespace, pod.name), body)

    def _plan(self, pod: PodView, step: _Step, delay_s: float) -> None:
        heapq.heappush(self._due, _Due(self._clock.monotonic() + delay_s, pod.uid, step))
