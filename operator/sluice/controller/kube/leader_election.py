"""One writer: a Lease elects it.

The leader may write until `_VALID_S` after it last *asked* for a renewal that was granted, by its own monotonic
clock, which goes on while the process is stopped. Another one takes over when it has seen the Lease unchanged for
`_DURATION_S`, by its own clock; no two clocks are compared. As _VALID_S < _DURATION_S, the old leader has fallen
silent by then. The kubernetes package's election goes by the wall clock, hence our own.
https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
"""

import asyncio
import logging
import time
from datetime import UTC, datetime

from sluice.controller.kube.client import CONFLICT, NOT_FOUND, ApiError, KubeClient
from sluice.core import Json
from sluice.core.base.errors import Unanswered

_DURATION_S = 8
_VALID_S = 6.0
_RENEW_S = 2.0
_RETRY_S = 0.2
_LOOK_S = 0.5  # who stands by: another leads at most _DURATION_S and twice this after a kill

log = logging.getLogger("sluice.leader")


class LeaderElection:
    """`kube` is its own: the Lease is written when nothing else may be."""

    def __init__(self, kube: KubeClient, namespace: str, name: str, identity: str) -> None:
        self._kube = kube
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._namespace, self._name, self._identity = namespace, name, identity
        self._valid_until = 0.0
        self._seen: tuple[str, float] = ("", 0.0)  # the other's resourceVersion, and when we first saw it

    def leads(self) -> bool:
        return time.monotonic() < self._valid_until

    async def acquire(self) -> None:
        """Returns once we are the leader."""
        waiting = False
        while not await self._try():
            if not waiting:
                log.info("standing by for the Lease %s/%s", self._namespace, self._name)
                waiting = True
            await asyncio.sleep(_LOOK_S)
        log.info("leading as %s", self._identity)

    async def keep(self) -> None:
        """Renews until that fails for too long, then returns."""
        pause_s = _RENEW_S
        while (left_s := self._valid_until - time.monotonic()) > 0:
            await asyncio.sleep(min(pause_s, left_s))
            pause_s = _RENEW_S if await self._try() else _RETRY_S
        log.error("the Lease %s/%s could not be renewed in time", self._namespace, self._name)

    async def release(self) -> None:
        """Lets the next one take over at once."""
        if not self.leads():
            return
        self._valid_until = 0.0  # before another may take it
        lease = await self._kube.get(f"{self._path}/{self._name}")
        if lease["spec"].get("holderIdentity") == self._identity:
            lease["spec"]["holderIdentity"] = ""
            await self._kube.replace(f"{self._path}/{self._name}", lease)

    async def _try(self) -> bool:
        asked_at = time.monotonic()
        left_s = self._valid_until - asked_at if self.leads() else _RENEW_S
        try:
            granted = await asyncio.wait_for(self._ask(), timeout=min(_RENEW_S, left_s))
        except (ApiError, Unanswered, TimeoutError) as error:
            log.warning("the Lease %s/%s: %s", self._namespace, self._name, str(error) or "no answer")
            return False
        if granted:
            self._valid_until = asked_at + _VALID_S
        return granted

    async def _ask(self) -> bool:
        """May raise ApiError; a conflict means that somebody else was faster."""
        try:
            lease = await self._kube.get(f"{self._path}/{self._name}")
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            return await self._write(self._spec({}), version=None)
        spec = lease.get("spec", {})
        version = lease["metadata"]["resourceVersion"]
        holder = spec.get("holderIdentity")
        if holder and holder != self._identity:
            if version != self._seen[0]:
                self._seen = (version, time.monotonic())
            if time.monotonic() - self._seen[1] < spec.get("leaseDurationSeconds", _DURATION_S):
                return False
        return await self._write(self._spec(spec), version)

    async def _write(self, spec: Json, version: str | None) -> bool:
        body: Json = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": spec,
        }
        try:
            if version is None:
                await self._kube.create(self._path, body)
            else:
                body["metadata"]["resourceVersion"] = version
                await self._kube.replace(f"{self._path}/{self._name}", body)
        except ApiError as error:
            if error.status == CONFLICT:
                return False
            raise
        return True

    def _spec(self, before: Json) -> Json:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        kept = before.get("holderIdentity") == self._identity
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": _DURATION_S,
            "acquireTime": before.get("acquireTime", now) if kept else now,
            "renewTime": now,
            "leaseTransitions": before.get("leaseTransitions", 0) + (0 if kept else 1),
        }
