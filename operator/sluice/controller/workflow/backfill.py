"""Reconciles a Backfill: validates it, makes the runs of its times, and writes its progress into its status.

Its runs are owned by the Workflow and named as those of the schedule, so a time that both the schedule and a Backfill
reach has one run.
"""

from collections.abc import Sequence
from dataclasses import replace

from sluice.api import API_VERSION
from sluice.api.backfill import BackfillSpec, BackfillStatus
from sluice.api.run import has_ended
from sluice.api.schedule import ScheduleSpec
from sluice.api.workflow import WorkflowSettings
from sluice.controller.informers.cluster import Cluster
from sluice.controller.kube.client import CONFLICT, NOT_FOUND, ApiError, with_retries
from sluice.controller.kube.objects import Key, ObjectView, object_view, workflow_of
from sluice.controller.kube.paths import our_path
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.resources.validation_cache import ValidationCache
from sluice.controller.workflow.places import learn_keys, unfinished_beside
from sluice.controller.workflow.reconciler import NAME_TAKEN_S
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.naming import (
    LABEL_BACKFILL,
    LABEL_BACKFILL_UID,
    LABEL_WORKFLOW,
    names_of_time,
    owner_reference,
    scheduled_run_name,
)
from sluice.core.base.text import as_told
from sluice.core.base.times import rfc3339
from sluice.core.quota.run_concurrency import Concurrency
from sluice.core.status.conditions import MESSAGE_MAX, Condition, merge_conditions, run_conditions
from sluice.core.status.kstatus import run_health, stalled
from sluice.core.triggers.backfill import (
    NAME_TAKEN,
    Backfill,
    Progress,
    RunOfTime,
    RunToMake,
    backfill_schedule,
    count_ended,
    next_step,
    start_backfill,
)
from sluice.core.triggers.on_change import OnFirstSight
from sluice.core.validation import backfill_faults

_MADE_IN_ONE_GO = 8  # runs, before the progress is written and others have a turn


class BackfillReconciler:
    def __init__(
        self,
        cluster: Cluster,
        validation: ValidationCache,
        on_first_sight: OnFirstSight,
    ) -> None:
        self._kube, self._cache, self._events = cluster.kube, cluster.cache, cluster.events
        self._clock = cluster.clock
        self._validation, self._on_first_sight = validation, on_first_sight
        self.queue: WorkQueue[Key] = WorkQueue("backfills", of="backfill", clock=cluster.clock)
        self._refused: dict[Key, tuple[str, int, str, int]] = {}
        """Those with faults, by (UID, generation) of the Backfill and of its Workflow: judging can take 0.7 s."""

    async def reconcile(self, key: Key) -> None:
        seen = self._cache.backfills.get(key)
        if seen is None or seen.deleting:
            self._refused.pop(key, None)
            return
        if has_ended(phase := seen.phase):
            await self._write(seen, {}, _sound(phase, seen.status.get("message", "")))
            return
        workflow = self._cache.workflows.get(workflow_of(seen))
        if workflow is None or workflow.deleting:
            name = workflow_of(seen).name
            words = f"there is no Workflow '{name}' in this namespace; create it, or delete this Backfill"
            await self._stall(seen, "WorkflowNotFound", words)
        elif self._validation.of(workflow).faults:
            await self._stall(seen, "WorkflowRefused", f"Workflow '{workflow.key.name}' has faults; see its status")
        elif (progress := Progress.of(seen.status_as(BackfillStatus))) is not None:
            await self._go_on(seen, workflow, progress)
        else:
            await self._begin(seen, workflow)

    async def _begin(self, seen: ObjectView, workflow: ObjectView) -> None:
        judged = (seen.uid, seen.generation, workflow.uid, workflow.generation)
        if self._refused.get(seen.key) == judged:
            return
        manifest = {"metadata": {"name": seen.key.name}, "spec": seen.spec}
        spec, settings = seen.spec_as(BackfillSpec), workflow.spec_as(WorkflowSettings)
        faults, schedule = backfill_faults(manifest, settings, seen.created_at), backfill_schedule(spec, settings)
        if faults or schedule is None:
            await self._refuse(seen, "\n".join(map(str, faults))[:MESSAGE_MAX])
            self._refused[seen.key] = judged
            return
        progress = start_backfill(Backfill.of(spec, schedule), self._on_first_sight)
        await self._report(seen, progress, "", {"schedule": schedule.model_dump(by_alias=True, exclude_none=True)})

    async def _go_on(self, seen: ObjectView, workflow: ObjectView, progress: Progress) -> None:
        status = seen.status_as(BackfillStatus)
        backfill = Backfill.of(seen.spec_as(BackfillSpec), status.schedule or ScheduleSpec())
        progress = count_ended(progress, self._phases(seen, progress))
        if Concurrency.of(workflow.spec_as(WorkflowSettings)).places is not None:
            await learn_keys(self._cache, workflow)
            if self._cache.backfills.get(seen.key) is not seen:
                self.queue.add(seen.key)  # it has changed meanwhile
                return
        more, waits = True, ""
        for _ in range(_MADE_IN_ONE_GO):
            full = self._full(seen, workflow)
            found = next_step(backfill, progress, lambda when: self._runs_of(seen, workflow, when), full)
            progress = found.progress
            if found.make is None:
                more, waits = found.more, found.waits
                break
            try:
                run = await self._make(seen, workflow, backfill, found.make)
            except ApiError as error:
                await self._run_not_created(seen, progress, found.make, error)
                raise
            if taken := _taken(run, workflow):
                more, waits = False, taken
                break
            if run.labels.get(LABEL_BACKFILL_UID) == seen.uid:
                progress = progress.made(found.make.time, run.key.name)
        await self._report(seen, progress, waits)
        if waits.startswith(NAME_TAKEN):
            self.queue.add_after(seen.key, NAME_TAKEN_S)  # the run may be of another Workflow, which hears of its end
        if more or count_ended(progress, self._phases(seen, progress)) != progress:
            self.queue.add(seen.key)

    def _phases(self, seen: ObjectView, progress: Progress) -> dict[str, str]:
        found = {name: self._cache.runs.get(Key(seen.key.namespace, name)) for name, _ in progress.active}
        mine = {name: run for name, run in found.items() if run and run.labels.get(LABEL_BACKFILL_UID) == seen.uid}
        return {name: run.phase for name, run in mine.items()}

    def _runs_of(self, seen: ObjectView, workflow: ObjectView, when: Instant) -> Sequence[RunOfTime]:
        found = []
        for number, name in enumerate(names_of_time(workflow.key.name, workflow.uid, when), start=1):
            run = self._cache.runs.get(Key(seen.key.namespace, name))
            if run is not None and run.is_of(workflow, or_was=True):
                mine = run.labels.get(LABEL_BACKFILL_UID) == seen.uid
                found.append(RunOfTime(number, name, run.phase, mine, run.deleting))
        return found

    def _full(self, seen: ObjectView, workflow: ObjectView) -> str:
        """Why the Workflow's `concurrency` has no room for another run; empty if it has."""
        concurrency = Concurrency.of(workflow.spec_as(WorkflowSettings))
        if concurrency.places is None:
            return ""
        there = unfinished_beside(self._cache, workflow, seen.spec_as(BackfillSpec).arguments)
        if there < concurrency.places:
            return ""
        return f"Concurrency: {there}/{concurrency.places} runs of {workflow.key.name} are there that have not ended"

    async def _make(self, seen: ObjectView, workflow: ObjectView, backfill: Backfill, what: RunToMake) -> ObjectView:
        """The run of that name, whoever has made it."""
        namespace = seen.key.namespace
        name = scheduled_run_name(workflow.key.name, workflow.uid, what.time, what.number)
        body: Json = {
            "apiVersion": API_VERSION,
            "kind": "WorkflowRun",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": {
                    LABEL_WORKFLOW: workflow.key.name,
                    LABEL_BACKFILL: seen.key.name,
                    LABEL_BACKFILL_UID: seen.uid,
                },
                "ownerReferences": [owner_reference("Workflow", workflow.key.name, workflow.uid)],
            },
            "spec": {
                "workflow": workflow.key.name,
                "scheduledTime": rfc3339(what.time),
                "intervalStart": rfc3339(backfill.schedule.interval_start(what.time)),
            },
        }
        if (arguments := seen.spec_as(BackfillSpec).arguments) is not None:
            body["spec"]["arguments"] = arguments
        try:
            made = await with_retries(lambda: self._kube.create(our_path(namespace, "workflowruns"), body))
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            made = await self._kube.get(our_path(namespace, "workflowruns", name))
        run = object_view(made)
        self._cache.runs.upsert(run)
        return run

    async def _run_not_created(self, seen: ObjectView, progress: Progress, what: RunToMake, error: ApiError) -> None:
        """As for a Workflow."""
        start = f"RunNotCreated: that of {rfc3339(what.time)}: "
        words = as_told(foreign.string(seen.status.get("message")), f"{start}{error}"[:MESSAGE_MAX], start)
        await self._report(seen, progress, words)

    async def _report(self, seen: ObjectView, progress: Progress, waits: str, begun: Json | None = None) -> None:
        phase, words = "Running", waits
        if progress.finished:
            phase, words = ("Failed", progress.failures) if progress.failed else ("Succeeded", "")
        elif seen.spec_as(BackfillSpec).state == "Suspended":
            phase, words = "Suspended", ""
        status: Json = (begun or {}) | progress.written() | {"phase": phase, "message": words or None}
        if progress.finished:
            status["finishedAt"] = rfc3339(self._clock.wall())
        if await self._write(seen, status, _sound(phase, words)) and progress.finished:
            self._events.record("Backfill", seen, "Warning" if progress.failed else "Normal", phase, progress.words)

    async def _stall(self, seen: ObjectView, reason: str, message: str) -> None:
        """It waits until somebody resolves the reason."""
        await self._write(seen, {"phase": "Pending", "message": message}, _stuck(reason, message))

    async def _refuse(self, seen: ObjectView, message: str) -> None:
        if await self._write(seen, {"phase": "Refused", "message": message}, _stuck("InvalidSpec", message)):
            self._events.record("Backfill", seen, "Warning", "Refused", message)

    async def _write(self, seen: ObjectView, status: Json, facts: list[Condition]) -> bool:
        """Writes the entries that differ. Returns whether any did."""
        now_is = status | {
            "observedGeneration": seen.generation,
            "conditions": merge_conditions(
                seen.status.get("conditions", ()), facts, seen.generation, self._clock.wall()
            ),
        }
        body = {name: value for name, value in now_is.items() if seen.status.get(name) != value}
        if not body:
            return False
        path = our_path(seen.key.namespace, "backfills", seen.key.name)
        patch = {"metadata": {"resourceVersion": str(seen.version)}, "status": body}
        try:
            answer = await with_retries(lambda: self._kube.patch(f"{path}/status", patch))
        except ApiError as error:
            if error.status not in (CONFLICT, NOT_FOUND):
                raise
            await self._look_again(seen, path)
            return False
        after = {name: value for name, value in (seen.status | body).items() if value is not None}
        version = int(answer["metadata"]["resourceVersion"])
        self._cache.backfills.upsert(replace(seen, version=version, status=after))
        return True

    async def _look_again(self, seen: ObjectView, path: str) -> None:
        try:
            self._cache.backfills.upsert(object_view(await self._kube.get(path)))
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            self._cache.backfills.delete(seen)


def _taken(run: ObjectView, workflow: ObjectView) -> str:
    """Why the run is neither this Backfill's nor another one of its time; empty if it is."""
    if run.deleting:
        return f"{NAME_TAKEN}: run {run.key.name} is being deleted"
    if run.is_of(workflow, or_was=True):
        return ""
    return f"{NAME_TAKEN}: run {run.key.name} was made by somebody else; delete it"


def _sound(phase: str, message: str) -> list[Condition]:
    ending = message if has_ended(phase) else ""
    return [Condition("Accepted", True, "Valid"), *run_conditions(phase, ending), *run_health(phase, message)]


def _stuck(reason: str, message: str) -> list[Condition]:
    return [Condition("Accepted", False, reason, message), *stalled(reason, message)]
