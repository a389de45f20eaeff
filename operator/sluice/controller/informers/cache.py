"""What the operator knows of the cluster: a store for each kind of object, and who has to look again when one changes.

It is a cache and nothing else: whatever is here can be had again by a LIST.
"""

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Literal

from sluice.controller.informers.store import Index, ObjectChange, Store, Tombstones, notify
from sluice.controller.kube.object_reader import ObjectReader
from sluice.controller.kube.objects import Key, ObjectView, object_view, workflow_of
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.naming import LABEL_BACKFILL_UID, LABEL_CHANGE, LABEL_GENERATION, LABEL_SCHEDULED, label_number
from sluice.core.base.ownership import RunRef
from sluice.core.base.times import instant
from sluice.core.pod.view import PodView
from sluice.core.run.children import MAX_DEPTH
from sluice.core.triggers.history import EndedRun, EndedRuns
from sluice.core.triggers.on_change import OwnRun
from sluice.core.triggers.upstream import UpstreamSuccess

Kind = Literal["pools", "workflows", "workflowruns", "backfills"]
"""Our own kinds, as paths name them."""


class Cache:
    """`namespaces` are those that are watched; "" means all."""

    def __init__(self, namespaces: tuple[str, ...] = ("",)) -> None:
        self.namespaces = namespaces
        tombstones = Tombstones()
        self.pools: Store[ObjectView] = Store(attrgetter("key"), tombstones)
        self.workflows: Store[ObjectView] = Store(attrgetter("key"), tombstones, ObjectView.inherit)
        self.runs: Store[ObjectView] = Store(attrgetter("key"), tombstones, self._kept_of_run)
        self.backfills: Store[ObjectView] = Store(attrgetter("key"), tombstones, ObjectView.inherit)
        self.pods: Store[PodView] = Store(_pod_key, tombstones)
        self.stores: Mapping[Kind, Store[ObjectView]] = {
            "pools": self.pools,
            "workflows": self.workflows,
            "workflowruns": self.runs,
            "backfills": self.backfills,
        }
        """In the order in which they are to be listed. Before the runs what they need: without its Workflow one would
        look orphaned. After them the Backfills: runs that are not there would look deleted.
        """
        self.readers = {kind: ObjectReader(kind, object_view) for kind in self.stores}
        self.readers["workflowruns"] = ObjectReader("workflowruns", self._run_view)
        self.runs_by_workflow: Index[Key, ObjectView] = self.runs.index(workflow_of)
        """Whoever made them."""
        self.unfinished_by_workflow: Index[Key, ObjectView] = self.runs.index(_workflow_of_unfinished)
        self.unfinished_called: Index[Key, ObjectView] = self.runs.index(_workflow_of_unfinished_called)
        """Those of them that another run has made."""
        self.unfinished_scheduled: Index[tuple[Key, str], ObjectView] = self.runs.index(_unfinished_scheduled)
        """By the Workflow and the UID of the owner."""
        self.scheduled_successes = self.runs.sorted_index(_scheduled_success)
        """The same, of those that have succeeded."""
        self.successes_by_workflow = self.runs.sorted_index(_success)
        """Child runs apart."""
        self._ended = self.runs.sorted_index(_ended)
        self.children_by_parent: Index[RunRef, ObjectView] = self.runs.index(attrgetter("parent"))
        """Child runs, by the run that made them."""
        self._resuming: Index[Key, ObjectView] = self.runs.index(_resumed_by_unfinished)
        """Those that have not ended, by the run from which they resume."""
        self.unfinished_backfills: Index[Key, ObjectView] = self.backfills.index(_workflow_of_unfinished)
        """Those that have not ended, also of a Workflow that does not exist."""
        self.pods_by_run: Index[RunRef, PodView] = self.pods.index(attrgetter("run"))
        """Only those that are a run's own: see `core.base.ownership`."""
        self.reopened: set[RunRef] = set()
        """Runs that had ended, and go on since somebody has changed their status: see `run.recall`."""
        self._handlers: dict[Kind, list[Callable[[Key], None]]] = {kind: [] for kind in self.stores}
        self.pools.subscribe(self._pool_changed)
        self.workflows.subscribe(self._workflow_changed)
        self.runs.subscribe(self._run_changed)
        self.backfills.subscribe(self._backfill_changed)

    def subscribe(self, kind: Kind, handler: Callable[[Key], None]) -> None:
        """`handler` is told the key of each object that has to be looked at again: it changed or was deleted, or
        something did on which it depends. Subscribe to a store for the changes themselves.
        """
        self._handlers[kind].append(handler)

    def own_runs(self, workflow: ObjectView) -> Iterator[OwnRun]:
        """The runs that the Workflow itself made."""
        return (
            OwnRun(run.key.name, label_number(run.labels[LABEL_GENERATION]), revision, run.labels.get(LABEL_CHANGE, ""))
            for run in self.runs_by_workflow.objects(workflow.key)
            if run.owner_uid == workflow.uid
            and LABEL_GENERATION in run.labels
            and (revision := foreign.string(run.spec.get("revision")))
        )

    def ended_runs(self, workflow: ObjectView) -> EndedRuns:
        """Of the runs of others only the two oldest: one of them may have to stay."""
        key, uid = workflow.key, workflow.uid
        own = {kind: self._ended[key, uid, kind] for kind in ("succeeded", "failed", "turned_away")}
        others = sorted((*self._ended[key, uid, "others"][:2], *self._ended[key, "", "others"][:2]))
        return EndedRuns(**own, others=others)

    def run(self, ref: RunRef) -> ObjectView | None:
        """None if it is gone, even if another has its name."""
        found = self.runs.get(Key(ref.namespace, ref.name))
        return found if found is not None and found.uid == ref.uid else None

    def parent(self, run: ObjectView) -> ObjectView | None:
        """The run that made this run for one of its tasks."""
        return None if run.parent is None else self.run(run.parent)

    def ancestors(self, run: ObjectView) -> Iterator[ObjectView]:
        """The run that made this run, the one that made that, and so on, as far as they are known, and no more of them
        than the operator makes: any number can be made by hand.
        """
        for _ in range(MAX_DEPTH):
            if (above := self.parent(run)) is None:
                return
            yield above
            run = above

    def above_in_workflow(self, run: ObjectView) -> list[ObjectView]:
        """Those of its ancestors that are runs of its own Workflow and have not ended: they wait for it."""
        return [up for up in self.ancestors(run) if workflow_of(up) == workflow_of(run) and not up.finished]

    def evict_pods(self, run: RunRef) -> list[PodView]:
        """Takes the terminal pods of a run that has ended out of memory, and returns all of its pods. One that goes on
        holds its slots, so a LIST without it must still say that it is gone.
        """
        pods = self.pods_by_run.objects(run)
        for pod in pods:
            if pod.terminal:
                self.pods.evict(pod)
        return pods

    def _run_view(self, body: Json) -> ObjectView:
        """So that no LIST of runs that have ended is whole in memory."""
        return self._kept_of_run(object_view(body), None)

    def _kept_of_run(self, run: ObjectView, before: ObjectView | None) -> ObjectView:
        """A run that has ended still tells the run that made it how it ended, and its outputs."""
        if not run.finished:
            return run.inherit(before)
        parent = self.parent(run)
        return run.of_ended(for_parent=run.parent is not None and not (parent is not None and parent.finished))

    def _pool_changed(self, change: ObjectChange[ObjectView]) -> None:
        self._publish("pools", change.object.key)

    def _workflow_changed(self, change: ObjectChange[ObjectView]) -> None:
        workflow, before = change.object, change.before
        self._publish_workflow(workflow.key)
        if change.deleted or before is None or _seen_by_runs(before) != _seen_by_runs(workflow):
            for run in self.unfinished_by_workflow.keys(workflow.key):
                self._publish("workflowruns", run)

    def _run_changed(self, change: ObjectChange[ObjectView]) -> None:
        run, before = change.object, change.before
        if change.deleted or run.finished:
            self.reopened.discard(run.ref)
        elif before is not None and before.finished:
            self.reopened.add(run.ref)
        self._publish("workflowruns", run.key)
        if change.deleted or before is None or before.phase != run.phase:
            self._publish_workflow(workflow_of(run))  # it may wait for room, or for the name
            if change.deleted or run.finished:
                for key in self._resuming.keys(run.key):
                    self._publish("workflowruns", key)
            if run.finished:
                for child in self.children_by_parent.objects(run.ref):
                    self.runs.keep_less(child)

    def _backfill_changed(self, change: ObjectChange[ObjectView]) -> None:
        self._publish("backfills", change.object.key)

    def _publish_workflow(self, workflow: Key) -> None:
        """It changed, or one of its runs started, ended or is gone."""
        self._publish("workflows", workflow)
        for backfill in self.unfinished_backfills.keys(workflow):
            self._publish("backfills", backfill)

    def _publish(self, kind: Kind, key: Key) -> None:
        notify(self._handlers[kind], key, key)


def _pod_key(pod: PodView) -> Key:
    return Key(pod.namespace, pod.name)


def _workflow_of_unfinished(found: ObjectView) -> Key | None:
    """Of a run or a Backfill."""
    return None if found.finished else workflow_of(found)


def _workflow_of_unfinished_called(run: ObjectView) -> Key | None:
    return None if run.finished or run.parent is None else workflow_of(run)


def _resumed_by_unfinished(run: ObjectView) -> Key | None:
    return None if run.finished or not run.resumes_from else Key(run.key.namespace, run.resumes_from)


def _unfinished_scheduled(run: ObjectView) -> tuple[Key, str] | None:
    return None if run.finished or LABEL_SCHEDULED not in run.labels else (workflow_of(run), run.owner_uid)


def _scheduled_success(run: ObjectView) -> tuple[tuple[Key, str], EndedRun] | None:
    if LABEL_SCHEDULED not in run.labels or (found := _success(run)) is None:
        return None
    return (workflow_of(run), run.owner_uid), EndedRun(found[1].finished_at, run.key.name)


def _success(run: ObjectView) -> tuple[Key, UpstreamSuccess] | None:
    if run.phase != "Succeeded" or run.parent or (finished_at := instant(run.status.get("finishedAt"))) is None:
        return None
    return workflow_of(run), UpstreamSuccess(finished_at, run.uid)


def _ended(run: ObjectView) -> tuple[tuple[Key, str, str], EndedRun] | None:
    """By the Workflow, the UID of the owner, and what it is in the history of a Workflow with this UID."""
    if not run.finished or run.deleting or (finished_at := instant(run.status.get("finishedAt"))) is None:
        return None
    kind = "failed"
    if not run.owner_uid or LABEL_BACKFILL_UID in run.labels:
        kind = "others"
    elif run.phase == "Succeeded":
        kind = "succeeded"
    elif run.phase == "Stopped" and "startedAt" not in run.status:
        kind = "turned_away"
    return (workflow_of(run), run.owner_uid, kind), EndedRun(finished_at, run.key.name)


def _seen_by_runs(workflow: ObjectView) -> tuple[str, int, bool]:
    """What has to change for a run to take notice; the status is not among it."""
    return workflow.uid, workflow.generation, workflow.deleting
