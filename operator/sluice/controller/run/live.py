"""The runs that have not finished, in memory, and what each of them is to do for the sake of the run that made it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sluice.api.run import DesiredState, WorkflowRunSpec
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import Key, ObjectView
from sluice.core import Json
from sluice.core.base.ownership import RunRef
from sluice.core.pod.view import PodView
from sluice.core.quota.run_tree import tree_pool
from sluice.core.run.orders import RESUMED_BY_HAND, STOPPED_BY_HAND
from sluice.core.run.state import RunState
from sluice.core.spec.identity import PoolClaim

_DISOWNED = "somebody has taken it from the run that made it, and that one has made it anew"


@dataclass(slots=True)
class LiveRun:
    """A run that has not finished. `status` is what was last written, less the tasks, and `version` the object's with
    it. It is never one that the watch tells of: then what somebody else wrote is a conflict, and we look again.
    """

    view: ObjectView
    run: RunState
    workflow_uid: str
    status: Json
    version: int
    write_at: float = 0.0
    """By the monotonic clock."""
    children_woken_for: int = -1
    """The version of the desired state for which its child runs have been woken."""


@dataclass(slots=True)
class LiveRuns:
    _cache: Cache
    _live: dict[Key, LiveRun] = field(default_factory=dict)

    def __iter__(self) -> Iterator[LiveRun]:
        return iter(self._live.values())

    def get(self, key: Key) -> LiveRun | None:
        return self._live.get(key)

    def of(self, run: RunRef) -> LiveRun | None:
        live = self._live.get(Key(run.namespace, run.name))
        return live if live is not None and live.view.uid == run.uid else None

    def parent_of(self, run: ObjectView) -> LiveRun | None:
        """The run that made this run for one of its tasks, if it is still under way."""
        return None if run.parent is None else self.of(run.parent)

    def add(self, live: LiveRun) -> None:
        self._live[live.view.key] = live

    def pop(self, key: Key) -> LiveRun | None:
        return self._live.pop(key, None)

    def tree(self, run: ObjectView, *, calls: bool) -> PoolClaim:
        """What each pod of the run holds for the `parallelism` of the runs above it, and for its own if it `calls`
        others or is called: then the runs above it ask how many it has.
        """
        above = [each for each in self._cache.ancestors(run) if not each.finished]
        runs = [run, *above] if calls or above else []
        return tuple((tree_pool(each.ref), 1) for each in runs)

    def with_tree(self, pod: PodView) -> PodView:
        """The pod of a run that is not opened yet, with what it holds for the runs above that one."""
        run = None if pod.run is None else self._cache.run(pod.run)
        if run is None or run.parent is None:
            return pod
        return replace(pod, pools=(*pod.pools, *self.tree(run, calls=False)))

    def unopened_pods_beneath(self, run: RunRef) -> Iterator[PodView]:
        """Those of its child runs, and of theirs, that are not opened yet."""
        beneath = [run]
        while beneath:
            for child in self._cache.children_by_parent.objects(beneath.pop()):
                if child.finished:
                    continue
                beneath.append(child.ref)
                if self.of(child.ref) is None:
                    yield from map(self.with_tree, self._cache.pods_by_run.objects(child.ref))

    def desired_state(self, run: ObjectView) -> tuple[DesiredState, str, str]:
        """What the run is to do, and the words for it: its own state, or that of the run that made it if that is
        further from running.
        """
        own: DesiredState = run.spec_as(WorkflowRunSpec).state or "Running"
        by_hand: tuple[DesiredState, str, str] = (own, STOPPED_BY_HAND, RESUMED_BY_HAND)
        if own == "Stopped":
            return by_hand
        if run.parent is None:
            return by_hand if run.depth == 0 else ("Stopped", _DISOWNED, RESUMED_BY_HAND)
        parent = self.parent_of(run)
        if parent is None and self.comes_after_its_parent(run):
            return "Suspended", f"run {run.parent.name}, which made it, is being read anew", RESUMED_BY_HAND
        if parent is None:
            return "Stopped", f"run {run.parent.name}, which made it, has ended", RESUMED_BY_HAND
        state, why = parent.run.children.desired_state(run.key.name, parent.run.state)
        if state == "Running":
            return by_hand
        return state, f"run {run.parent.name} stops it: {why}", f"run {run.parent.name} goes on"

    def comes_after_its_parent(self, run: ObjectView) -> bool:
        """Is the run that made it still to be opened? That one knows what this one is to do, and wakes it."""
        parent = self._cache.parent(run)
        if parent is None or parent.finished or parent.deleting:
            return False
        return parent.key not in self._live
