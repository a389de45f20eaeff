"""Who waits for shared limits, in which order, and for what.

1. All queues have one order, `QueuePosition`. So the first of all waiters is first in each of its queues, and no two
   wait for each other.
2. A waiter is blocked until it is first in the queue of each of its pools, and each has room for all that it claims.
   So many small claims do not starve a large one, and pools that it does not claim go on meanwhile.
3. Who claims what cannot be had (a pool that does not exist or is held by others than it, or more slots than it has)
   waits outside the queues, and blocks nobody.
4. Of the tasks of a run that wait for the same (one `WaitKey`) only the first is here. It counts for those behind it.
5. The cap of a run on the pods beneath it (see `run_tree`) has no queue, since all claim one slot: who waits for a
   pool as well must not hold up the others. Of those that nothing else blocks the first ones have its room.
6. The tasks that no pool blocks take turns by namespace, for the cap that is over all: no namespace has a second turn
   while another waits for its first. So `QueuePosition`, and with it `priority`, compares within one namespace only.

A waiter is what Kueue calls a pending workload: https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/#queueing-strategy.
Rule 2 is its StrictFIFO.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from sluice.api.pool import Holder
from sluice.core import Instant
from sluice.core.base.rotation import Rotation
from sluice.core.quota.pool import PoolKey, Pools
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.run_tree import run_of_pool
from sluice.core.spec.identity import RunIdentity

_Key = TypeVar("_Key")


class QueuePosition(NamedTuple):
    """Where a task, or a whole run, is among the waiters of all runs. The smaller goes first; no two are equal."""

    priority: int
    """Negated."""
    critical_path_s: float
    """Negated."""
    run_started_at: Instant
    """For a whole run, when it was created."""
    run_uid: str
    order: tuple[int, ...]
    number: int
    """Of the task in its run. A whole run has one that no task has."""


@dataclass(frozen=True, slots=True)
class Request:
    """The first of a run's tasks that wait for the same, or the whole run, asks for its claim: `wait_key.claim`."""

    run: RunIdentity
    wait_key: WaitKey
    position: QueuePosition
    task: str = ""
    """As people read it: `load` or `load[3]`. Empty if the whole run asks."""
    pod: str = ""
    """The name of the pod that will hold the claim. Empty if the whole run asks."""

    @property
    def display_name(self) -> str:
        return f"{self.run.name}/{self.task}" if self.task else self.run.name

    @property
    def holder(self) -> Holder:
        return "Tasks" if self.task else "Runs"

    def pools(self) -> Iterator[tuple[PoolKey, int]]:
        """Each pool of the claim, with how many slots of it."""
        return ((PoolKey(self.run.namespace, name), slots) for name, slots in self.wait_key.claim)


@dataclass(slots=True)
class Waiter:
    """A request that has not been granted. `tasks` of its run wait with it, itself among them. `since` is when the
    first of them began to wait.
    """

    request: Request
    tasks: int
    since: Instant


@dataclass(slots=True)
class _Queues(Generic[_Key]):
    """Sorted queues by key. None is empty. To find a position takes O(log n)."""

    by_key: Rotation[_Key, list[QueuePosition]] = field(default_factory=Rotation)

    def first(self, key: _Key) -> QueuePosition | None:
        queue = self.by_key.get(key)
        return queue[0] if queue else None

    def __contains__(self, at: tuple[_Key, QueuePosition]) -> bool:
        key, position = at
        queue = self.by_key.get(key, [])
        place = bisect_left(queue, position)
        return queue[place : place + 1] == [position]

    def before(self, key: _Key, position: QueuePosition) -> int:
        """How many come before that position."""
        return bisect_left(self.by_key.get(key, []), position)

    def add(self, key: _Key, position: QueuePosition) -> None:
        insort(self.by_key.join(key, []), position)

    def discard(self, key: _Key, position: QueuePosition) -> None:
        if (key, position) in self:
            queue = self.by_key[key]
            del queue[bisect_left(queue, position)]
            if not queue:
                del self.by_key[key]


@dataclass(slots=True)
class Waiters:
    """All who wait, and which of them no pool blocks.

    `pools` is only read. Whoever changes one calls `room_changed` or `slots_changed` afterwards.
    """

    pools: Pools
    _by_run: dict[str, dict[WaitKey, Waiter]] = field(default_factory=dict)
    """By the run's UID. None is empty."""
    _by_position: dict[QueuePosition, Waiter] = field(default_factory=dict)
    _claiming: dict[PoolKey, set[QueuePosition]] = field(default_factory=dict)
    """All who claim slots of a pool, also those that it cannot serve. None is empty."""
    _queues: _Queues[PoolKey] = field(default_factory=_Queues)
    """Those that all their pools can serve."""
    _unblocked_tasks: _Queues[str] = field(default_factory=_Queues)
    """By namespace, as `_unblocked_runs`."""
    _unblocked_runs: _Queues[str] = field(default_factory=_Queues)
    _unblocked_beneath: _Queues[PoolKey] = field(default_factory=_Queues)
    """Of both, by the cap of a run that holds for them."""
    _had_room: dict[PoolKey, bool] = field(default_factory=dict)
    """Whether such a cap had room when those whom it holds for were last looked at."""

    def get(self, run_uid: str, wait_key: WaitKey) -> Waiter | None:
        return self._by_run.get(run_uid, {}).get(wait_key)

    def at(self, position: QueuePosition) -> Request:
        """Raises KeyError if nobody waits there."""
        return self._by_position[position].request

    def of_run(self, run_uid: str) -> list[Request]:
        return [waiter.request for waiter in self._by_run.get(run_uid, {}).values()]

    def claiming(self, key: PoolKey) -> list[Waiter]:
        """All who claim slots of the pool, in no order."""
        return [self._by_position[position] for position in self._claiming.get(key, ())]

    def first(self, key: PoolKey) -> Request | None:
        """The first in the pool's queue."""
        position = self._queues.first(key)
        return None if position is None else self.at(position)

    def has_its_turn(self, request: Request) -> bool:
        """Is there room for it under the caps of runs, after those before it that nothing blocks either?"""
        caps = (key for key in _caps(request) if self.pools[key].slots is not None)
        return all(self.pools[key].has_room(self._unblocked_beneath.before(key, request.position) + 1) for key in caps)

    def unblocked_runs(self, namespace: str) -> Sequence[QueuePosition]:
        """The whole runs that no pool blocks, in order."""
        return self._unblocked_runs.by_key.get(namespace, ())

    def unblocked_tasks(self) -> Mapping[str, Sequence[QueuePosition]]:
        """The tasks that no pool blocks, in order, by namespace, of which the first has the next turn. To be read at
        once: it changes with the waiters.
        """
        return self._unblocked_tasks.by_key

    def in_line(self, key: PoolKey, at_most: int) -> list[Waiter]:
        """The first in the pool's queue, in order."""
        return [self._by_position[position] for position in self._queues.by_key.get(key, [])[:at_most]]

    def add(self, request: Request, tasks: int, since: Instant) -> None:
        """The request waits from now on, instead of another of its run that waits for the same. No other may have its
        position.
        """
        waiter, before = Waiter(request, tasks, since), self.get(request.run.uid, request.wait_key)
        self._by_run.setdefault(request.run.uid, {})[request.wait_key] = waiter
        self._by_position[request.position] = waiter
        if before is not None and before.request.position == request.position:
            return
        servable = all(self.pools[key].can_serve(slots, request.holder) for key, slots in request.pools())
        overtaken = [first for key, _ in request.pools() if (first := self.first(key)) is not None]
        for key, _ in request.pools():
            self._claiming.setdefault(key, set()).add(request.position)
            if servable and not run_of_pool(key.name):
                self._queues.add(key, request.position)
        for each in (*overtaken, request):
            self._check(each)
        if before is not None:  # only now, so that its namespace keeps its turn
            self._drop(before.request)

    def had_turn(self, namespace: str) -> None:
        """A task of the namespace starts: of the tasks that no pool blocks those of all other namespaces come first."""
        self._unblocked_tasks.by_key.had_turn(namespace)

    def remove(self, request: Request) -> None:
        """The request waits no longer. Raises KeyError if it did not."""
        waiters = self._by_run[request.run.uid]
        del waiters[request.wait_key]
        if not waiters:
            del self._by_run[request.run.uid]
        self._drop(request)

    def _drop(self, request: Request) -> None:
        del self._by_position[request.position]
        for key, _ in request.pools():
            self._claiming[key].discard(request.position)
            if not self._claiming[key]:
                del self._claiming[key]
                self._had_room.pop(key, None)
            if not run_of_pool(key.name):
                self._queues.discard(key, request.position)
                self.room_changed(key)
        self._block(request)

    def slots_changed(self, key: PoolKey) -> None:
        """The pool has another number of slots or other holders, and so may be able to serve others."""
        self._had_room.pop(key, None)
        for waiter in self.claiming(key):
            self.remove(waiter.request)
            self.add(waiter.request, waiter.tasks, waiter.since)

    def room_changed(self, key: PoolKey) -> None:
        """More or fewer slots of the pool are in use, or another is first in its queue."""
        if run_of_pool(key.name):
            room = self.pools[key].has_room(1)
            if key in self._claiming and self._had_room.get(key) != room:
                self._had_room[key] = room
                for waiter in self.claiming(key):
                    self._check(waiter.request)
        elif (first := self.first(key)) is not None:
            self._check(first)

    def _check(self, request: Request) -> None:
        """Puts it among the unblocked, or takes it out."""
        unblocked, at = self._unblocked(request), (request.run.namespace, request.position)
        free = all(
            self.pools[key].has_room(slots) and (run_of_pool(key.name) or self._queues.first(key) == request.position)
            for key, slots in request.pools()
        )
        if not free:
            self._block(request)
        elif at not in unblocked:
            unblocked.add(*at)
            for key in _caps(request):
                self._unblocked_beneath.add(key, request.position)

    def _block(self, request: Request) -> None:
        self._unblocked(request).discard(request.run.namespace, request.position)
        for key in _caps(request):
            self._unblocked_beneath.discard(key, request.position)

    def _unblocked(self, request: Request) -> _Queues[str]:
        return self._unblocked_tasks if request.task else self._unblocked_runs


def _caps(request: Request) -> Iterator[PoolKey]:
    """Those of the runs that it is beneath: rule 5."""
    return (key for key, _ in request.pools() if run_of_pool(key.name))
