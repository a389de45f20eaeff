"""A run's `parallelism` holds for the live pods of the run and of all runs beneath it.

It is a pool like any other, of which each of these pods holds one slot, and which no user can name: so it is granted in
the same place and order as the rest, and follows from a LIST. A task that runs another Workflow has no pod and holds
none, so nothing waits for itself. A run without a cap has such a pool as well, as it may get one while it goes on: one
that has no number of slots has room for all.
"""

from sluice.core.base.ownership import RunRef
from sluice.core.spec.identity import PoolClaim

_PREFIX = "run/"


def tree_pool(run: RunRef) -> str:
    """The name of its pool."""
    return f"{_PREFIX}{run.name}/{run.uid}"


def tree_of(run: RunRef, above: PoolClaim = ()) -> PoolClaim:
    """What each pod of a run holds that calls others or is called: for its own `parallelism`, and for that of the runs
    `above` it.
    """
    return ((tree_pool(run), 1), *above)


def run_of_pool(pool: str) -> str:
    """The name of the run whose pool it is; empty if it is a Pool of users."""
    return pool.split("/")[1] if pool.startswith(_PREFIX) else ""
