"""One writer: a Lease elects it.

The leader may write until `valid_s` after it last *asked* for a renewal that was granted, by its own monotonic clock,
which goes on while the process is stopped. Another one takes over once it has seen the Lease unchanged for
`duration_s`, by its own clock; no two clocks are compared. As valid_s < duration_s, the old leader has fallen silent
by then. The kubernetes package's election goes by the wall clock, hence our own.
https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sluice.controller.clock import Clock
from sluice.controller.kube.client import CONFLICT, NOT_FOUND, ApiError, KubeClient
from sluice.core import Json
from sluice.core.base.errors import Unanswered

_RETRY_S = 0.2
_LOOK_S = 0.5  # who stands by: another leads at most the Lease's duration and twice this after a kill

log = logging.getLogger("sluice.leader")


@dataclass(frozen=True, slots=True)
class Lease:
    """The Lease, and `identity`: the name under which this process asks for it."""

    namespace: str
    name: str
    identity: str
    duration_s: int

    @property
    def valid_s(self) -> float:
        return self.duration_s * 6 / 8

    @property
    def renew_s(self) -> float:
        return self.duration_s * 2 / 8

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class LeaderElection:
    """`kube` is its own: the Lease is written when nothing else may be, and in another event loop."""

    def __init__(self, kube: KubeClient, lease: Lease, clock: Clock) -> None:
        self._kube, self._lease, self._clock = kube, lease, clock
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{lease.namespace}/leases"
        self._valid_until = 0.0
        self._observed: tuple[str, float] = ("", 0.0)  # the other's resourceVersion, and when we first saw it

    def leads(self) -> bool:
        return self._clock.monotonic() < self._valid_until

    async def acquire(self) -> None:
        """Returns once we are the leader."""
        waiting = False
        while not await self._try():
            if not waiting:
                log.info("standing by for the Lease %s", self._lease)
                waiting = True
            await asyncio.sleep(_LOOK_S)
        log.info("leading as %s", self._lease.identity)

    async def keep(self, hangs: Callable[[], str]) -> None:
        """Renews until that fails for too long, then returns. It also fails while the process hangs: `hangs` says how,
        or nothing if it does not.
        """
        pause_s, how = self._lease.renew_s, ""
        while (left_s := self._valid_until - self._clock.monotonic()) > 0:
            await asyncio.sleep(min(pause_s, left_s))
            how = hangs()
            pause_s = self._lease.renew_s if not how and await self._try() else _RETRY_S
        log.error("the Lease %s was not renewed in time%s", self._lease, how and f": {how}")

    async def release(self) -> None:
        """Lets the next one take over at once."""
        if not self.leads():
            return
        self._valid_until = 0.0  # before another may take it
        lease = await self._kube.get(f"{self._path}/{self._lease.name}")
        if lease["spec"].get("holderIdentity") == self._lease.identity:
            lease["spec"]["holderIdentity"] = ""
            await self._kube.replace(f"{self._path}/{self._lease.name}", lease)

    async def _try(self) -> bool:
        asked_at = self._clock.monotonic()
        left_s = self._valid_until - asked_at if self.leads() else self._lease.renew_s
        try:
            granted = await asyncio.wait_for(self._ask(), timeout=min(self._lease.renew_s, left_s))
        except (ApiError, Unanswered, TimeoutError) as error:
            log.warning("the Lease %s: %s", self._lease, str(error) or "no answer")
            return False
        if granted:
            self._valid_until = asked_at + self._lease.valid_s
        return granted

    async def _ask(self) -> bool:
        """May raise ApiError; a conflict means that somebody else was faster."""
        try:
            lease = await self._kube.get(f"{self._path}/{self._lease.name}")
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            return await self._write(self._spec({}), version=None)
        spec = lease.get("spec", {})
        version = lease["metadata"]["resourceVersion"]
        holder = spec.get("holderIdentity")
        if holder and holder != self._lease.identity:
            if version != self._observed[0]:
                self._observed = (version, self._clock.monotonic())
            if self._clock.monotonic() - self._observed[1] < spec.get("leaseDurationSeconds", self._lease.duration_s):
                return False
        return await self._write(self._spec(spec), version)

    async def _write(self, spec: Json, version: str | None) -> bool:
        body: Json = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._lease.name, "namespace": self._lease.namespace},
            "spec": spec,
        }
        try:
            if version is None:
                await self._kube.create(self._path, body)
            else:
                body["metadata"]["resourceVersion"] = version
                await self._kube.replace(f"{self._path}/{self._lease.name}", body)
        except ApiError as error:
            if error.status == CONFLICT:
                return False
            raise
        return True

    def _spec(self, before: Json) -> Json:
        now = datetime.fromtimestamp(self._clock.wall(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        kept = before.get("holderIdentity") == self._lease.identity
        return {
            "holderIdentity": self._lease.identity,
            "leaseDurationSeconds": self._lease.duration_s,
            "acquireTime": before.get("acquireTime", now) if kept else now,
            "renewTime": now,
            "leaseTransitions": before.get("leaseTransitions", 0) + (0 if kept else 1),
        }
