"""Slots that a run holds from its start to its end: `spec.pools` of its Workflow, as it is when the run starts.

A run does not ask for a pool whose slots it would then wait for itself: one that its own tasks ask for (validation
refuses that, but the graph of a run may be older than the Workflow's `pools`), or one that a run above it holds.
"""

from collections.abc import Container

from sluice.core import Instant, Json
from sluice.core.pod.builder import RunIdentity
from sluice.core.quota.ready_queue import Claim, Line
from sluice.core.quota.shared_limits import Request, Turn
from sluice.core.spec.definition import Definition

_NO_TASK = -1


def asked(spec: Json, definition: Definition, held_above: Container[str]) -> Claim:
    """What a run asks for, given its Workflow's spec."""
    of_tasks = {name for task in definition.tasks for name, _ in task.pools}
    claim = ((pool["name"], pool.get("slots", 1)) for pool in spec.get("pools", ()))
    return tuple(sorted((name, slots) for name, slots in claim if name not in of_tasks and name not in held_above))


def held(status: Json) -> Claim:
    """What a run holds, as its status says."""
    return tuple(sorted(status.get("pools", {}).items()))


def request(run: RunIdentity, claim: Claim, definition: Definition, *, priority: int, created_at: Instant) -> Request:
    way_s = max(task.way_s for task in definition.tasks)
    return Request(run, Line(claim), Turn(-priority, -way_s, created_at, run.uid, (), _NO_TASK))
