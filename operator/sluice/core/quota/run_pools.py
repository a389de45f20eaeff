"""Slots that a run holds from start to end, for itself and for all runs beneath it: see `calls`.

Only a run that nobody called takes some. A run that was called uses what the run at the top holds, and fails if its
Workflow asks for more: to wait would be to wait for its own caller.
"""

from collections.abc import Mapping

from sluice.core import Instant
from sluice.core.base.faults import Fault
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.waiters import QueuePosition, Request
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import PoolClaim, RunIdentity

_NO_TASK = -1


def missing_above(claim: PoolClaim, top: str, held: Mapping[str, int]) -> list[Fault]:
    """A fault for each pool of which a called run asks for more than `top` holds, the run that nobody called."""
    return [
        Fault(
            "spec.workflow",
            f"asks as a run for {slots} of pool '{pool}', of which run '{top}' above it holds {held.get(pool, 0)}; "
            f"what a run may call is looked up once, at its start: start '{top}' anew",
        )
        for pool, slots in claim
        if slots > held.get(pool, 0)
    ]


def run_request(
    run: RunIdentity, claim: PoolClaim, definition: Definition, *, priority: int, created_at: Instant
) -> Request:
    critical_path_s = max(task.critical_path_s for task in definition.tasks)
    return Request(run, WaitKey(claim), QueuePosition(-priority, -critical_path_s, created_at, run.uid, (), _NO_TASK))
