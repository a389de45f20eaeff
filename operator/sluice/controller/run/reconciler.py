"""A run: open it, ask the core what follows, make it so, and say in its status how it stands.

`reconcile` never waits for a pod: creations and deletions go to the pod writer, whose answers come back as news.
"""

import time
from collections.abc import Iterable

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.controller.kube.cache import Cache
from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.event_recorder import EventRecorder
from sluice.controller.kube.objects import Key, ObjectView, workflow_of
from sluice.controller.kube.workqueue import WorkQueue
from sluice.controller.resources.pod_gc import PodGarbageCollector
from sluice.controller.resources.pvcs import VolumeClaims
from sluice.controller.resources.revisions import Revisions
from sluice.controller.resources.run_slots import RunSlots
from sluice.controller.resources.validation_cache import ValidationCache
from sluice.controller.run.admission import RunAdmission
from sluice.controller.run.child_runs import ChildRunWriter, child_view
from sluice.controller.run.live import LiveRun, LiveRuns
from sluice.controller.run.log_reader import LogReader
from sluice.controller.run.open import RunOpener
from sluice.controller.run.pod_writer import PodWriter
from sluice.controller.run.resume import ResumePlanner
from sluice.controller.run.status_writer import StatusWriter
from sluice.core.pod.defaults import PodDefaults
from sluice.core.pod.view import PodView
from sluice.core.quota.run_concurrency import Replaced
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.decide import Decision, decide
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.run_limits import RunLimits
from sluice.core.validation.approvals import unknown_approvals


class RunReconciler:
    """`queue` holds runs with news."""

    def __init__(
        self,
        kube: KubeClient,
        store: Cache,
        live: LiveRuns,
        revisions: Revisions,
        judgements: ValidationCache,
        events: EventRecorder,
        retention: PodGarbageCollector,
        shared: SharedLimits,
        pod_defaults: PodDefaults,
    ) -> None:
        self._store, self._events, self._retention, self._shared = store, events, retention, shared
        self.queue: WorkQueue[Key] = WorkQueue("runs", self.reconcile, of="run")
        self._live = live
        self.claims = VolumeClaims(kube, store)
        self.pods = PodWriter(kube, store, self.claims, retention, pod_defaults, self.queue.add)
        self.children = ChildRunWriter(kube, store, self.queue.add)
        self.logs = LogReader(kube, self.queue.add)
        self.admissions = RunAdmission(store, revisions, self.queue.add)
        self.status = StatusWriter(kube, store, live, self.pods, self.claims, events, retention, self.queue.add)
        self._slots = RunSlots(store, shared)
        self._opening = RunOpener(
            kube,
            store,
            revisions,
            judgements,
            events,
            ResumePlanner(kube, revisions, self.claims),
            self.admissions,
            self._slots,
            shared,
            live,
            self.queue.add_at,
        )

    def run_changed(self, key: Key) -> None:
        self._slots.run_changed(key)
        self.queue.add(key)

    def pod_changed(self, pod: PodView, gone: bool) -> None:  # noqa: FBT001  # the store's callback
        if gone:
            self._retention.forget(pod)
            self._shared.pod_deleted(pod)
        else:
            self._shared.observe_pod(pod)
        live = self._live.of_uid(pod.run_uid)
        if live is None:
            self._see_left_over(pod, gone)
            return
        if gone:
            live.run.observe_pod_deleted(pod)
        else:
            live.run.observe_pod(pod)
        self.queue.add(live.view.key)

    def _see_left_over(self, pod: PodView, gone: bool) -> None:  # noqa: FBT001
        """A pod whose run has finished: nobody thinks of it any more, but it goes when its time has come."""
        run = self._store.runs.get(Key(pod.namespace, pod.run))
        if not gone and run is not None and run.uid == pod.run_uid and run.finished:
            self._retention.add(pod)

    def child_changed(self, child: ObjectView, gone: bool) -> None:  # noqa: FBT001  # the store's callback
        parent = self._live.parent_of(child)
        if parent is None:
            return
        if gone:
            parent.run.observe_child_deleted(child_view(child))
        else:
            parent.run.observe_child(child_view(child))
        self.queue.add(parent.view.key)

    def look_again(self, runs: Iterable[RunIdentity]) -> None:
        """Their ready tasks, or they themselves, may have another reason to wait."""
        for run in runs:
            key = Key(run.namespace, run.name)
            if (live := self._live.get(key)) is not None:
                live.run.mark_status(*live.run.ready)
                self.status.queue.add_at(key, live.write_at)
            else:
                self.queue.add(key)

    async def reconcile(self, key: Key) -> None:
        live = await self._as_it_is(key)  # 1. what is so
        if live is None:
            return
        self._take_orders(live)  # 2. what people, its Workflow and its parent say
        decision = decide(live.run, time.time())  # 3. what should follow (pure)
        self._carry_out(live, decision)  # 4. make it so; the answers come as news
        self._pass_on_orders(live)  # 5. what its child runs are to do
        self._have_it_told(live, decision)  # 6. say how it stands, not too often

    async def _as_it_is(self, key: Key) -> LiveRun | None:
        """The run in memory, opened if it may start; None if there is nothing to do for it now."""
        seen = self._store.runs.get(key)
        if seen is None or seen.deleting or seen.finished:
            self._close(key, seen)
            self.admissions.left(key)
            return None
        live = self._live.get(key)
        if live is None or live.view.uid != seen.uid:
            self._close(key, None)
            if self._live.comes_after_its_parent(seen):
                return None
            live = await self._opening.let_in(seen)
            if live is None:
                return None
            seen = self._store.runs.get(key)  # it may have gone while it was opened
            if seen is None or seen.uid != live.view.uid or seen.deleting:
                self._close(key, None)
                return None
            live.write_at = self.status.turn()
        live.view = seen
        live.version = max(live.version, seen.version)
        return live

    def _take_orders(self, live: LiveRun) -> None:
        """What may change while the run goes on: its state, also for the sake of another run, approvals and limits."""
        workflow = self._store.workflows.get(workflow_of(live.view))
        if workflow is None or workflow.deleting or workflow.uid != live.workflow_uid:
            live.run.set_state("Stopped", "its Workflow was deleted")
        else:
            live.run.replace_by(self.admissions.replaced_by(live.view))
            by = live.run.replaced_by
            live.run.set_state(*(("Stopped", Replaced(by).words) if by else self._live.desired_state(live.view)))
            live.run.set_limits(RunLimits.of(workflow.spec_as(WorkflowSettings), live.view.spec_as(WorkflowRunSpec)))
        approvals = live.view.spec_as(WorkflowRunSpec).approvals or {}
        if approvals != live.run.approvals:
            live.run.set_approvals(approvals)
            for fault in unknown_approvals(approvals, live.run.definition):
                self._events.tell("WorkflowRun", live.view, "Warning", "UnknownApproval", str(fault))

    def _carry_out(self, live: LiveRun, decision: Decision) -> None:
        for create in decision.create:
            (self.children if create.is_child_run else self.pods).create(create)
        for delete in decision.delete:
            self.pods.delete(live.run, delete)
        for read in decision.read:
            self.logs.read(live.run, read)
        if decision.wake_at is not None:
            self.queue.add_at(live.view.key, decision.wake_at)

    def _pass_on_orders(self, live: LiveRun) -> None:
        if live.children_woken_for != live.run.desired_state_version:
            live.children_woken_for = live.run.desired_state_version
            self._wake_children(live.view.uid)

    def _have_it_told(self, live: LiveRun, decision: Decision) -> None:
        if decision.finished or live.run.recording:
            self.status.queue.add(live.view.key)
        else:
            self.status.queue.add_at(live.view.key, live.write_at)

    def _wake_children(self, uid: str) -> None:
        for child in self._store.children_of.get(uid, ()):
            self.queue.add(child)

    def _close(self, key: Key, finished: ObjectView | None) -> None:
        live = self._live.pop(key)
        if live is not None:
            live.run.close()
            self._wake_children(live.view.uid)
        if finished is not None and finished.finished:
            self._wake_children(finished.uid)
            for pod in self._store.pods.pop(finished.uid, {}).values():
                self._retention.add(pod)
