"""A run: open it, ask the core what follows, make it so, and say in its status how it stands.

`reconcile` never waits for a pod: creations and deletions go to the pod writer, whose answers come back as news.
"""

from dataclasses import dataclass

from sluice.api.run import WorkflowRunSpec
from sluice.controller.informers.cluster import Cluster
from sluice.controller.kube.objects import Key, ObjectView
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.resources.pod_gc import PodGarbageCollector
from sluice.controller.run.admission import RunAdmission
from sluice.controller.run.child_runs import ChildRunWriter
from sluice.controller.run.live import LiveRun, LiveRuns
from sluice.controller.run.log_reader import LogReader
from sluice.controller.run.open import RunOpener
from sluice.controller.run.orders import orders_for
from sluice.controller.run.pod_writer import PodWriter
from sluice.controller.run.slow_starts import SlowStarts
from sluice.controller.run.status_writer import StatusWriter
from sluice.core.base.ownership import RunRef
from sluice.core.reconcile.decide import Decision, decide
from sluice.core.validation.approvals import unknown_approvals


@dataclass(frozen=True, slots=True)
class RunWorkers:
    """Those who carry out what was decided about a run."""

    pods: PodWriter
    children: ChildRunWriter
    logs: LogReader
    slow_starts: SlowStarts
    status: StatusWriter


class RunReconciler:
    """`queue` holds runs with news."""

    def __init__(
        self,
        queue: WorkQueue[Key],
        cluster: Cluster,
        live: LiveRuns,
        opener: RunOpener,
        admission: RunAdmission,
        workers: RunWorkers,
        pod_gc: PodGarbageCollector,
    ) -> None:
        self.queue = queue
        self._cache, self._events, self._clock = cluster.cache, cluster.events, cluster.clock
        self._live, self._opener, self._admission, self._pod_gc = live, opener, admission, pod_gc
        self._pods, self._children = workers.pods, workers.children
        self._logs, self._slow_starts, self._status = workers.logs, workers.slow_starts, workers.status

    async def reconcile(self, key: Key) -> None:
        live = await self._as_it_is(key)  # 1. what is so
        if live is None:
            return
        self._take_orders(live)  # 2. what people, its Workflow and its parent say
        decision = decide(live.run, self._clock.wall())  # 3. what should follow (pure)
        self._carry_out(live, decision)  # 4. make it so; the answers come as news
        self._pass_on_orders(live)  # 5. what its child runs are to do
        self._write_status(live, decision)  # 6. say how it stands, not too often

    async def _as_it_is(self, key: Key) -> LiveRun | None:
        """The run in memory, opened if it may start; None if there is nothing to do for it now."""
        seen = self._cache.runs.get(key)
        if seen is None or seen.deleting or seen.finished:
            self._close(key, seen)
            self._admission.left(key)
            return None
        live = self._live.get(key)
        if live is None or live.view.uid != seen.uid:
            self._close(key, None)
            if self._live.comes_after_its_parent(seen):
                return None
            live = await self._opener.let_in(seen)
            if live is None:
                return None
            seen = self._cache.runs.get(key)  # it may have gone while it was opened
            if seen is None or seen.uid != live.view.uid or seen.deleting:
                self._close(key, None)
                return None
            live.write_at = self._status.turn(key.namespace)
        live.view = seen
        return live

    def _take_orders(self, live: LiveRun) -> None:
        """What may change while the run goes on: its state, also for the sake of another run, approvals and limits."""
        if not self._live.comes_after_its_parent(live.view):  # else it goes by those that it has: see `crashes`
            orders = orders_for(
                live.view,
                live.run.identity.values,
                live.workflow_uid,
                self._cache,
                self._live,
                self._admission,
                live.run.limits,
            )
            live.run.take_orders(orders)
        approvals = live.view.spec_as(WorkflowRunSpec).approvals or {}
        if approvals != live.run.approvals:
            live.run.set_approvals(approvals)
            for fault in unknown_approvals(approvals, live.run.definition):
                self._events.record("WorkflowRun", live.view, "Warning", "UnknownApproval", str(fault))

    def _carry_out(self, live: LiveRun, decision: Decision) -> None:
        for create in decision.create:
            (self._children if create.is_child_run else self._pods).create(create)
        for delete in decision.delete:
            self._pods.delete(live.run, delete)
        for read in decision.read:
            self._logs.read(live.run, read)
        for look in decision.look:
            self._slow_starts.look(live.run, look)
        if decision.wake_at is not None:
            self.queue.add_at(live.view.key, decision.wake_at)

    def _pass_on_orders(self, live: LiveRun) -> None:
        if live.children_woken_for != live.run.children.desired_state_version:
            live.children_woken_for = live.run.children.desired_state_version
            self._wake_children(live.view.ref)

    def _write_status(self, live: LiveRun, decision: Decision) -> None:
        if decision.finished or live.run.creates.recording:
            self._status.queue.add(live.view.key)
        else:
            self._status.write_in_turn(live)

    def _wake_children(self, run: RunRef) -> None:
        """Not those that have ended: runs by hand may be each other's children, and would wake each other for ever."""
        for child in self._cache.children_by_parent.objects(run):
            if not child.finished:
                self.queue.add(child.key)

    def _close(self, key: Key, finished: ObjectView | None) -> None:
        self.queue.cancel(key)
        live = self._live.pop(key)
        if live is not None:
            live.run.close()
            self._wake_children(live.view.ref)
        if finished is not None and finished.finished:
            self._wake_children(finished.ref)
            for pod in self._cache.evict_pods(finished.ref):
                self._pod_gc.add(pod)
