"""What the status of a run says that has not started: why it waits, or why it has ended before it could."""

from dataclasses import replace

from sluice.controller.informers.cluster import Cluster
from sluice.controller.kube.objects import ObjectView
from sluice.controller.run.status_writer import patch_status
from sluice.core import Json
from sluice.core.base.faults import Fault
from sluice.core.base.times import rfc3339
from sluice.core.quota.run_concurrency import TURNED_AWAY, Replaced, TurnedAway
from sluice.core.status.conditions import MESSAGE_MAX, Condition, merge_conditions, run_conditions
from sluice.core.status.kstatus import run_health


class NotStarted:
    def __init__(self, cluster: Cluster) -> None:
        self._kube, self._cache, self._events = cluster.kube, cluster.cache, cluster.events
        self._clock = cluster.clock

    async def wait_for_run(self, seen: ObjectView, message: str) -> None:
        facts = [Condition("Accepted", True, "Valid"), Condition("Reconciling", True, "WaitingForRun", message)]
        await self._write(seen, {"phase": "Pending", "message": message}, facts)

    async def wait(self, seen: ObjectView, reason: str, message: str) -> None:
        """For what may come without a hand on this run: what was applied together need not arrive in order."""
        facts = [Condition("Accepted", False, reason, message), Condition("Reconciling", True, reason, message)]
        await self._write(seen, {"phase": "Pending", "message": message}, facts)

    async def refuse(self, seen: ObjectView, faults: list[Fault]) -> None:
        message = "\n".join(map(str, faults))[:MESSAGE_MAX]
        facts = [
            Condition("Accepted", False, "InvalidSpec", message),
            *run_conditions("Failed", message),
            *run_health("Failed", message),
        ]
        status = {"phase": "Failed", "message": message, "finishedAt": rfc3339(self._clock.wall())}
        await self._write(seen, status, facts)
        self._events.record("WorkflowRun", seen, "Warning", "Refused", message)

    async def queue_up(self, seen: ObjectView, revision: str, reason: str, message: str) -> None:
        facts = [Condition("Queued", True, reason, message), Condition("Reconciling", True, "Queued", message)]
        await self._write(seen, {"phase": "Pending", "message": message, "revision": revision}, facts)

    async def turn_away(self, seen: ObjectView, answer: TurnedAway | Replaced) -> None:
        by = {"replacedBy": answer.by} if isinstance(answer, Replaced) else {}
        await self.end(seen, {"message": answer.words, **by}, TURNED_AWAY)

    async def end(self, seen: ObjectView, why: Json, reason: str = "Stopped") -> None:
        """It ends without having started, which is no failure of its own."""
        facts = [*run_conditions("Stopped", why["message"], reason), *run_health("Stopped", why["message"])]
        await self._write(seen, {"phase": "Stopped", "finishedAt": rfc3339(self._clock.wall()), **why}, facts)
        self._events.record("WorkflowRun", seen, "Normal", "Stopped", why["message"])

    async def _write(self, seen: ObjectView, status: Json, facts: list[Condition]) -> None:
        now_is = {
            **status,
            "observedGeneration": seen.generation,
            "conditions": merge_conditions(
                seen.status.get("conditions", ()), facts, seen.generation, self._clock.wall()
            ),
        }
        body = {name: value for name, value in now_is.items() if seen.status.get(name) != value}
        if body:
            answer = await patch_status(self._kube, seen, seen.version, body)
            version = int(answer["metadata"]["resourceVersion"])
            self._cache.runs.upsert(replace(seen, version=version, status=seen.status | body))
