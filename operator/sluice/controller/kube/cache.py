"""What was last seen, slim, by key. An older resourceVersion never overwrites a newer one.

The store is a cache and nothing else: whatever is here can be had again by a LIST.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sluice.controller.kube.objects import Key, ObjectView, workflow_of
from sluice.core.base.naming import (
    LABEL_GENERATION,
    label_number,
)
from sluice.core.base.times import instant
from sluice.core.pod.view import PodView
from sluice.core.triggers.history import EndedRun
from sluice.core.triggers.on_change import OwnRun

_REMEMBERED = 10_000


@dataclass(slots=True)
class Cache:
    """`on_pod` and `on_child` are told the pod or the child run, and whether it is gone; the others the key of what has
    changed.
    """

    on_workflow: Callable[[Key], None]
    on_run: Callable[[Key], None]
    on_pool: Callable[[Key], None]
    on_backfill: Callable[[Key], None]
    on_pod: Callable[[PodView, bool], None]
    on_child: Callable[[ObjectView, bool], None]
    workflows: dict[Key, ObjectView] = field(default_factory=dict)
    runs: dict[Key, ObjectView] = field(default_factory=dict)
    pools: dict[Key, ObjectView] = field(default_factory=dict)
    backfills: dict[Key, ObjectView] = field(default_factory=dict)
    namespaces: tuple[str, ...] = ("",)
    """What is watched; "" means all namespaces."""
    pods: dict[str, dict[str, PodView]] = field(default_factory=lambda: defaultdict(dict))
    """Pods by the UID of their run, then by name."""
    runs_of: dict[Key, set[Key]] = field(default_factory=lambda: defaultdict(set))
    """The runs of a Workflow, whoever made them."""
    unfinished_of: dict[Key, set[Key]] = field(default_factory=lambda: defaultdict(set))
    """Those of them that have not ended."""
    backfills_of: dict[Key, set[Key]] = field(default_factory=lambda: defaultdict(set))
    """The Backfills of a Workflow, also of one that is not there."""
    children_of: dict[str, set[Key]] = field(default_factory=lambda: defaultdict(set))
    """Child runs, by the UID of the run that made them."""
    _gone: dict[str, None] = field(default_factory=dict)
    """UIDs of objects that are gone, the oldest first."""

    def see_workflow(self, seen: ObjectView) -> None:
        known = self.workflows.get(seen.key)
        if seen.uid not in self._gone and _is_newer(known, seen):
            seen.take_over(known)
            self.workflows[seen.key] = seen
            self._tell_workflow(seen.key)
            if known is None or _what_runs_see(known) != _what_runs_see(seen):
                self._wake_runs_of(seen.key)

    def see_run(self, seen: ObjectView) -> None:
        known = self.runs.get(seen.key)
        if known is not None and known.uid != seen.uid and known.version < seen.version:
            self.forget_run(known.key, known.uid)  # events of two objects may come in any order
            known = None
        if seen.uid not in self._gone and _is_newer(known, seen):
            if known is not None:
                self._leave(known)
            seen.take_over(known)
            self.runs[seen.key] = seen
            self.runs_of[workflow_of(seen)].add(seen.key)
            if not seen.finished:
                self.unfinished_of[workflow_of(seen)].add(seen.key)
            self.on_run(seen.key)
            if seen.parent:
                self.children_of[seen.owner_uid].add(seen.key)
                self.on_child(seen, False)
            if known is None or known.status.get("phase") != seen.status.get("phase"):
                self._tell_workflow(workflow_of(seen))

    def see_pool(self, seen: ObjectView) -> None:
        if seen.uid not in self._gone and _is_newer(self.pools.get(seen.key), seen):
            self.pools[seen.key] = seen
            self.on_pool(seen.key)

    def see_backfill(self, seen: ObjectView) -> None:
        known = self.backfills.get(seen.key)
        if known is not None and known.uid != seen.uid and known.version < seen.version:
            self.forget_backfill(known.key, known.uid)  # the new one may be of another Workflow
            known = None
        if seen.uid not in self._gone and _is_newer(known, seen):
            seen.take_over(known)
            self.backfills[seen.key] = seen
            self.backfills_of[workflow_of(seen)].add(seen.key)
            self.on_backfill(seen.key)

    def see_pod(self, seen: PodView) -> None:
        if seen.uid in self._gone:  # it was gone before the answer to its creation was read
            return
        known = self.pods[seen.run_uid].get(seen.name)
        if known is None or known.version < seen.version:
            self.pods[seen.run_uid][seen.name] = seen
            self.on_pod(seen, False)

    def pod(self, pod: PodView) -> PodView | None:
        """The same pod as it is known now, if it is."""
        known = self.pods.get(pod.run_uid, {}).get(pod.name)
        return known if known is not None and known.uid == pod.uid else None

    def forget_workflow(self, key: Key, uid: str) -> None:
        self._bury(uid)
        if key in self.workflows and self.workflows[key].uid == uid:
            del self.workflows[key]
            self._tell_workflow(key)
            self._wake_runs_of(key)

    def forget_run(self, key: Key, uid: str) -> None:
        self._bury(uid)
        if key in self.runs and self.runs[key].uid == uid:
            gone = self.runs.pop(key)
            self._leave(gone)
            self.on_run(key)
            self._tell_workflow(workflow_of(gone))  # it may wait for room, or for the name
            if gone.parent:
                self.on_child(gone, True)

    def forget_pool(self, key: Key, uid: str) -> None:
        self._bury(uid)
        if key in self.pools and self.pools[key].uid == uid:
            del self.pools[key]
            self.on_pool(key)

    def forget_backfill(self, key: Key, uid: str) -> None:
        self._bury(uid)
        if key in self.backfills and self.backfills[key].uid == uid:
            workflow = workflow_of(self.backfills.pop(key))
            self.backfills_of[workflow].discard(key)
            if not self.backfills_of[workflow]:
                del self.backfills_of[workflow]
            self.on_backfill(key)

    def _leave(self, run: ObjectView) -> None:
        """It is no longer a run of its Workflow."""
        workflow = workflow_of(run)
        for runs_of in (self.runs_of, self.unfinished_of):
            runs_of[workflow].discard(run.key)
            if not runs_of[workflow]:
                del runs_of[workflow]
        if run.parent:
            self.children_of[run.owner_uid].discard(run.key)
            if not self.children_of[run.owner_uid]:
                del self.children_of[run.owner_uid]

    def _bury(self, uid: str) -> None:
        """What is gone must not come back with a LIST that began before."""
        self._gone[uid] = None
        if len(self._gone) > _REMEMBERED:
            del self._gone[next(iter(self._gone))]

    def forget_pod(self, gone: PodView) -> None:
        self._bury(gone.uid)
        of_run = self.pods.get(gone.run_uid, {})
        if gone.name in of_run and of_run[gone.name].uid == gone.uid:
            del of_run[gone.name]
            if not of_run:
                del self.pods[gone.run_uid]
        self.on_pod(gone, True)

    def replace_pods(self, listed: Iterable[PodView], version: int, namespace: str = "") -> None:
        """After a LIST of a namespace, or of all: what it does not have and is not newer than it has gone unseen."""
        pods = {pod.uid: pod for pod in listed}
        for of_run in list(self.pods.values()):
            for known in list(of_run.values()):
                listed_too = namespace in ("", known.namespace)
                if listed_too and known.uid not in pods and known.version <= version:
                    self.forget_pod(known)
        for pod in pods.values():
            self.see_pod(pod)

    def replace_workflows(self, listed: Iterable[ObjectView], version: int, namespace: str = "") -> None:
        _replace(self.workflows, listed, version, namespace, self.see_workflow, self.forget_workflow)

    def replace_runs(self, listed: Iterable[ObjectView], version: int, namespace: str = "") -> None:
        _replace(self.runs, listed, version, namespace, self.see_run, self.forget_run)

    def replace_pools(self, listed: Iterable[ObjectView], version: int, namespace: str = "") -> None:
        _replace(self.pools, listed, version, namespace, self.see_pool, self.forget_pool)

    def replace_backfills(self, listed: Iterable[ObjectView], version: int, namespace: str = "") -> None:
        _replace(self.backfills, listed, version, namespace, self.see_backfill, self.forget_backfill)

    def has_news(self, known: Mapping[Key, ObjectView], listed: Iterable[ObjectView]) -> bool:
        """Has a LIST of objects what is not known, or is not known to be gone?"""
        return any(seen.uid not in self._gone and _is_newer(known.get(seen.key), seen) for seen in listed)

    def own_runs(self, workflow: ObjectView) -> Iterator[OwnRun]:
        """The runs that the Workflow itself made."""
        return (
            OwnRun(run.key.name, label_number(run.labels[LABEL_GENERATION]), run.spec["revision"])
            for run in map(self.runs.__getitem__, self.runs_of.get(workflow.key, ()))
            if run.owner_uid == workflow.uid and LABEL_GENERATION in run.labels and "revision" in run.spec
        )

    def ended_runs(self, workflow: ObjectView) -> Iterator[EndedRun]:
        """The runs that have ended, child runs apart."""
        for run in map(self.runs.__getitem__, self.runs_of.get(workflow.key, ())):
            finished_at = instant(run.status.get("finishedAt"))
            if run.finished and not run.deleting and finished_at is not None and run.owner_uid in ("", workflow.uid):
                succeeded = run.status["phase"] == "Succeeded"
                yield EndedRun(finished_at, run.key.name, run.is_own(workflow), succeeded)

    def _tell_workflow(self, key: Key) -> None:
        """It is another now, or one of its runs is."""
        self.on_workflow(key)
        for backfill in self.backfills_of.get(key, ()):
            self.on_backfill(backfill)

    def _wake_runs_of(self, workflow: Key) -> None:
        for run in self.unfinished_of.get(workflow, ()):
            self.on_run(run)


def _what_runs_see(workflow: ObjectView) -> tuple[str, int, bool]:
    """What has to change for a run to take notice; the status is not among it."""
    return workflow.uid, workflow.generation, workflow.deleting


def _is_newer(known: ObjectView | None, seen: ObjectView) -> bool:
    return known is None or known.version < seen.version


def _replace(
    known: Mapping[Key, ObjectView],
    listed: Iterable[ObjectView],
    version: int,
    namespace: str,
    see: Callable[[ObjectView], None],
    forget: Callable[[Key, str], None],
) -> None:
    listed = list(listed)
    found = {seen.key: seen.uid for seen in listed}
    for old in list(known.values()):
        if namespace in ("", old.key.namespace) and old.version <= version and found.get(old.key) != old.uid:
            forget(old.key, old.uid)
    for seen in listed:
        see(seen)
