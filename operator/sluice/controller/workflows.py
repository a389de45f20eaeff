"""A Workflow: judge it, make its run when one is due, and say in its status how it stands."""

import logging
import time

from sluice.api import API_VERSION
from sluice.controller.events import Events
from sluice.controller.kube import CONFLICT, NOT_FOUND, ApiError, Kube, ours, patiently
from sluice.controller.revisions import Revisions
from sluice.controller.store import Key, ObjectView, Store, view
from sluice.core import Json
from sluice.core.conditions import Condition, conditions, ended, of_run
from sluice.core.errors import Fault
from sluice.core.naming import LABEL_GENERATION, LABEL_WORKFLOW, graph_of, revision_name, run_name
from sluice.core.pods import owner
from sluice.core.triggers import Mark, OnFirstSight, due
from sluice.core.validation import workflow_faults

log = logging.getLogger("sluice.workflows")


class Workflows:
    def __init__(
        self, kube: Kube, store: Store, revisions: Revisions, events: Events, on_first_sight: OnFirstSight
    ) -> None:
        self._kube, self._store, self._revisions, self._events = kube, store, revisions, events
        self._on_first_sight = on_first_sight

    async def reconcile(self, key: Key) -> None:
        workflow = self._store.workflows.get(key)
        if workflow is None or workflow.deleting:
            return
        faults = workflow_faults({"metadata": {"name": key.name}, "spec": workflow.spec})
        if faults:
            await self._refuse(workflow, faults)
            return
        before = Mark.of(workflow.status)
        mark, make = due(
            generation=workflow.generation,
            revision=revision_name(key.name, workflow.uid, graph_of(workflow.spec)),
            run_name=run_name(key.name, workflow.uid, workflow.generation),
            manual=workflow.spec.get("trigger") == "Manual",
            mark=before,
            runs=self._store.own_runs(workflow),
            on_first_sight=self._on_first_sight,
        )
        if make:
            await self._make_run(workflow, mark)
        await self._write(workflow, self._status(workflow, mark))

    async def _make_run(self, workflow: ObjectView, mark: Mark) -> None:
        await self._revisions.freeze(workflow)
        namespace, name = workflow.key
        body: Json = {
            "apiVersion": API_VERSION,
            "kind": "WorkflowRun",
            "metadata": {
                "name": mark.run,
                "namespace": namespace,
                "labels": {LABEL_WORKFLOW: name, LABEL_GENERATION: str(mark.generation)},
                "ownerReferences": [owner("Workflow", name, workflow.uid)],
            },
            "spec": {"workflow": name, "revision": mark.revision},
        }
        try:
            made = await patiently(lambda: self._kube.create(ours(namespace, "workflowruns"), body))
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            made = await self._kube.get(ours(namespace, "workflowruns", mark.run or ""))
        self._store.see_run(view(made))

    async def _refuse(self, workflow: ObjectView, faults: list[Fault]) -> None:
        message = "\n".join(map(str, faults))
        facts = [
            Condition("Accepted", False, "InvalidSpec", message),
            Condition("Stalled", True, "InvalidSpec", message),
            Condition("Reconciling", False, "InvalidSpec"),
        ]
        mark = Mark.of(workflow.status)
        if await self._write(workflow, self._compose(workflow, "Refused", mark, facts)):
            self._events.tell("Workflow", workflow, "Warning", "Refused", message)

    def _status(self, workflow: ObjectView, mark: Mark) -> Json:
        phase, message = "Ready", ""
        if mark.run is not None:
            run = self._store.runs.get(Key(workflow.key.namespace, mark.run))
            known = run.status if run is not None else workflow.status  # a run that is gone ended as it was last seen
            phase, message = known.get("phase") or "Running", known.get("message", "")
            phase = "Running" if phase in ("Pending", "Refused", "Ready") else phase
        facts = [
            Condition("Accepted", True, "Valid"),
            Condition("Stalled", False, "Valid"),
            Condition("Reconciling", False, "RunExists" if mark.run else "NothingDue"),
        ]
        if mark.run is not None:
            facts += of_run(phase, message if ended(phase) else "")
        return self._compose(workflow, phase, mark, facts)

    def _compose(self, workflow: ObjectView, phase: str, mark: Mark | None, facts: list[Condition]) -> Json:
        before = workflow.status.get("conditions", ())
        status: Json = {
            "observedGeneration": workflow.generation,
            "phase": phase,
            "conditions": conditions(before, facts, workflow.generation, time.time()),
        }
        if mark is not None:
            status["lastRun"] = mark.written()
        return status

    async def _write(self, workflow: ObjectView, status: Json) -> bool:
        """Writes what differs. Returns whether anything did."""
        body: Json = {name: value for name, value in status.items() if workflow.status.get(name) != value}
        if not body:
            return False
        if "lastRun" in body and "name" not in body["lastRun"]:
            body["lastRun"] = {**body["lastRun"], "name": None}
        path = ours(workflow.key.namespace, "workflows", workflow.key.name)
        patch = {"metadata": {"resourceVersion": str(workflow.version)}, "status": body}
        try:
            await patiently(lambda: self._kube.patch(f"{path}/status", patch))
        except ApiError as error:
            if error.status not in (CONFLICT, NOT_FOUND):
                raise
            await self._look_again(workflow, path)
            return False
        return True

    async def _look_again(self, workflow: ObjectView, path: str) -> None:
        try:
            self._store.see_workflow(view(await self._kube.get(path)))
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            self._store.forget_workflow(workflow.key, workflow.uid)
