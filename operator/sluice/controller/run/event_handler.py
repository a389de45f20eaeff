"""Brings changes of pods, child runs and shared limits to the run that they are about, and queues it."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from sluice.controller.informers.store import ObjectChange
from sluice.controller.kube.objects import Key, ObjectView
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.run.child_runs import child_view
from sluice.controller.run.crashes import RunCrashes
from sluice.controller.run.live import LiveRun, LiveRuns
from sluice.controller.run.status_writer import StatusWriter
from sluice.core.base.ownership import RunRef
from sluice.core.pod.view import PodView
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.spec.identity import RunIdentity

V = TypeVar("V")

log = logging.getLogger("sluice.runs")


class RunEventHandler:
    """`queue` holds runs to look at."""

    def __init__(
        self, queue: WorkQueue[Key], live: LiveRuns, status: StatusWriter, shared: SharedLimits, crashes: RunCrashes
    ) -> None:
        self._queue, self._live, self._status, self._shared = queue, live, status, shared
        self._crashes = crashes

    def pod_changed(self, change: ObjectChange[PodView]) -> None:
        pod = change.object
        if change.before is not None and (left := self._left(change.before.run, pod.run)):
            self._bring(left, left.run.pods.observe_disowned, change.before)
        live = None if pod.run is None else self._live.of(pod.run)
        if change.deleted:
            self._shared.pod_deleted(pod)
        elif live is None:
            self._shared.observe_pod(self._live.with_tree(pod), known=False)
        else:
            self._shared.observe_pod(live.run.tasks.with_claims(pod))
        if live is None:
            return
        if change.deleted:
            self._bring(live, live.run.pods.observe_deleted, pod)
        else:
            self._bring(live, live.run.pods.observe, pod)

    def run_changed(self, change: ObjectChange[ObjectView]) -> None:
        """If it is a child run, the run that made it is looked at."""
        child = change.object
        if change.before is not None and (left := self._left(change.before.parent, child.parent)):
            self._bring(left, left.run.children.observe_disowned, child_view(change.before))
        parent = self._live.parent_of(child)
        if parent is None:
            return
        if not change.deleted:
            self._bring(parent, parent.run.children.observe, child_view(child))
        elif change.before is not None:
            self._bring(parent, parent.run.children.observe_deleted, child_view(child))

    def _left(self, was: RunRef | None, now: RunRef | None) -> LiveRun | None:
        """The run whose own an object was, if it no longer says so: anybody may change labels and owners."""
        return None if was is None or was == now else self._live.of(was)

    def _bring(self, live: LiveRun, observe: Callable[[V], None], seen: V) -> None:
        key = live.view.key
        try:
            observe(seen)
        except Exception:
            log.exception("%s: a change that cannot be taken in: a bug of ours", key)
            self._crashes.dropped(key)
        else:
            self._queue.add(key)

    def may_start(self, run: RunIdentity) -> None:
        """The shared limits have room for a task of the run, or for the run."""
        self._queue.add(Key(run.namespace, run.name))

    def reasons_changed(self, runs: Iterable[RunIdentity]) -> None:
        """Their ready tasks, or they themselves, may have another reason to wait."""
        for run in runs:
            key = Key(run.namespace, run.name)
            if (live := self._live.get(key)) is not None:
                live.run.ready.pods_wait_otherwise()
                self._status.write_in_turn(live)
            else:
                self._queue.add(key)
