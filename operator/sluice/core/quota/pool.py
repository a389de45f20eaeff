"""Pools: how many slots each has, and who holds them.

1. A holder is a pod, known by its name, or a whole run, known by its UID. It holds a claim: slots of one or several
   pools of its namespace.
2. What is in use is the sum of what the holders hold. Hearing of a holder twice changes nothing.
3. More slots may be in use than a pool has, after it was made smaller or deleted. Nobody loses a slot for that.
4. A pool is held by tasks or by whole runs, never both: else two runs could each hold what a task of the other needs.
   Who asks the other way gets a reason and no slot.
5. A whole run holds its claim for as long as anybody says so: its own status, or an annotation of one of its pods,
   since the pods of a deleted run may outlive it.

`Pool` follows Airflow's: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/pools.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from sluice.api.pool import Holder
from sluice.core import Instant
from sluice.core.base.ownership import RunRef
from sluice.core.base.text import first_names
from sluice.core.quota.run_tree import run_of_pool
from sluice.core.spec.identity import PoolClaim

_HOLDERS_IN_STATUS = 10
_HOLDERS_IN_REASON = 3

HELD_OTHERWISE: dict[Holder, str] = {
    "Tasks": "is held by whole runs; name it in spec.pools, or name one with heldBy: Tasks",
    "Runs": "is held by tasks; name it in the pools of tasks, or name one with heldBy: Runs",
}
"""What one is told who asks as a task, or as a run, for slots of a Pool that the other kind holds."""


class PoolKey(NamedTuple):
    namespace: str
    name: str


class RunClaim(NamedTuple):
    """What a whole run holds from its start to its end."""

    run: RunRef
    claim: PoolClaim


@dataclass(frozen=True, slots=True)
class PoolUsage:
    """What the status of a Pool says: the slots in use, how many tasks and runs wait for some, the first holders, as
    `run/task` or, for a whole run, `run`, and the first in line, with since when they wait.
    """

    used: int
    waiting: int
    holders: list[str]
    first_waiters: list[tuple[str, Instant]]


class _Holding(NamedTuple):
    slots: int
    display_name: str


@dataclass(slots=True)
class Pool:
    """`slots` is None while no such Pool exists: its slots may still be held, and waited for. See `run_tree` for those
    of runs.
    """

    name: str
    slots: int | None = None
    held_by: Holder = "Tasks"
    _used: int = 0
    _holdings: dict[str, _Holding] = field(default_factory=dict)
    """By holder, in the order in which they came."""

    @property
    def used(self) -> int:
        """The sum of all holdings, kept so that it takes O(1)."""
        return self._used

    @property
    def in_use(self) -> str:
        """`1/2`: how many slots, of how many."""
        return f"{self._used}/{self.slots}"

    @property
    def name_in_use(self) -> str:
        """As the start of a reason."""
        run = run_of_pool(self.name)
        return f"Parallelism: {self.in_use} of run {run}" if run else f"Pool: {self.name} {self.in_use}"

    @property
    def _no_cap(self) -> bool:
        """Is it that of a run without `parallelism`?"""
        return self.slots is None and bool(run_of_pool(self.name))

    @property
    def unused(self) -> bool:
        """Is there neither such a Pool nor anybody who holds slots of it?"""
        return self.slots is None and not self._holdings

    def hold(self, holder: str, slots: int, display_name: str) -> None:
        self._holdings[holder] = _Holding(slots, display_name)
        self._used += slots

    def release(self, holder: str) -> None:
        self._used -= self._holdings.pop(holder).slots

    def can_serve(self, slots: int, holder: Holder) -> bool:
        """Does it have so many slots at all for such a holder, free or not?"""
        return not self.why_unservable(slots, holder)

    def has_room(self, slots: int) -> bool:
        return self._no_cap or (self.slots is not None and self._used + slots <= self.slots)

    def holders(self) -> list[str]:
        """The first few, as people read them."""
        return list(islice(self._names(), _HOLDERS_IN_STATUS))

    def why_unservable(self, slots: int, holder: Holder) -> str:
        """Why it can never give out so many slots as it is now; empty if it can."""
        if self._no_cap:
            return ""
        if self.slots is None:
            return f"Pool: {self.name} does not exist; create it"
        if holder != self.held_by:
            return f"Pool: {self.name} {HELD_OTHERWISE[holder]}"
        if slots > self.slots:
            has = f"{self.slots} slot{'' if self.slots == 1 else 's'}"
            return f"Pool: {self.name} has {has}, {slots} {'is' if slots == 1 else 'are'} asked for"
        return ""

    def why_full(self, slots: int) -> str:
        """Why it cannot give out so many slots now; empty if it can."""
        if self.has_room(slots):
            return ""
        if run_of_pool(self.name):
            return self.name_in_use
        wanted = f", {slots} are asked for" if slots > 1 else ""
        names = first_names(self._names(), len(self._holdings), _HOLDERS_IN_REASON)
        return f"{self.name_in_use}{wanted}, held by {names}"

    def _names(self) -> Iterator[str]:
        return (holding.display_name for holding in self._holdings.values())


@dataclass(slots=True)
class Pools:
    """The pools of all namespaces. Only those that exist, or that somebody holds slots of, take memory."""

    _pools: dict[PoolKey, Pool] = field(default_factory=dict)
    _claims: dict[tuple[str, str], PoolClaim] = field(default_factory=dict)
    """By namespace and holder. None is empty."""

    def __getitem__(self, key: PoolKey) -> Pool:
        """The pool, to be read only. One that nobody has told of does not exist, and nobody holds slots of it."""
        return self._pools.get(key) or Pool(key.name)

    def set_slots(self, key: PoolKey, slots: int | None, held_by: Holder = "Tasks") -> None:
        """`slots` is None if there is no such Pool (any more)."""
        pool = self._known(key)
        pool.slots, pool.held_by = slots, held_by
        self._forget_if_unused(key)

    def hold(self, namespace: str, holder: str, claim: PoolClaim, display_name: str = "") -> set[PoolKey]:
        """The holder holds this claim now, and nothing of what it held before; an empty claim releases all.

        `display_name` is the holder as people read it. Returns the pools of both claims, or none if they are equal.
        """
        before = self._claims.pop((namespace, holder), ())
        if claim:
            self._claims[namespace, holder] = claim
        if claim == before:
            return set()
        for name, _ in before:
            self._known(PoolKey(namespace, name)).release(holder)
        for name, slots in claim:
            self._known(PoolKey(namespace, name)).hold(holder, slots, display_name)
        touched = {PoolKey(namespace, name) for name, _ in (*before, *claim)}
        for key in touched:
            self._forget_if_unused(key)
        return touched

    def _known(self, key: PoolKey) -> Pool:
        return self._pools.setdefault(key, Pool(key.name))

    def _forget_if_unused(self, key: PoolKey) -> None:
        if self._pools[key].unused:
            del self._pools[key]


@dataclass(slots=True)
class RunHolders:
    """The whole runs that hold slots, and for each the UIDs of those that say so: the run itself and its pods."""

    _claims: dict[RunRef, PoolClaim] = field(default_factory=dict)
    _sources: dict[RunRef, set[str]] = field(default_factory=dict)
    _run_of: dict[str, RunRef] = field(default_factory=dict)
    """By source."""

    def claim(self, run: RunRef) -> PoolClaim | None:
        """None if the run holds nothing."""
        return self._claims.get(run)

    def add(self, held: RunClaim, source: str) -> bool:
        """`source`, a UID, says that the run holds this. Returns whether that is news. The run's own word counts for
        more than that of its pods, of which the first counts.
        """
        self._sources.setdefault(held.run, set()).add(source)
        self._run_of[source] = held.run
        before = self._claims.get(held.run)
        if before == held.claim or (before is not None and source != held.run.uid):
            return False
        self._claims[held.run] = held.claim
        return True

    def remove(self, source: str) -> RunRef | None:
        """`source` says so no longer. Returns the run if it holds nothing any more."""
        run = self._run_of.pop(source, None)
        if run is None:
            return None
        self._sources[run].discard(source)
        if self._sources[run]:
            return None
        del self._sources[run], self._claims[run]
        return run
