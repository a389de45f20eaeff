"""A Workflow that runs after others: which run is due, and which successes have counted.

In two steps. First the status records what has counted and, in `pendingRun`, the name of the run to make. Then that
run is made and `pendingRun` removed. A crash in between leaves only a run that is still to be made.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from sluice.api.workflow import WorkflowSettings, WorkflowStatus
from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.objects import Key, ObjectView, workflow_of
from sluice.controller.workflow.schedule import RunRequest
from sluice.core import Json
from sluice.core.base.naming import followed_run_name
from sluice.core.triggers.on_change import OnFirstSight
from sluice.core.triggers.upstream import UpstreamMark, UpstreamSuccess, circle, due_after, upstream_marks

_ENTRIES = ("after", "pendingRun")


class UpstreamTrigger:
    def __init__(self, cache: Cache, on_first_sight: OnFirstSight, clock: Clock) -> None:
        self._cache, self._on_first_sight, self._clock = cache, on_first_sight, clock
        self._followers: defaultdict[Key, set[Key]] = defaultdict(set)
        self._followed: dict[Key, list[Key]] = {}

    def followers(self, key: Key) -> Iterable[Key]:
        """The Workflows that run after this one."""
        return tuple(self._followers.get(key, ()))

    def is_awaited(self, run: ObjectView) -> bool:
        """Is it the newest success of its Workflow, and has one that follows not run for it yet? Nothing else tells of
        it.
        """
        newest = self._cache.successes_by_workflow[workflow_of(run)][-1:]
        return (
            bool(newest)
            and newest[0].uid == run.uid
            and any(self._waits_for(newest[0], run.workflow, follower) for follower in self.followers(workflow_of(run)))
        )

    def _waits_for(self, success: UpstreamSuccess, of: str, follower: Key) -> bool:
        workflow = self._cache.workflows.get(follower)
        try:
            marks = workflow.status_as(WorkflowStatus).after or () if workflow is not None else ()
        except ValidationError:  # somebody wrote it by hand; it will say so itself
            return False
        return any(mark.workflow == of and UpstreamMark.of(mark).fresh([success]) for mark in marks)

    def forget(self, key: Key) -> None:
        self._follow(key, [])

    def look(self, workflow: ObjectView) -> RunRequest:
        names = _names(workflow)
        self._follow(workflow.key, names)
        if not names:
            return RunRequest(status={name: None for name in _ENTRIES if name in workflow.status})
        status = workflow.status_as(WorkflowStatus)
        new = status.last_run is None and self._on_first_sight == "Run"
        now = self._clock.wall()
        known = upstream_marks(names, status.after or (), workflow.created_at if new else now, now)
        if status.pending_run:
            return RunRequest(
                name=status.pending_run, status={"after": [mark.written() for mark in known], "pendingRun": None}
            )
        found = due_after(known, {mark.workflow: self._successes(workflow.key.namespace, mark) for mark in known})
        body: Json = {"after": [mark.written() for mark in found.marks]}
        if found.cause:
            body["pendingRun"] = followed_run_name(workflow.key.name, workflow.uid, found.cause)
        return RunRequest(status=body, waits=self._words(workflow, found.waits_for))

    def _successes(self, namespace: str, mark: UpstreamMark) -> Sequence[UpstreamSuccess]:
        """Those that may not have counted yet: no run before the mark ever does."""
        return self._cache.successes_by_workflow.since(Key(namespace, mark.workflow), UpstreamSuccess(mark.since, ""))

    def _words(self, workflow: ObjectView, waits_for: Iterable[str]) -> str:
        if not waits_for:
            return ""
        namespace = workflow.key.namespace
        missing = [name for name in waits_for if Key(namespace, name) not in self._cache.workflows]
        words = f"waits for a new success of {', '.join(waits_for)}"
        if missing:
            words += f"; there is no Workflow {', '.join(missing)} in this namespace"
        if way := circle(workflow.key.name, lambda name: self._names_of(Key(namespace, name))):
            words += f"; these wait for each other: {' after '.join(way)}"
        return words

    def _names_of(self, key: Key) -> list[str]:
        found = self._cache.workflows.get(key)
        return _names(found) if found is not None else []

    def _follow(self, key: Key, names: list[str]) -> None:
        for other in self._followed.pop(key, ()):
            self._followers[other].discard(key)
            if not self._followers[other]:
                del self._followers[other]
        if names:
            self._followed[key] = [Key(key.namespace, name) for name in names]
        for other in self._followed.get(key, ()):
            self._followers[other].add(key)


def _names(workflow: ObjectView) -> list[str]:
    return [other.workflow for other in workflow.spec_as(WorkflowSettings).after or ()]
