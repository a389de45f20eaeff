"""What runs share: the slots of pools, and the caps on live pods. One object grants them for the whole operator.

1. A task, or a whole run, gets all the slots that it claims, or none: see `waiters` for who is next. Pools are of one
   namespace, and the cap over all goes round robin over them: nobody's `priority` counts elsewhere.
2. A task also needs a place under the caps: see `pod_cap`. A whole run is no pod, so the caps do not hold it up.
3. What is granted is held from then on: see `pool`. A pod's annotation says what it holds and a run's status what the
   run holds, so a LIST of both says what is in use, and nothing can leak.
4. Who could start now is woken (`wake`) and asks again. Until then the slots belong to nobody, so they cannot leak.
5. A run has a task wait here only while it could start that task itself (see `retain_waiters`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from sluice.api.pool import Holder
from sluice.core import Instant
from sluice.core.base.naming import unit_name
from sluice.core.base.ownership import RunRef
from sluice.core.pod.view import PodView
from sluice.core.quota.pod_cap import PodCaps, PodKey
from sluice.core.quota.pool import Pool, PoolKey, Pools, PoolUsage, RunClaim, RunHolders
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.run_tree import run_of_pool, tree_pool
from sluice.core.quota.waiters import QueuePosition, Request, Waiter, Waiters
from sluice.core.spec.identity import PoolClaim, RunIdentity

_IN_LINE_TOLD = 10


def _nobody(_: object) -> None:
    pass


class SharedLimits:
    """`wake` is told a run that may start a task now, `changed` a pool whose use or waiters are others now.

    `pods` and `pods_per_namespace` are caps on live pods. None is no cap.
    """

    def __init__(
        self,
        *,
        wake: Callable[[RunIdentity], None] = _nobody,
        changed: Callable[[PoolKey], None] = _nobody,
        pods: int | None = None,
        pods_per_namespace: int | None = None,
    ) -> None:
        self.wake, self.changed = wake, changed
        self._caps = PodCaps(pods, pods_per_namespace)
        self._pools = Pools()
        self._runs = RunHolders()
        self._waiters = Waiters(self._pools)
        self._callers: dict[PoolKey, dict[str, RunIdentity]] = {}
        """Runs that wait to call another, by each cap above them and by UID."""

    def subscribe(self, *, wake: Callable[[RunIdentity], None], changed: Callable[[PoolKey], None]) -> None:
        """Replaces the two handlers (see the class)."""
        self.wake, self.changed = wake, changed

    @property
    def capped(self) -> bool:
        """Is there a cap on live pods?"""
        return self._caps.capped

    # What is asked for.

    def grant(self, request: Request, now: Instant, tasks: int = 1) -> bool:
        """May the task start? If so, its pod holds the claim from now on. If not, the task waits, until it asks again
        or withdraws (`retain_waiters`). `tasks` of its run wait for the same, itself among them.
        """
        pod = PodKey(request.run.namespace, request.pod)
        if self._caps.is_live(pod):  # the creation seemed refused, but was carried out
            self._withdraw(request.run.uid, request.wait_key)
            return True
        if not self._is_next(request, now, tasks):
            return False
        self._waiters.had_turn(request.run.namespace)
        self._hold(pod, request.wait_key.claim, request.display_name)
        return True

    def grant_run(self, request: Request, since: Instant) -> PoolClaim | None:
        """What the whole run holds from now on, which may be what it was granted before. None if it cannot start yet:
        then it waits, until it asks again or is over.
        """
        run = request.run.ref
        if self._runs.claim(run) is None:
            self.retain_waiters(run.uid, {request.wait_key: request.position.number})
            if not self._is_next(request, since):
                return None
            self.observe_run(RunClaim(run, request.wait_key.claim))
        return self._runs.claim(run)

    def wait_for_room(self, request: Request, now: Instant) -> None:
        """Its run is woken when there is room for the claim, and takes nothing of it: a child run is to be made, which
        holds none. It waits until the run withdraws (`retain_waiters`).
        """
        self._wait(request, now, 1)

    def call_when_there_is_room(self, run: RunIdentity) -> None:
        """The run is woken once, when there is room under a cap above it. It takes nothing of it: see `child_room`.
        Without such a cap only the end of one of its children makes room, which it hears of.
        """
        for name in (cap.name for cap in self.caps_above(run)):
            self._callers.setdefault(PoolKey(run.namespace, name), {})[run.uid] = run

    def retain_waiters(self, run_uid: str, firsts: Mapping[WaitKey, int]) -> None:
        """Of the run's waiters only these stay: for each key, the task with this number."""
        for request in self._waiters.of_run(run_uid):
            if firsts.get(request.wait_key) != request.position.number:
                self._withdraw(run_uid, request.wait_key)

    def release(self, namespace: str, pod: str) -> None:
        """The pod was not created, so it holds nothing. Of a pod that was seen this is not believed."""
        key = PodKey(namespace, pod)
        if self._caps.cancel(key):
            self._let_go(key)

    # What is so.

    def set_pool(self, key: PoolKey, slots: int | None, held_by: Holder = "Tasks") -> bool:
        """The pool has so many slots now; None if it does not exist. Returns whether that is news."""
        known = self._pools[key]
        if (known.slots, known.held_by) == (slots, held_by):
            return False
        self._pools.set_slots(key, slots, held_by)
        self._waiters.slots_changed(key)
        self._wake_callers(key)
        concerned = {pool for waiter in self._waiters.claiming(key) for pool, _ in waiter.request.pools()}
        self._announce({key} | concerned, key.namespace)
        return True

    def observe_pod(self, pod: PodView, *, known: bool = True) -> None:
        """A pod as it is now. `known`: what it claims follows from the graph of its run. The annotations of another are
        believed up to the slots that a Pool has.

        Only a run's own pod counts: anybody can put our labels and annotations on a pod. One that was its own until its
        owner was taken away, as `kubectl delete --cascade=orphan` does, holds what it held for as long as it lives.
        """
        attempt, key = pod.attempt_of or pod.disowned, PodKey(pod.namespace, pod.name)
        if pod.attempt_of is None and not pod.terminal and self._caps.is_live(key):
            return
        if attempt is None:
            if pod.terminal:
                self.pod_deleted(pod)
            return
        if pod.terminal:
            self._run_over(pod.uid)
            if self._caps.end(key, pod.uid):
                self._let_go(key)
            return
        run_pools = pod.run_pools if known else self._within_slots(pod.namespace, pod.run_pools)
        pools = pod.pools if known else self._within_slots(pod.namespace, pod.pools)
        if run_pools:
            self._run_holds(RunClaim(attempt.run, run_pools), pod.uid)
        if pools or self.capped:
            self._hold(key, pools, f"{attempt.run.name}/{unit_name(attempt.task, attempt.index)}", pod.uid)

    def pod_deleted(self, pod: PodView) -> None:
        """The pod is gone; `pod` is how it was last."""
        self._run_over(pod.uid)
        key = PodKey(pod.namespace, pod.name)
        if self._caps.delete(key, pod.uid):
            self._let_go(key)

    def observe_run(self, held: RunClaim) -> None:
        """The run has started and has not ended."""
        self._run_holds(held, held.run.uid)

    def run_ended(self, run: RunRef) -> None:
        """The run has ended or is gone."""
        self.retain_waiters(run.uid, {})
        self._callers.pop(PoolKey(run.namespace, tree_pool(run)), None)
        self._run_over(run.uid)

    # What people are told.

    def usage(self, key: PoolKey) -> PoolUsage:
        pool = self._pools[key]
        waiting = sum(waiter.tasks for waiter in self._waiters.claiming(key))
        first = [(each.request.display_name, each.since) for each in self._waiters.in_line(key, _IN_LINE_TOLD)]
        return PoolUsage(pool.used, waiting, pool.holders(), first)

    def live_pods(self, run: RunRef) -> int:
        """Of a run that has others above or beneath it: its own, and those of all runs beneath it."""
        return self._pools[PoolKey(run.namespace, tree_pool(run))].used

    def caps_above(self, run: RunIdentity) -> list[Pool]:
        """The caps that hold for the pods of a run, to be read only: its own, and those of the runs above it."""
        pools = (self._pools[PoolKey(run.namespace, name)] for name, _ in run.tree)
        return [pool for pool in pools if pool.slots is not None]

    def runs_waiting_for(self, key: PoolKey) -> list[RunIdentity]:
        """One for each waiter, in order."""
        requests = (waiter.request for waiter in self._waiters.claiming(key))
        return [request.run for request in sorted(requests, key=lambda each: each.position)]

    def wait_reason(self, run_uid: str, wait_key: WaitKey, *, first: bool) -> str:
        """Why a task of the run, or the whole run, does not start. Empty if nothing that is shared holds it up.

        `first`: is it the first of those of its run that wait for the same?
        """
        waiter = self._waiters.get(run_uid, wait_key)
        if waiter is None:
            return ""
        claimed = [(key, self._pools[key], slots) for key, slots in waiter.request.pools()]
        for _, pool, slots in claimed:
            if why := pool.why_unservable(slots, waiter.request.holder):
                return why
        if not first:
            word = "Pool" if any(not run_of_pool(key.name) for key, _, _ in claimed) else "PodLimit"
            capped = (why for key, pool, slots in claimed if run_of_pool(key.name) and (why := pool.why_full(slots)))
            return next(capped, f"{word}: other tasks of this run come first")
        for _, pool, slots in claimed:
            if why := pool.why_full(slots):
                return why
        for key, pool, _ in claimed:
            ahead = self._waiters.first(key)
            if ahead is not None and ahead != waiter.request:
                return f"{pool.name_in_use}, after {ahead.display_name}"
        return self._caps.why_full(waiter.request.run.namespace)

    # Who waits.

    def _is_next(self, request: Request, now: Instant, tasks: int = 1) -> bool:
        """May it start? If so, it waits no longer; what it claims is to be held by somebody before anything else."""
        self._wait(request, now, tasks)
        if request.position not in self._next(request.run.namespace) or not self._waiters.has_its_turn(request):
            return False
        self._waiters.remove(request)
        self._publish_use(key for key, _ in request.pools())
        return True

    def _wait(self, request: Request, now: Instant, tasks: int) -> None:
        known = self._waiters.get(request.run.uid, request.wait_key)
        since = now if known is None else known.since
        if known == Waiter(request, tasks, since):
            return
        self._waiters.add(request, tasks, since)
        pools = [key for key, _ in request.pools()]
        if known is None or known.request == request:
            self._publish_use(pools)
        else:  # the other may have been before others who are first now
            self._announce(pools, request.run.namespace)

    def _withdraw(self, run_uid: str, wait_key: WaitKey) -> None:
        waiter = self._waiters.get(run_uid, wait_key)
        if waiter is not None:
            self._waiters.remove(waiter.request)
            self._announce([key for key, _ in waiter.request.pools()], waiter.request.run.namespace)

    def _next(self, namespace: str) -> list[QueuePosition]:
        """Those who may start now: whole runs of this namespace, and tasks that the caps admit."""
        tasks = self._caps.admitted(namespace, self._waiters.unblocked_tasks())
        return [*self._waiters.unblocked_runs(namespace), *tasks]

    # Who holds what.

    def _hold(self, pod: PodKey, claim: PoolClaim, display_name: str, uid: str = "") -> None:
        """The pod holds this now, whatever it held before."""
        new = self._caps.add(pod, uid)
        touched = self._pools.hold(pod.namespace, pod.name, claim, display_name)
        if new or touched:
            self._room_changed(touched, pod.namespace)

    def _let_go(self, pod: PodKey) -> None:
        """The pod, not live any more, holds nothing."""
        self._room_changed(self._pools.hold(pod.namespace, pod.name, ()), pod.namespace)

    def _run_holds(self, held: RunClaim, source: str) -> None:
        if self._runs.add(held, source):
            run = held.run
            self._room_changed(self._pools.hold(run.namespace, run.uid, held.claim, run.name), run.namespace)

    def _run_over(self, source: str) -> None:
        if (run := self._runs.remove(source)) is not None:
            self._room_changed(self._pools.hold(run.namespace, run.uid, ()), run.namespace)

    def _within_slots(self, namespace: str, claim: PoolClaim) -> PoolClaim:
        """No more than the Pools have."""
        there = ((name, self._pools[PoolKey(namespace, name)].slots or 0) for name, _ in claim)
        return tuple((name, min(slots, has)) for (name, slots), (_, has) in zip(claim, there, strict=True) if has)

    def _room_changed(self, pools: Collection[PoolKey], namespace: str) -> None:
        for key in pools:
            self._waiters.room_changed(key)
            self._wake_callers(key)
        self._announce(pools, namespace)

    # Who is told.

    def _announce(self, pools: Iterable[PoolKey], namespace: str) -> None:
        """These pools of the namespace have changed, or its live pods: who may start now?"""
        self._publish_use(pools)
        for position in self._next(namespace):
            request = self._waiters.at(position)
            if self._waiters.has_its_turn(request):  # a look at a run costs more than this does
                self.wake(request.run)

    def _wake_callers(self, key: PoolKey) -> None:
        if key in self._callers and self._pools[key].has_room(1):
            for run in self._callers.pop(key).values():
                self.wake(run)

    def _publish_use(self, pools: Iterable[PoolKey]) -> None:
        for key in pools:
            self.changed(key)
