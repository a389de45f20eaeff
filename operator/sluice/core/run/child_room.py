"""Whether a run may make another child run.

Children that wait for room cost memory and writes, and start no sooner. So one is made only while the live pods under a
cap (`parallelism` of the run, or of one above it) and the run's own unfinished children without a live pod are fewer
than the cap; without a cap, while fewer than 100 are unfinished.
"""

from sluice.core.base.ownership import RunRef
from sluice.core.quota.pool import Pool
from sluice.core.run.state import RunState

MAX_CHILDREN = 100


def why_no_child(run: RunState) -> str:
    """The reason of a task whose child run is not made yet; empty if it may be."""
    caps = run.shared.caps_above(run.identity)
    if not caps and (calling := len(run.slots.calling)) >= MAX_CHILDREN:
        return f"Parallelism: {calling}/{MAX_CHILDREN} child runs, as this run has no parallelism of its own"
    return next((why for cap in caps if (why := _why_full(run, cap))), "")


def idle_children(run: RunState) -> int:
    """Its unfinished children without a live pod."""
    children = (run.tasks[number].child for number in run.slots.calling)
    namespace = run.identity.namespace
    return sum(c is None or not run.shared.live_pods(RunRef(namespace, c.name, c.uid)) for c in children)


def _why_full(run: RunState, cap: Pool) -> str:
    if cap.has_room(len(run.slots.calling) + 1):  # even if none of them had a pod
        return ""
    idle = idle_children(run)
    if cap.has_room(idle + 1):
        return ""
    return cap.name_in_use + (f", and {idle} child runs have no pod yet" if idle else "")
