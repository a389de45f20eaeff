"""Kubernetes Events, for `kubectl describe`, and the same in the log: a run's start and end, a task that failed, a
Workflow that was refused.

They are recorded after the status says so, once. An Event that cannot be written is let go: it never holds anything up.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Literal

from sluice.api import API_VERSION
from sluice.controller.clock import Clock
from sluice.controller.kube.client import ApiError, KubeClient
from sluice.controller.kube.objects import ObjectView, object_view
from sluice.controller.observability.logging import field_of
from sluice.controller.queue.round_robin import FairSemaphore
from sluice.core import Json
from sluice.core.base.errors import NotLeader, Unanswered, Unreadable
from sluice.core.base.naming import digest
from sluice.core.base.times import rfc3339

_MESSAGE_MAX = 1024  # Kubernetes' limit
_LEVEL = {"Normal": logging.INFO, "Warning": logging.WARNING}
_IN_FLIGHT = 8  # a thousand tasks may fail at once

log = logging.getLogger("sluice.events")


class EventRecorder:
    def __init__(self, kube: KubeClient, clock: Clock) -> None:
        self._kube, self._clock = kube, clock
        self._sending: set[asyncio.Task[None]] = set()
        self._in_flight = FairSemaphore(_IN_FLIGHT)

    def record(
        self,
        kind: str,
        about: ObjectView,
        type_: Literal["Normal", "Warning"],
        reason: str,
        message: str,
        task: str = "",
    ) -> None:
        """The Event's name follows from what it says, so recording it again after a restart changes nothing. `task` is
        for the log.
        """
        fields = {"namespace": about.key.namespace, field_of(kind): about.key.name} | ({"task": task} if task else {})
        log.log(_LEVEL[type_], "%s %s: %s: %s", kind, about.key, reason, message, extra=fields)
        content = digest(f"{about.uid}/{about.generation}/{reason}/{message}", 10)
        now = rfc3339(self._clock.wall())
        body = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{about.key.name}.{content}", "namespace": about.key.namespace},
            "involvedObject": {
                "apiVersion": API_VERSION,
                "kind": kind,
                "namespace": about.key.namespace,
                "name": about.key.name,
                "uid": about.uid,
            },
            "type": type_,
            "reason": reason,
            "message": message[:_MESSAGE_MAX],
            "source": {"component": "sluice"},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        sending = asyncio.create_task(self._send(about.key.namespace, body))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    def record_unreadable(self, kind: str, body: Json, why: str) -> None:
        """About an object of which there is no view."""
        with suppress(Unreadable):  # without a name there is no Event about it
            about = object_view({"metadata": body.get("metadata"), "spec": {}})
            self.record(kind, about, "Warning", "Unreadable", f"cannot be read, and so is passed over: {why}")

    async def _send(self, namespace: str, body: dict[str, object]) -> None:
        try:
            async with self._in_flight.turn(namespace):
                await self._kube.create(f"/api/v1/namespaces/{namespace}/events", body)
        except (ApiError, Unanswered, NotLeader) as error:
            if getattr(error, "reason", "") != "AlreadyExists":
                log.debug("event not written: %s", error)
