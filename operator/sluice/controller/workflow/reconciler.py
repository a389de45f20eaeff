"""Reconciles a Workflow: validates it, makes its run when one is due, deletes old runs, and writes its status."""

import logging
from dataclasses import replace

from sluice.api import API_VERSION
from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings, WorkflowStatus
from sluice.controller.informers.cluster import Cluster
from sluice.controller.kube.client import CONFLICT, NOT_FOUND, ApiError, with_retries
from sluice.controller.kube.objects import Key, ObjectView, object_view
from sluice.controller.kube.paths import our_path
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.resources.revisions import Revisions
from sluice.controller.resources.validation_cache import ValidationCache
from sluice.controller.workflow.places import learn_keys
from sluice.controller.workflow.schedule import RunRequest, ScheduleTrigger, counts_others
from sluice.controller.workflow.upstream import UpstreamTrigger
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.errors import SluiceError
from sluice.core.base.naming import LABEL_CHANGE, LABEL_GENERATION, LABEL_WORKFLOW, owner_reference, run_name
from sluice.core.base.text import as_told
from sluice.core.status.conditions import Condition, merge_conditions, run_conditions
from sluice.core.status.kstatus import NewestRun, stalled, workflow_health
from sluice.core.triggers.history import History, next_expired
from sluice.core.triggers.on_change import OnFirstSight, Predecessor, RunMark, due_run, run_to_resume

_NEXT_DELETION_S = 1.0
_AWAITED_S = 600.0  # a run that stays for another Workflow's sake
NAME_TAKEN_S = 10.0  # that the name is free again is news to the Workflow that the run is of, not to this one

log = logging.getLogger("sluice.workflows")


class WorkflowReconciler:
    def __init__(
        self,
        cluster: Cluster,
        revisions: Revisions,
        validation: ValidationCache,
        on_first_sight: OnFirstSight,
    ) -> None:
        self._kube, self._cache, self._events = cluster.kube, cluster.cache, cluster.events
        self._clock = cluster.clock
        self._revisions, self._validation, self._on_first_sight = revisions, validation, on_first_sight
        self.queue: WorkQueue[Key] = WorkQueue("workflows", of="workflow", clock=cluster.clock)
        self._schedules = ScheduleTrigger(cluster.cache, on_first_sight, self.queue.add_at, cluster.clock)
        self._after = UpstreamTrigger(cluster.cache, on_first_sight, cluster.clock)

    def workflow_changed(self, key: Key) -> None:
        """The Workflow changed or was deleted, or one of its runs did or was."""
        self.queue.add(key)
        for follower in self._after.followers(key):
            self.queue.add(follower)

    async def reconcile(self, key: Key) -> None:
        workflow = self._cache.workflows.get(key)
        if workflow is None or workflow.deleting:
            self.queue.cancel(key)
            self._validation.forget(key)
            self._after.forget(key)
            return
        judged = self._validation.of(workflow)
        if judged.faults:
            await self._refuse(workflow, "InvalidSpec", "\n".join(map(str, judged.faults)))
            return
        settings = workflow.spec_as(WorkflowSettings)
        if counts_others(settings):
            await learn_keys(self._cache, workflow)
        on_time, follows = self._schedules.look(workflow), self._after.look(workflow)
        asked = on_time if on_time.name else follows
        mark, make = due_run(
            generation=workflow.generation,
            revision=judged.revision,
            change=judged.change,
            run_name=run_name(key.name, workflow.uid, workflow.generation),
            manual=settings.trigger == "Manual" or settings.schedule is not None or settings.after is not None,
            mark=await self._known_mark(workflow, judged.revision),
            runs=self._cache.own_runs(workflow),
            on_first_sight=self._on_first_sight,
        )
        if asked.name:
            mark, make = RunMark(workflow.generation, judged.revision, asked.name, judged.change), True
        if make:
            try:
                if not await self._make_run(workflow, mark, asked):
                    return
            except ApiError as error:
                await self._run_not_created(workflow, f"run {mark.run} is not created: ", error)
                raise
        await self._write(workflow, self._status(workflow, mark, asked.waits) | on_time.status | follows.status)
        await self._thin_out(workflow)

    async def _known_mark(self, workflow: ObjectView, revision: str) -> RunMark | None:
        """The mark, with what its revision did, which an older operator has not written there."""
        mark = _mark(workflow)
        if mark is None or mark.change is not None or mark.revision == revision:
            return mark
        return replace(mark, change=await self._revisions.change(workflow.key, mark.revision))

    async def _thin_out(self, workflow: ObjectView) -> None:
        """Deletes one expired run and requeues for the next, so that never many are deleted at a time."""
        history, ended = History.of(workflow.spec_as(WorkflowSettings)), self._cache.ended_runs(workflow)
        goes = next_expired(history, ended)
        if goes is not None and self._after.is_awaited(self._cache.runs[Key(workflow.key.namespace, goes.name)]):
            goes = next_expired(history, ended.without(goes.name))
            self.queue.add_after(workflow.key, _AWAITED_S)
        if goes is None:
            return
        if goes.at > self._clock.wall():
            self.queue.add_at(workflow.key, goes.at)
            return
        run = self._cache.runs[Key(workflow.key.namespace, goes.name)]
        try:
            await self._kube.delete(our_path(workflow.key.namespace, "workflowruns", goes.name), run.uid)
        except ApiError as error:
            if error.status not in (CONFLICT, NOT_FOUND):
                raise
            self._cache.runs.delete(run)
        self.queue.add_after(workflow.key, _NEXT_DELETION_S)  # a finalizer may keep it: the watch says when it goes

    async def _make_run(self, workflow: ObjectView, mark: RunMark, asked: RunRequest) -> bool:
        """Returns whether the run exists now. If its name is taken, the Workflow is refused: a person has to act."""
        namespace, name = workflow.key
        known = self._cache.runs.get(Key(namespace, mark.run or ""))
        if known is not None and not known.is_of(workflow) and not known.deleting:
            await self._name_is_taken(workflow, mark)  # nothing is asked of the API server until it is free
            return False
        await self._revisions.freeze(workflow)
        body: Json = {
            "apiVersion": API_VERSION,
            "kind": "WorkflowRun",
            "metadata": {
                "name": mark.run,
                "namespace": namespace,
                "labels": {
                    LABEL_WORKFLOW: name,
                    LABEL_GENERATION: str(mark.generation),
                    LABEL_CHANGE: mark.change,
                }
                | asked.labels,
                "ownerReferences": [owner_reference("Workflow", name, workflow.uid)],
            },
            "spec": {"workflow": name, "revision": mark.revision} | asked.spec,
        }
        if (before := self._to_resume(workflow)) is not None:
            body["spec"]["resumeFrom"] = {"run": before}
        try:
            made = await with_retries(lambda: self._kube.create(our_path(namespace, "workflowruns"), body))
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            made = await self._kube.get(our_path(namespace, "workflowruns", mark.run or ""))
        run = object_view(made)
        if not run.is_of(workflow):
            if run.deleting:
                raise SluiceError(f"run {run.key} of another Workflow by this name is still going away") from None
            await self._name_is_taken(workflow, mark)
            return False
        self._cache.runs.upsert(run)
        return True

    async def _name_is_taken(self, workflow: ObjectView, mark: RunMark) -> None:
        words = f"a WorkflowRun called '{mark.run}' exists and was not made by this Workflow; delete it"
        await self._refuse(workflow, "NameTaken", words)
        self.queue.add_after(workflow.key, NAME_TAKEN_S)

    async def _run_not_created(self, workflow: ObjectView, start: str, error: ApiError) -> None:
        """The API server does not let it be made, as a quota or a policy of the cluster may say. It is tried again."""
        conditions = foreign.mappings(workflow.status.get("conditions"))
        found = (each.get("message") for each in conditions if each.get("type") == "Reconciling")
        told = foreign.string(next(found, ""))
        words = as_told(told, f"{start}{error}", start)
        wrote = await self._write(workflow, self._status(workflow, _mark(workflow), not_created=words))
        if wrote and words != told:
            self._events.record("Workflow", workflow, "Warning", "RunNotCreated", words)

    def _to_resume(self, workflow: ObjectView) -> str | None:
        """The run that the next one resumes from; None to start afresh."""
        run = self._marked(workflow, _mark(workflow))
        if run is None or run.deleting:
            return None
        before = run.spec_as(WorkflowRunSpec).resume_from
        last = Predecessor(
            run.key.name, run.finished, "startedAt" in run.status, None if before is None else before.run
        )
        return run_to_resume(workflow.spec_as(WorkflowSettings), last)

    def _marked(self, workflow: ObjectView, mark: RunMark | None) -> ObjectView | None:
        """The run that the mark names; None if it is gone, even if somebody has made another of that name."""
        name = None if mark is None else mark.run
        run = None if name is None else self._cache.runs.get(Key(workflow.key.namespace, name))
        return run if run is not None and run.is_of(workflow, or_was=True) else None

    async def _refuse(self, workflow: ObjectView, reason: str, message: str) -> None:
        facts = [Condition("Accepted", False, reason, message), *stalled(reason, message)]
        mark = _mark(workflow)
        if await self._write(workflow, self._compose(workflow, "Refused", mark, facts)):
            self._events.record("Workflow", workflow, "Warning", "Refused", message)

    def _status(self, workflow: ObjectView, mark: RunMark | None, waits: str = "", not_created: str = "") -> Json:
        newest = None
        if mark is not None and mark.run is not None:
            run = self._marked(workflow, mark)
            newest = NewestRun.of(mark.run, run.status if run is not None else None, workflow.status)
        facts = [
            Condition("Accepted", True, "Valid", not_created or waits),
            *workflow_health(
                newest, follows_run=workflow.spec_as(WorkflowSettings).health == "Run", not_created=not_created
            ),
        ]
        if newest is None:
            return self._compose(workflow, "Ready", mark, facts)
        return self._compose(workflow, newest.phase, mark, facts + run_conditions(newest.phase, newest.message))

    def _compose(self, workflow: ObjectView, phase: str, mark: RunMark | None, facts: list[Condition]) -> Json:
        before = workflow.status.get("conditions", ())
        status: Json = {
            "observedGeneration": workflow.generation,
            "phase": phase,
            "conditions": merge_conditions(before, facts, workflow.generation, self._clock.wall()),
        }
        if mark is not None:
            status["lastRun"] = mark.written()
        return status

    async def _write(self, workflow: ObjectView, status: Json) -> bool:
        """Writes the entries that differ. Returns whether any did."""
        body: Json = {name: value for name, value in status.items() if workflow.status.get(name) != value}
        if not body:
            return False
        if "lastRun" in body and "name" not in body["lastRun"]:
            body["lastRun"] = {**body["lastRun"], "name": None}
        path = our_path(workflow.key.namespace, "workflows", workflow.key.name)
        patch = {"metadata": {"resourceVersion": str(workflow.version)}, "status": body}
        try:
            answer = await with_retries(lambda: self._kube.patch(f"{path}/status", patch))
        except ApiError as error:
            if error.status not in (CONFLICT, NOT_FOUND):
                raise
            await self._look_again(workflow, path)
            return False
        version = int(answer["metadata"]["resourceVersion"])
        now = {name: value for name, value in (workflow.status | status).items() if value is not None}
        self._cache.workflows.upsert(replace(workflow, version=version, status=now))
        return True

    async def _look_again(self, workflow: ObjectView, path: str) -> None:
        try:
            self._cache.workflows.upsert(object_view(await self._kube.get(path)))
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            self._cache.workflows.delete(workflow)


def _mark(workflow: ObjectView) -> RunMark | None:
    return RunMark.of(workflow.status_as(WorkflowStatus).last_run)
