"""Slots that a run holds from start to end: `spec.pools` of its Workflow, as it is when the run starts.

A run does not request a pool that it would then wait for itself: one that its own tasks request (validation refuses
that, but a run's graph may be older than the Workflow's `pools`), or one that an ancestor holds.
"""

from collections.abc import Container, Iterable, Mapping

from sluice.api.task import PoolRequest
from sluice.core import Instant
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.waiters import QueuePosition, Request
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import PoolClaim, RunIdentity, pool_claim

_NO_TASK = -1


def requested_claim(pools: Iterable[PoolRequest], definition: Definition, held_above: Container[str]) -> PoolClaim:
    """What a run requests. `pools` are its Workflow's `spec.pools`, `held_above` the pools that its ancestors hold."""
    of_tasks = {name for task in definition.tasks for name, _ in task.pools}
    return tuple((name, slots) for name, slots in pool_claim(pools) if name not in of_tasks and name not in held_above)


def held_claim(pools: Mapping[str, int]) -> PoolClaim:
    """What a run holds. `pools` are its `status.pools`: slots by pool."""
    return tuple(sorted(pools.items()))


def run_request(
    run: RunIdentity, claim: PoolClaim, definition: Definition, *, priority: int, created_at: Instant
) -> Request:
    critical_path_s = max(task.critical_path_s for task in definition.tasks)
    return Request(run, WaitKey(claim), QueuePosition(-priority, -critical_path_s, created_at, run.uid, (), _NO_TASK))
