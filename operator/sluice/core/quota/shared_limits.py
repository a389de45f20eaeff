"""What runs share: the slots of pools, and the caps on live pods. One object grants them for the whole operator.

1. A task gets all the slots that it asks for, or none, and only if in the line of each of its pools nobody stands
   before it. So one that asks for many is not starved by many that ask for few; other pools go on meanwhile.
2. All lines have the same order (see `order`), so of those who wait the very first stands first in all its lines: no
   two wait for each other.
3. Who asks for what cannot be had, a pool that does not exist or more slots than it has, stands in no line.
4. A slot is in use from its grant until the pod is terminal or gone. Slots stand in the pod's annotation, so the pods
   of a LIST say what is in use; news of a pod count by its name, so hearing them twice changes nothing.
5. A run may hold slots from its start to its end. It waits in the same lines, by its longest way. Its status says what
   it holds, and an annotation of its pods, as those of a run that was deleted may outlive it.
6. The caps count pods. Who waits for a pool takes no part in them; of the others, the first in the order goes first.

Of each of its own lines a run has only the first task stand here, and only while it could start that one. Whoever may
start now is called (`wake`) and asks again: what nobody has taken belongs to nobody, and cannot leak.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from sluice.core import Instant
from sluice.core.base.naming import unit_name
from sluice.core.pod.view import PodView
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.spec.identity import PoolClaim, RunIdentity

_HOLDERS_SHOWN = 10
_NAMES_SHOWN = 3


class PoolKey(NamedTuple):
    namespace: str
    name: str


class _PodKey(NamedTuple):
    namespace: str
    name: str


class QueuePosition(NamedTuple):
    """The place of a task, or of a whole run, among those of all runs. The smaller goes first."""

    priority: int
    """Negated."""
    critical_path_s: float
    """Negated."""
    run_started_at: Instant
    """When it was created, of a whole run."""
    run_uid: str
    order: tuple[int, ...]
    number: int


@dataclass(frozen=True, slots=True)
class Request:
    """The first in a line of a run's tasks asks for its claim, or the whole run. `pod` is the name of the pod that will
    hold it.
    """

    run: RunIdentity
    line: WaitKey
    turn: QueuePosition
    task: str = ""
    """Empty if the whole run asks."""
    pod: str = ""

    @property
    def who(self) -> str:
        return f"{self.run.name}/{self.task}" if self.task else self.run.name

    def pools(self) -> Iterator[tuple[PoolKey, int]]:
        return ((PoolKey(self.run.namespace, name), slots) for name, slots in self.line.claim)


@dataclass(frozen=True, slots=True)
class _Held:
    """`pod_uid` is empty until the pod is seen."""

    claim: PoolClaim
    who: str
    pod_uid: str = ""


class RunClaim(NamedTuple):
    """What a run holds from its start to its end."""

    namespace: str
    run: str
    uid: str
    claim: PoolClaim


@dataclass(slots=True)
class _HeldByRun:
    held: RunClaim
    known_by: set[str]
    """The UIDs of whoever says so: the run, its pods that have not ended."""


@dataclass(frozen=True, slots=True)
class PoolUsage:
    """How a pool stands. `waiting` are tasks and runs; `holders` the first few that hold slots, as `run/task` or, of a
    whole run, `run`.
    """

    used: int
    waiting: int
    holders: list[str]


@dataclass(slots=True)
class _Pool:
    slots: int | None = None
    """None: it does not exist."""
    used: int = 0
    """The sum of what its holders hold."""
    holders: dict[str, str] = field(default_factory=dict)
    """As they are shown, by the pod's name or the run's UID."""
    asked: set[QueuePosition] = field(default_factory=set)
    """All who name it, also those who cannot be served."""
    line: list[QueuePosition] = field(default_factory=list)

    def has(self, slots: int) -> bool:
        return self.slots is not None and self.used + slots <= self.slots


@dataclass(slots=True)
class _Namespace:
    pods: set[str] = field(default_factory=set)
    line: list[QueuePosition] = field(default_factory=list)
    """Those that no pool holds up."""
    runs: list[QueuePosition] = field(default_factory=list)
    """Whole runs that no pool holds up. They are no pods, so the caps are nothing to them."""


def _nobody(_: object) -> None:
    pass


@dataclass(slots=True)
class SharedLimits:
    """`wake` is told a run that may start a task now, `changed` a pool whose use is another now. None is no cap."""

    wake: Callable[[RunIdentity], None] = _nobody
    changed: Callable[[PoolKey], None] = _nobody
    pods: int | None = None
    pods_per_namespace: int | None = None
    _pools: dict[PoolKey, _Pool] = field(default_factory=dict)
    _namespaces: dict[str, _Namespace] = field(default_factory=dict)
    _held: dict[_PodKey, _Held] = field(default_factory=dict)
    _runs: dict[str, _HeldByRun] = field(default_factory=dict)
    """By the run's UID."""
    _standing: dict[str, dict[WaitKey, Request]] = field(default_factory=dict)
    """Who waits, by the run's UID."""
    _requests: dict[QueuePosition, Request] = field(default_factory=dict)
    _tasks: dict[QueuePosition, int] = field(default_factory=dict)
    """How many tasks wait with a request: itself, and those of its run behind it."""

    def subscribe(self, *, wake: Callable[[RunIdentity], None], changed: Callable[[PoolKey], None]) -> None:
        """From now on these are told; see the class."""
        self.wake, self.changed = wake, changed

    @property
    def capped(self) -> bool:
        return self.pods is not None or self.pods_per_namespace is not None

    # What is asked for.

    def grant(self, request: Request, tasks: int = 1) -> bool:
        """May the task start? Then its claim is held from now on. If not it stands in line, until it asks again or its
        run leaves.
        """
        namespace, pod = request.run.namespace, _PodKey(request.run.namespace, request.pod)
        if pod in self._held:  # its creation counted as refused, and was carried out after all
            self._leave(request.run.uid, request.line)
            return True
        self._enter(request, tasks)
        if request.turn not in self._next(namespace):
            return False
        self._step_out(request)
        self._hold(pod, _Held(request.line.claim, request.who))
        return True

    def grant_run(self, request: Request) -> PoolClaim | None:
        """What the whole run holds from now on, or None if it cannot start yet. Then it stands in line, until it asks
        again or is over.
        """
        uid = request.run.uid
        if uid not in self._runs:
            self.retain_waiters(uid, {request.line: request.turn.number})
            self._enter(request, tasks=1)
            if request.turn not in self._next(request.run.namespace):
                return None
            self._step_out(request)
            self.observe_run(RunClaim(request.run.namespace, request.run.name, uid, request.line.claim))
        return self._runs[uid].held.claim

    def retain_waiters(self, run_uid: str, firsts: Mapping[WaitKey, int]) -> None:
        """Of the run's lines only these still wait, each with this task as its first."""
        standing = self._standing.get(run_uid, {})
        for line in [line for line, request in standing.items() if firsts.get(line) != request.turn.number]:
            self._leave(run_uid, line)

    def release(self, namespace: str, pod: str) -> None:
        """The pod was not made."""
        held = self._held.get(_PodKey(namespace, pod))
        if held is not None and not held.pod_uid:
            self._hold(_PodKey(namespace, pod), None)

    # What is so.

    def set_pool(self, key: PoolKey, slots: int | None) -> bool:
        """A pool has so many slots now; None if it does not exist. Returns whether that is news."""
        if self._pools.get(key, _Pool()).slots == slots:
            return False
        waiting = [(self._requests[turn], self._tasks[turn]) for turn in self._pool(key).asked]
        for request, _ in waiting:
            self._leave(request.run.uid, request.line)
        self._pool(key).slots = slots
        for request, tasks in waiting:
            self._enter(request, tasks)
        self._look([key], key.namespace)
        self.changed(key)
        return True

    def observe_pod(self, pod: PodView) -> None:
        """A pod as it is now. Anybody can put our labels and annotations on a pod, but not have it owned by the run."""
        if not pod.run_uid or pod.run_uid != pod.owner_uid:
            return
        if pod.run_pools and not pod.terminal:
            self._see_run(RunClaim(pod.namespace, pod.run, pod.run_uid, pod.run_pools), pod.uid)
        elif pod.run_pools:
            self._run_over(pod.run_uid, pod.uid)
        if not (pod.pools or self.capped):
            return
        key = _PodKey(pod.namespace, pod.name)
        if pod.terminal:
            self._pod_ended(key, pod.uid, unseen=True)
        elif self._held.get(key) != (held := _Held(pod.pools, f"{pod.run}/{unit_name(pod.task, pod.index)}", pod.uid)):
            self._hold(key, held)

    def pod_deleted(self, pod: PodView) -> None:
        self._run_over(pod.run_uid, pod.uid)
        self._pod_ended(_PodKey(pod.namespace, pod.name), pod.uid, unseen=False)

    def observe_run(self, held: RunClaim) -> None:
        """A run has started and has not ended."""
        self._see_run(held, held.uid)

    def run_ended(self, uid: str) -> None:
        """A run has ended or is gone."""
        self.retain_waiters(uid, {})
        self._run_over(uid, uid)

    def _see_run(self, held: RunClaim, by: str) -> None:
        known = self._runs.get(held.uid)
        if known is None:
            self._runs[held.uid] = _HeldByRun(held, {by})
            self._count(held.namespace, held.uid, (), held.claim, held.run)
        else:
            known.known_by.add(by)

    def _run_over(self, uid: str, by: str) -> None:
        known = self._runs.get(uid)
        if known is None:
            return
        known.known_by.discard(by)
        if not known.known_by:
            del self._runs[uid]
            self._count(known.held.namespace, uid, known.held.claim, (), "")

    def _pod_ended(self, key: _PodKey, uid: str, *, unseen: bool) -> None:
        """`unseen`: also if the pod was not seen before. One that is gone may be an earlier one by that name."""
        held = self._held.get(key)
        if held is not None and (held.pod_uid == uid or (unseen and not held.pod_uid)):
            self._hold(key, None)

    # What people are told.

    def usage(self, key: PoolKey) -> PoolUsage:
        pool = self._pools.get(key, _Pool())
        return PoolUsage(pool.used, sum(self._tasks[turn] for turn in pool.asked), _first(pool, _HOLDERS_SHOWN))

    def runs_waiting_for(self, key: PoolKey) -> list[RunIdentity]:
        return [self._requests[turn].run for turn in self._pools.get(key, _Pool()).asked]

    def wait_reason(self, run_uid: str, line: WaitKey, *, first: bool) -> str:
        """Why a task of the run does not start. Empty if it may. `first`: is it the first in its line?"""
        request = self._standing.get(run_uid, {}).get(line)
        if request is None:
            return ""
        pools = [(key.name, slots, self._pools[key]) for key, slots in request.pools()]
        for name, slots, pool in pools:
            if pool.slots is None:
                return f"Pool: {name} does not exist; create it"
            if slots > pool.slots:
                has = f"{pool.slots} slot{'' if pool.slots == 1 else 's'}"
                return f"Pool: {name} has {has}, {slots} {'is' if slots == 1 else 'are'} asked for"
        if not first:
            return f"{'Pool' if line.claim else 'PodLimit'}: other tasks of this run come first"
        for name, slots, pool in pools:
            if not pool.has(slots):
                wanted = f", {slots} are asked for" if slots > 1 else ""
                return f"Pool: {name} {pool.used}/{pool.slots}{wanted}, held by {_holders(pool)}"
        for name, _, pool in pools:
            if pool.line[0] != request.turn:
                return f"Pool: {name} {pool.used}/{pool.slots}, after {self._requests[pool.line[0]].who}"
        return self._why_capped(request.run.namespace)

    def _why_capped(self, namespace: str) -> str:
        here, limit = len(self._namespace(namespace).pods), self.pods_per_namespace
        if limit is not None and here >= limit:
            return f"PodLimit: {here}/{limit} pods of this namespace"
        if self.pods is not None and len(self._held) >= self.pods:
            return f"PodLimit: {len(self._held)}/{self.pods} pods of all namespaces"
        return "PodLimit: others come first" if self.capped else ""

    # The lines.

    def _enter(self, request: Request, tasks: int) -> None:
        known = self._standing.get(request.run.uid, {}).get(request.line)
        if known == request:
            if self._tasks[request.turn] != tasks:
                self._tasks[request.turn] = tasks
                for key, _ in request.pools():
                    self.changed(key)
            return
        if known is not None:
            self._leave(known.run.uid, known.line)
        self._standing.setdefault(request.run.uid, {})[request.line] = request
        self._requests[request.turn], self._tasks[request.turn] = request, tasks
        overtaken = [self._requests[turn] for key, _ in request.pools() for turn in self._pool(key).line[:1]]
        possible = all(slots <= (self._pool(key).slots or 0) for key, slots in request.pools())
        for key, _ in request.pools():
            pool = self._pool(key)
            pool.asked.add(request.turn)
            if possible:
                insort(pool.line, request.turn)
            self.changed(key)
        for each in (*overtaken, request):
            self._sort(each)

    def _leave(self, run_uid: str, line: WaitKey) -> None:
        request = self._standing.get(run_uid, {}).get(line)
        if request is not None:
            self._step_out(request)
            self._look([key for key, _ in request.pools()], request.run.namespace)

    def _step_out(self, request: Request) -> None:
        standing = self._standing[request.run.uid]
        del standing[request.line], self._requests[request.turn], self._tasks[request.turn]
        if not standing:
            del self._standing[request.run.uid]
        for key, _ in request.pools():
            self._pools[key].asked.discard(request.turn)
            _remove(self._pools[key].line, request.turn)
            self.changed(key)
        _remove(self._free(request), request.turn)

    def _sort(self, request: Request) -> None:
        """If no pool holds it up, only the caps can."""
        line = self._free(request)
        _remove(line, request.turn)
        pools = [(self._pool(key), slots) for key, slots in request.pools()]
        if all(pool.line[:1] == [request.turn] and pool.has(slots) for pool, slots in pools):
            insort(line, request.turn)

    def _look(self, pools: Iterable[PoolKey], namespace: str) -> None:
        """Something has changed there: who may start now?"""
        for key in pools:
            pool = self._pool(key)
            for turn in pool.line[:1]:
                self._sort(self._requests[turn])
            if pool.slots is None and not pool.holders and not pool.asked:
                del self._pools[key]
        for turn in self._next(namespace):
            self.wake(self._requests[turn].run)
        if self._namespace(namespace) == _Namespace():
            del self._namespaces[namespace]

    def _free(self, request: Request) -> list[QueuePosition]:
        """Where it stands if no pool holds it up."""
        namespace = self._namespace(request.run.namespace)
        return namespace.line if request.task else namespace.runs

    def _next(self, namespace: str) -> Sequence[QueuePosition]:
        """Those who may start now: whole runs of this namespace, and of the tasks those whom the caps let through."""
        return [*self._namespace(namespace).runs, *self._next_tasks(namespace)]

    def _next_tasks(self, namespace: str) -> Sequence[QueuePosition]:
        """Of this namespace or, where one cap is over all, of any."""
        if self.pods is None:
            return self._next_of(self._namespace(namespace))
        if len(self._held) >= self.pods:
            return ()
        fronts = [turns[0] for turns in map(self._next_of, self._namespaces.values()) if turns]
        return (min(fronts),) if fronts else ()

    def _next_of(self, namespace: _Namespace) -> Sequence[QueuePosition]:
        if self.pods_per_namespace is None:
            return namespace.line
        return namespace.line[:1] if len(namespace.pods) < self.pods_per_namespace else ()

    # What is in use.

    def _hold(self, key: _PodKey, held: _Held | None) -> None:
        """The pod holds this now, whatever it held before."""
        before = self._held.pop(key, None)
        if held is not None:
            self._held[key] = held
            self._namespace(key.namespace).pods.add(key.name)
        else:
            self._namespace(key.namespace).pods.discard(key.name)
        if before is not None and held is not None and before.claim == held.claim:
            return  # it was granted, and is seen now
        had, has = (each.claim if each is not None else () for each in (before, held))
        self._count(key.namespace, key.name, had, has, held.who if held is not None else "")

    def _count(self, namespace: str, holder: str, before: PoolClaim, now: PoolClaim, who: str) -> None:
        for name, slots in before:
            pool = self._pool(PoolKey(namespace, name))
            pool.used -= slots
            del pool.holders[holder]
        for name, slots in now:
            pool = self._pool(PoolKey(namespace, name))
            pool.used += slots
            pool.holders[holder] = who
        pools = {PoolKey(namespace, name) for name, _ in (*before, *now)}
        for key in pools:
            self.changed(key)
        self._look(pools, namespace)

    def _pool(self, key: PoolKey) -> _Pool:
        return self._pools.setdefault(key, _Pool())

    def _namespace(self, name: str) -> _Namespace:
        return self._namespaces.setdefault(name, _Namespace())


def _remove(line: list[QueuePosition], turn: QueuePosition) -> None:
    place = bisect_left(line, turn)
    if line[place : place + 1] == [turn]:
        del line[place]


def _first(pool: _Pool, count: int) -> list[str]:
    return list(islice(pool.holders.values(), count))


def _holders(pool: _Pool) -> str:
    more = len(pool.holders) - _NAMES_SHOWN
    return ", ".join(_first(pool, _NAMES_SHOWN)) + (f" and {more} more" if more > 0 else "")
