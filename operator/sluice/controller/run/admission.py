"""Lets runs in: asks `core.quota.run_concurrency` what the runs of a Workflow may do, for all of them at once.

A run asks. Where the answer depends on other runs, it comes later: the run is requeued when there is an answer, and
again when that changes. Being admitted is an offer, which may go to another run before it is taken. Answers are kept so
that nothing is computed twice, and to cover the time between taking a place and the status saying so. After a restart
they follow from the LIST.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import NOT_FOUND, ApiError
from sluice.controller.kube.objects import Key, ObjectView, workflow_of
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.resources.revisions import ForeignRevision, Revisions
from sluice.core.base.naming import LABEL_GENERATION, label_number
from sluice.core.quota.run_concurrency import (
    Admission,
    Admitted,
    Concurrency,
    Replaced,
    UnfinishedRun,
    admit,
    has_started_container,
)
from sluice.core.spec.run_limits import run_priority


@dataclass(frozen=True, slots=True)
class _Answer:
    """`concurrency` is what the Workflow said then. `let_in`: the run has taken its place."""

    uid: str
    workflow: Key
    concurrency: Concurrency
    verdict: Admission
    let_in: bool


class RunAdmission:
    """`requeue` is given the key of a run that has an answer, or another one. `queue` holds Workflows."""

    def __init__(self, cache: Cache, revisions: Revisions, requeue: Callable[[Key], None], clock: Clock) -> None:
        self._cache, self._revisions, self._requeue = cache, revisions, requeue
        self._answers: dict[Key, _Answer] = {}
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
        if answer is not None and (answer.concurrency == concurrency or isinstance(answer.verdict, Replaced)):
            return answer.verdict  # who gives way is no longer looked at, whatever the Workflow says then
        self.queue.add(workflow.key)
        return None

    def take(self, run: ObjectView) -> None:
        """The run, which is admitted, takes its place: it is going from now on."""
        answer = self._answer(run)
        if answer is not None:
            self._answers[run.key] = replace(answer, let_in=True)

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
            self.queue.add(answer.workflow)

    async def admit(self, key: Key) -> None:
        """One look at all runs of a Workflow that have not ended."""
        workflow = self._cache.workflows.get(key)
        if workflow is None or workflow.deleting:
            return
        concurrency = Concurrency.of(workflow.spec_as(WorkflowSettings))
        keys = await self._keys(workflow, concurrency) if concurrency.key else None
        runs: dict[str, ObjectView] = {}
        held = []
        for run in self._cache.unfinished_by_workflow.objects(workflow.key):
            if run.deleting or (keys is not None and run.uid not in keys):  # who came meanwhile asks for it
                continue
            view = self._view(workflow, concurrency, run, "" if keys is None else keys[run.uid])
            if view is not None:
                runs[view.name] = run
                held.append(view)
        for name, verdict in admit(key.name, concurrency, held).items():
            run = runs[name]
            before = self._answer(run)
            if before is None or before.concurrency != concurrency or before.verdict != verdict:
                let_in = before is not None and before.let_in
                self._answers[run.key] = _Answer(run.uid, key, concurrency, verdict, let_in)
                self._requeue(run.key)

    async def _keys(self, workflow: ObjectView, concurrency: Concurrency) -> dict[str, str]:
        """The value of `concurrency.key`, by the run's UID."""
        keys = {}
        for run in self._cache.unfinished_by_workflow.objects(workflow.key):
            if not run.deleting:
                keys[run.uid] = concurrency.value(await self._parameters(workflow, run))
        return keys

    def _is_within(self, run: ObjectView) -> bool:
        """Was it made by a run of the same Workflow, perhaps through others? That one would wait for it forever."""
        if run.parent is None:
            return False
        return any(workflow_of(above) == workflow_of(run) for above in self._cache.ancestors(run))

    def _view(self, workflow: ObjectView, concurrency: Concurrency, run: ObjectView, key: str) -> UnfinishedRun | None:
        """None if neither it waits for others nor they for it."""
        own, going, spec = run.is_own(workflow), self.going(run), run.spec_as(WorkflowRunSpec)
        leaving = spec.state == "Stopped" or bool(self.replaced_by(run))
        if not concurrency.holds(own=own) or (not going and (leaving or self._is_within(run))):
            return None
        return UnfinishedRun(
            name=run.key.name,
            created_at=run.created_at,
            own=own,
            generation=label_number(run.labels.get(LABEL_GENERATION, "")),
            priority=run_priority(workflow.spec_as(WorkflowSettings), spec),
            key=key,
            going=going,
            begun=concurrency.policy is not None
            or has_started_container(run.status, self._cache.pods_by_run.objects(run.ref)),
            leaving=leaving,
            called=run.parent is not None and next(self._cache.ancestors(run), None) is not None,
        )

    async def _parameters(self, workflow: ObjectView, run: ObjectView) -> Mapping[str, str | None]:
        """The values of the run: its own, and the defaults of its graph."""
        spec = run.spec_as(WorkflowRunSpec)
        revision = run.status.get("revision") or spec.revision
        if revision is None:  # then it will be the Workflow's graph as it is now
            defaults = workflow.spec_as(WorkflowSettings).parameter_defaults
        else:
            try:
                defaults = dict((await self._revisions.read(workflow_of(run), revision)).definition.parameters)
            except ForeignRevision:
                defaults = {}  # and so it will be refused
            except ApiError as error:
                if error.status != NOT_FOUND:
                    raise
                defaults = {}  # its graph is gone, and so it will end
        return {**defaults, **(spec.arguments or {})}

    def _answer(self, run: ObjectView) -> _Answer | None:
        answer = self._answers.get(run.key)
        return answer if answer is not None and answer.uid == run.uid else None
