"""Slots that a run holds from its start to its end: `spec.pools` of its Workflow, as it is when the run starts.

A run does not ask for a pool whose slots it would then wait for itself: one that its own tasks ask for (validation
refuses that, but the graph of a run may be older than the Workflow's `pools`), or one that a run above it holds.
"""

from collections.abc import Container

from sluice.core import Instant, Json
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.waiters import QueuePosition, Request
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import PoolClaim, RunIdentity

_NO_TASK = -1


def requested_claim(spec: Json, definition: Definition, held_above: Container[str]) -> PoolClaim:
    """What a run asks for, given its Workflow's spec."""
    of_tasks = {name for task in definition.tasks for name, _ in task.pools}
    claim = ((pool["name"], pool.get("slots", 1)) for pool in spec.get("pools", ()))
    return tuple(sorted((name, slots) for name, slots in claim if name not in of_tasks and name not in held_above))


def held_claim(status: Json) -> PoolClaim:
    """What a run holds, as its status says."""
    return tuple(sorted(status.get("pools", {}).items()))


def run_request(
    run: RunIdentity, claim: PoolClaim, definition: Definition, *, priority: int, created_at: Instant
) -> Request:
    critical_path_s = max(task.critical_path_s for task in definition.tasks)
    return Request(run, WaitKey(claim), QueuePosition(-priority, -critical_path_s, created_at, run.uid, (), _NO_TASK))
