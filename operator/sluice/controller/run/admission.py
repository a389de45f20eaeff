"""Lets runs in: asks `core.quota.run_queue` what the runs of a Workflow may do.

A run asks. Where the answer depends on other runs, it comes later: the run is requeued when there is an answer, and
again when that changes. Being admitted is an offer, which may go to another run before it is taken. Answers are kept to
cover the time between taking a place and the status saying so. After a restart they follow from the LIST.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.informers.store import ObjectChange
from sluice.controller.kube.client import NOT_FOUND, ApiError
from sluice.controller.kube.objects import Key, ObjectView, workflow_of
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.resources.revisions import ForeignRevision, Revisions
from sluice.core.base.naming import LABEL_GENERATION, label_number
from sluice.core.pod.view import PodView
from sluice.core.quota.run_concurrency import (
    Admission,
    Admitted,
    Concurrency,
    Replaced,
    TurnedAway,
    has_started_container,
)
from sluice.core.quota.run_queue import RunQueue, UnfinishedRun
from sluice.core.spec.parameter import declarations, values_of_run
from sluice.core.spec.run_limits import run_priority

_READ_IN_ONE_GO = 256 * 1024  # bytes of specs
_A_LOOK = 512


@dataclass(frozen=True, slots=True)
class _Answer:
    """`concurrency` is what the Workflow said then. `let_in`: the run has taken its place."""

    uid: str
    workflow: Key
    concurrency: Concurrency
    verdict: Admission
    let_in: bool

    @property
    def final(self) -> bool:
        """Nobody looks any more at who is turned away or gives way, whatever the Workflow says then."""
        return isinstance(self.verdict, TurnedAway | Replaced)


@dataclass(frozen=True, slots=True)
class _Line:
    """The runs of a Workflow, which was `of` when they were first looked at: its UID and generation."""

    of: tuple[str, int]
    concurrency: Concurrency
    runs: RunQueue
    moved: set[Key]
    """Runs that may have changed since they were looked at."""


class RunAdmission:
    """`requeue` is given the key of a run that has an answer, or another one. `queue` holds Workflows."""

    def __init__(self, cache: Cache, revisions: Revisions, requeue: Callable[[Key], None], clock: Clock) -> None:
        self._cache, self._revisions, self._requeue = cache, revisions, requeue
        self._answers: dict[Key, _Answer] = {}
        self._lines: dict[Key, _Line] = {}
        """By Workflow, once a run has asked and as long as there are unfinished ones."""
        self.queue: WorkQueue[Key] = WorkQueue("admissions", of="workflow", clock=clock)

    def verdict(self, run: ObjectView) -> Admission | None:
        """What a run may do that has not started; None if that is not known yet."""
        workflow = self._cache.workflows.get(workflow_of(run))
        if workflow is None or workflow.deleting:
            return Admitted()  # and is stopped for it
        concurrency = Concurrency.of(workflow.spec_as(WorkflowSettings))
        if not concurrency.holds(own=run.is_own(workflow)) or self._is_within(run):
            return Admitted()
        answer = self._answer(run)
        if answer is not None and (answer.concurrency == concurrency or answer.final):
            return answer.verdict
        self._moved(run.key, workflow.key)
        self.queue.add(workflow.key)
        return None

    def take(self, run: ObjectView) -> None:
        """The run, which is admitted, takes its place: it is going from now on."""
        answer = self._answer(run)
        if answer is not None:
            self._answers[run.key] = replace(answer, let_in=True)
            self._moved(run.key, answer.workflow)

    def going(self, run: ObjectView) -> bool:
        """Has it started, or taken its place?"""
        answer = self._answer(run)
        let_in = answer is not None and answer.let_in
        return let_in or self.started(run)

    def started(self, run: ObjectView) -> bool:
        """As the API server has it: its pods say so where the status could not be written any more."""
        return "startedAt" in run.status or "pools" in run.status or run.ref in self._cache.pods_by_run

    def replaced_by(self, run: ObjectView) -> str:
        """The run that this one is to be stopped for, if there is one."""
        answer = self._answer(run)
        by: str = run.status.get("replacedBy", "")
        return answer.verdict.by if answer is not None and isinstance(answer.verdict, Replaced) else by

    def left(self, run: Key) -> None:
        """It has ended or is gone: there may be room for another."""
        answer = self._answers.pop(run, None)
        if answer is not None:
            self._moved(run, answer.workflow)
            self.queue.add(answer.workflow)

    def run_changed(self, change: ObjectChange[ObjectView]) -> None:
        run, workflow = change.object, workflow_of(change.object)
        self._moved(run.key, workflow)
        if workflow in self._lines and (change.deleted or run.finished):
            self.queue.add(workflow)  # also where nobody asked about the run: it would be remembered
        if change.before is None or change.deleted:  # which says whether they were called
            for child in self._cache.children_by_parent.objects(run.ref):
                self._moved(child.key, workflow_of(child))

    def pod_changed(self, change: ObjectChange[PodView]) -> None:
        """It says whether its run has started, and begun."""
        run = None if change.object.run is None else self._cache.run(change.object.run)
        if run is not None:
            self._moved(run.key, workflow_of(run))

    def _moved(self, run: Key, workflow: Key) -> None:
        if (line := self._lines.get(workflow)) is not None:
            line.moved.add(run)

    async def admit(self, key: Key) -> None:
        """One look at the runs of a Workflow that may have changed."""
        workflow = self._cache.workflows.get(key)
        if workflow is None or workflow.deleting or key not in self._cache.unfinished_by_workflow:
            self._lines.pop(key, None)
            return
        line, bytes_read = self._line(workflow), 0
        while line.moved:
            moved = line.moved.pop()
            bytes_read += _A_LOOK if (run := self._cache.runs.get(moved)) is None else _A_LOOK + len(run.spec_json)
            try:
                if bytes_read > _READ_IN_ONE_GO:
                    bytes_read = 0
                    await asyncio.sleep(0)  # others have a turn
                view = await self._look(workflow, line.concurrency, moved)
            except BaseException:
                line.moved.add(moved)
                raise
            if view is None:
                line.runs.remove(moved.name)
            else:
                line.runs.put(view)
        for name, verdict in line.runs.changed_answers().items():
            run = self._cache.runs[Key(key.namespace, name)]
            before = self._answer(run)
            if before is None or not (
                before.final or (before.concurrency, before.verdict) == (line.concurrency, verdict)
            ):
                let_in = before is not None and before.let_in
                self._answers[run.key] = _Answer(run.uid, key, line.concurrency, verdict, let_in)
                self._requeue(run.key)

    def _line(self, workflow: ObjectView) -> _Line:
        of = workflow.uid, workflow.generation
        line = self._lines.get(workflow.key)
        if line is None or line.of != of:
            concurrency = Concurrency.of(workflow.spec_as(WorkflowSettings))
            moved = set(self._cache.unfinished_by_workflow.keys(workflow.key))
            line = _Line(of, concurrency, RunQueue(workflow.key.name, concurrency), moved)
            self._lines[workflow.key] = line
        return line

    async def _look(self, workflow: ObjectView, concurrency: Concurrency, key: Key) -> UnfinishedRun | None:
        """The run as it is now; None if neither it waits for others nor they for it.

        Nor do they if a run above it stands in the same line: that one's place is for both, and is the only one that
        counts under `maxRuns`. In line it would be the newer of the two, and under Replace stop the run that waits for
        it. With another value of `key` it has a place of its own once it is going.
        """
        run = self._cache.runs.get(key)
        if run is None or run.finished or run.deleting:
            return None
        value = await self._value(workflow, concurrency, run)
        for above in self._cache.above_in_workflow(run):
            if await self._value(workflow, concurrency, above) == value:
                return None
        return self._view(workflow, concurrency, self._cache.runs.get(key), value)

    async def _value(self, workflow: ObjectView, concurrency: Concurrency, run: ObjectView) -> str:
        """That of `key`."""
        return concurrency.value(await self._parameters(workflow, run)) if concurrency.key else ""

    def _is_within(self, run: ObjectView) -> bool:
        """Was it made by a run of the same Workflow, perhaps through others? That one would wait for it forever."""
        return bool(self._cache.above_in_workflow(run))

    def _view(
        self, workflow: ObjectView, concurrency: Concurrency, run: ObjectView | None, key: str
    ) -> UnfinishedRun | None:
        if run is None or run.finished or run.deleting:
            return None
        own, going, spec, answer = (
            run.is_own(workflow),
            self.going(run),
            run.spec_as(WorkflowRunSpec),
            self._answer(run),
        )
        leaving = spec.state == "Stopped" or bool(self.replaced_by(run)) or (answer is not None and answer.final)
        if not concurrency.holds(own=own) or (not going and (leaving or self._is_within(run))):
            return None
        return UnfinishedRun(
            name=run.key.name,
            created_at=run.created_at,
            own=own,
            generation=label_number(run.labels.get(LABEL_GENERATION, "")),
            revision=run.status.get("revision") or spec.revision or "",
            priority=run_priority(workflow.spec_as(WorkflowSettings), spec),
            key=key,
            going=going,
            begun=concurrency.policy is not None
            or has_started_container(run.status, self._cache.pods_by_run.objects(run.ref)),
            leaving=leaving,
            called=run.parent is not None and next(self._cache.ancestors(run), None) is not None,
        )

    async def _parameters(self, workflow: ObjectView, run: ObjectView) -> Mapping[str, Any]:
        """The typed values of the run: its own, and the defaults of its graph."""
        spec = run.spec_as(WorkflowRunSpec)
        revision = run.status.get("revision") or spec.revision
        if revision is None:  # then it will be the Workflow's graph as it is now
            declared = declarations(workflow.spec_as(WorkflowSettings).parameters)
        else:
            try:
                declared = dict((await self._revisions.read(workflow_of(run), revision)).definition.parameters)
            except ForeignRevision:
                declared = {}  # and so it will be refused
            except ApiError as error:
                if error.status != NOT_FOUND:
                    raise
                declared = {}  # its graph is gone, and so it will end
        return values_of_run(declared, spec.arguments or {})

    def _answer(self, run: ObjectView) -> _Answer | None:
        answer = self._answers.get(run.key)
        return answer if answer is not None and answer.uid == run.uid else None
