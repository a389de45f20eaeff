"""Opens a run: its graph, whether it may start, what it keeps of another run; and then it is in memory, as it is.

A run that cannot start, or not yet, says so in its status (see `not_started`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sluice.api.run import ResumeFrom, WorkflowRunSpec, has_ended
from sluice.api.workflow import WorkflowSettings
from sluice.controller.informers.cluster import Cluster
from sluice.controller.kube.client import FORBIDDEN, NOT_FOUND, ApiError
from sluice.controller.kube.objects import Key, ObjectView, workflow_of
from sluice.controller.resources.output_configmaps import load_outputs
from sluice.controller.resources.revisions import ForeignRevision, Revision, Revisions
from sluice.controller.resources.run_slots import RunSlots
from sluice.controller.resources.validation_cache import ValidationCache
from sluice.controller.run.admission import RunAdmission
from sluice.controller.run.child_runs import child_view
from sluice.controller.run.live import LiveRun, LiveRuns
from sluice.controller.run.not_started import NotStarted
from sluice.controller.run.orders import orders_for
from sluice.controller.run.recall import recall
from sluice.controller.run.resume import ResumePlanner
from sluice.controller.run.status_writer import patch_status
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.faults import Fault
from sluice.core.base.naming import LABEL_REVISION, revision_of_hash
from sluice.core.base.text import as_told
from sluice.core.pod.volumes import claims_of
from sluice.core.quota.run_concurrency import Admitted, Queued, Replaced, TurnedAway
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.run_limits import RunLimits
from sluice.core.spec.scheduled_time import ScheduledTime
from sluice.core.status.stored_entries import usable_entries
from sluice.core.triggers.rerun import counted_items, resume_faults
from sluice.core.validation import run_faults
from sluice.core.validation.numbers import limit_faults

_LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class StartGates:
    """What a run passes before it starts: its place among the runs of its Workflow, what it keeps of another run, and
    the slots that it holds until its end.
    """

    admission: RunAdmission
    resume: ResumePlanner
    slots: RunSlots


class RunOpener:
    """`requeue_after` is given the key of a run that waits for another, and in how many seconds to try it again."""

    def __init__(
        self,
        cluster: Cluster,
        revisions: Revisions,
        validation: ValidationCache,
        gates: StartGates,
        shared: SharedLimits,
        live: LiveRuns,
        requeue_after: Callable[[Key, float], None],
    ) -> None:
        self._kube, self._cache, self._events, self._clock = cluster.kube, cluster.cache, cluster.events, cluster.clock
        self._revisions, self._validation = revisions, validation
        self._admission, self._resume, self._slots = gates.admission, gates.resume, gates.slots
        self._shared, self._live, self._requeue_after = shared, live, requeue_after
        self._not_started = NotStarted(cluster)

    async def let_in(self, seen: ObjectView) -> LiveRun | None:
        """The run in memory, or None if it cannot start, or not yet; then its status says why."""
        try:
            await recall(self._kube, self._cache, seen)
            return await self._let_in(seen)
        except ApiError as error:
            if error.status == FORBIDDEN and not self._admission.started(seen):
                words = f"the operator itself may not do what this needs, and tries again: {error.message}"
                words = as_told(foreign.string(seen.status.get("message")), words)
                await self._not_started.wait(seen, "OperatorForbidden", words)
            raise

    async def _let_in(self, seen: ObjectView) -> LiveRun | None:
        revision = await self._revision(seen)
        if revision is None:
            return None
        if found := run_faults(seen.spec, revision.definition.parameters, started=self._admission.started(seen)):
            await self._not_started.refuse(seen, found)
            return None
        if self._admission.going(seen):
            return await self._open(seen, revision)
        state, why, _ = self._live.desired_state(seen)
        if state == "Stopped":
            await self._not_started.end(seen, {"message": f"{why} before it had started"})
            return None
        if found := [*self._limits(seen, revision), *self._slots.faults(seen, revision.definition)]:
            await self._not_started.refuse(seen, found)
            return None
        match verdict := self._admission.verdict(seen):
            case Admitted():
                return await self._open(seen, revision)
            case Queued(words):
                self._slots.withdraw(seen)
                await self._not_started.queue_up(seen, revision.name, "Concurrency", words)
            case TurnedAway() | Replaced():
                await self._not_started.turn_away(seen, verdict)
            case None:
                pass  # the answer comes as news
        return None

    def _limits(self, seen: ObjectView, revision: Revision) -> list[Fault]:
        """The fault of arguments that make no limits of what the Workflow says by parameters."""
        workflow = self._cache.workflows.get(workflow_of(seen))
        if workflow is None:
            return []
        spec = seen.spec_as(WorkflowRunSpec)
        return limit_faults(workflow.spec_as(WorkflowSettings), spec, revision.definition.values(spec.arguments or {}))

    async def _open(self, seen: ObjectView, revision: Revision) -> LiveRun | None:
        """The run in memory, or None if it waits: for another from which it resumes, or for slots that it is to hold
        until it ends.
        """
        spec = seen.spec_as(WorkflowRunSpec)
        identity = RunIdentity(
            name=seen.key.name,
            namespace=seen.key.namespace,
            uid=seen.uid,
            workflow=spec.workflow,
            parameters=revision.definition.values(spec.arguments or {}),
            claims=claims_of(seen.key.name, seen.uid, revision.definition.claims),
            depth=seen.depth,
            scheduled=ScheduledTime.of(spec),
            tree=self._live.tree(seen, calls=any(task.is_sub_workflow for task in revision.definition.tasks)),
        )
        if spec.resume_from is not None:
            resumed = await self._resumed(seen, spec.resume_from, identity, revision)
            if resumed is None:
                return None
            seen = resumed
            identity = replace(identity, claims={**identity.claims, **seen.status["resumed"].get("claims", {})})
        if not self._admission.started(seen):
            holding = await self._with_slots(seen, identity, revision)
            if holding is None:
                return None
            seen = holding
        identity = replace(identity, pools=self._slots.held_by(seen))
        outputs = await load_outputs(self._kube, identity) if "outputsConfigMap" in seen.status else {}
        run = restore(
            identity,
            revision.name,
            revision.definition,
            status=seen.status,
            pods=(pods := self._cache.pods_by_run.objects(seen.ref)),
            children=list(map(child_view, self._cache.children_by_parent.objects(seen.ref))),
            outputs=outputs,
            now=self._clock.wall(),
            orders=self._orders(seen, identity, revision),
            approvals=spec.approvals or {},
            shared=self._shared,
        )
        for pod in pods:  # until now only their annotations said what they hold
            self._shared.observe_pod(run.tasks.with_claims(pod))
        for pod in self._live.unopened_pods_beneath(seen.ref):
            self._shared.observe_pod(pod, known=False)
        status = {name: value for name, value in seen.status.items() if name != "tasks"}
        live = LiveRun(seen, run, revision.workflow_uid, status, seen.version)
        self._live.add(live)
        return live

    def _orders(self, seen: ObjectView, identity: RunIdentity, revision: Revision) -> Orders:
        return orders_for(
            seen, identity.values, revision.workflow_uid, self._cache, self._live, self._admission, RunLimits()
        )

    async def _with_slots(self, seen: ObjectView, identity: RunIdentity, revision: Revision) -> ObjectView | None:
        """The run with its place and the slots of `pools` in its status, or None if it waits for one of them, which
        then nobody holds, or has been stopped.
        """
        orders = self._orders(seen, identity, revision)
        if orders.replaced_by:
            await self._not_started.turn_away(seen, Replaced(orders.replaced_by))
            return None
        if orders.state == "Stopped":
            await self._not_started.end(seen, {"message": f"{orders.why} before it had started"})
            return None
        if not self._admission.going(seen) and not isinstance(self._admission.verdict(seen), Admitted):
            return None  # another run got its place meanwhile; that is news
        granted = self._slots.ask(seen, identity, revision.definition)
        if isinstance(granted, str):
            await self._not_started.queue_up(seen, revision.name, "Pool", granted)
            return None
        self._admission.take(seen)
        if not granted:
            return seen
        held: Json = {"pools": dict(granted), "revision": revision.name}
        answer = await patch_status(self._kube, seen, seen.version, {**held, "message": None})
        rest = {name: value for name, value in seen.status.items() if name != "message"}
        version = int(answer["metadata"]["resourceVersion"])
        holding = replace(seen, version=version, status={**rest, **held})
        self._cache.runs.upsert(holding)
        return holding

    async def _resumed(
        self, seen: ObjectView, asked: ResumeFrom, identity: RunIdentity, revision: Revision
    ) -> ObjectView | None:
        """The run with what it keeps of another in its status, or None if it cannot start yet."""
        if "resumed" in seen.status:
            return seen
        of_itself = bool(seen.labels)  # made by its Workflow, for a change
        waits = f"waits for run {asked.run}, from which it resumes, to end"
        if self._goes_on(identity.namespace, asked.run) and seen.status.get("message") == waits:
            return None  # its end is news
        old = await self._resume.find(identity.namespace, asked.run)
        of_old = None if old is None else WorkflowRunSpec.read_usable(old["spec"])
        counted = counted_items({} if old is None else usable_entries(old.get("status", {})))
        found = resume_faults(asked, identity.name, identity.workflow, revision.definition, of_old, counted)
        if found and not (of_itself and old is None):
            await self._not_started.refuse(seen, found)
            return None
        if old is not None and not has_ended(old.get("status", {}).get("phase", "")):
            await self._not_started.wait_for_run(seen, waits)
            if not self._goes_on(identity.namespace, asked.run):  # it has ended, or is not known here yet
                self._requeue_after(seen.key, _LOOK_EVERY_S)
            return None
        status, words = await self._resume.status(asked, identity, revision, old)
        answer = await patch_status(self._kube, seen, seen.version, {**status, "message": None})
        self._events.record("WorkflowRun", seen, "Normal", "Resumed", words)
        rest = {name: value for name, value in seen.status.items() if name != "message"}
        return replace(seen, version=int(answer["metadata"]["resourceVersion"]), status={**rest, **status})

    def _goes_on(self, namespace: str, run: str) -> bool:
        known = self._cache.runs.get(Key(namespace, run))
        return known is not None and not known.finished

    async def _revision(self, seen: ObjectView) -> Revision | None:
        """The graph that the run was given or has begun, or the Workflow's as it is now."""
        workflow = self._cache.workflows.get(key := workflow_of(seen))
        name = given = seen.status.get("revision") or seen.spec_as(WorkflowRunSpec).revision
        if name is None and workflow is not None and (graph := self._graph_begun(seen)):
            name = given = revision_of_hash(key.name, workflow.uid, graph)
        if name is None:
            if workflow is None or workflow.deleting:
                words = f"there is no Workflow '{key.name}' in this namespace; create it, or delete this run"
                await self._wait(seen, "WorkflowNotFound", words)
                return None
            if self._validation.of(workflow).faults:
                await self._wait(seen, "WorkflowRefused", f"Workflow '{workflow.key.name}' has faults; see its status")
                return None
            name = await self._revisions.freeze(workflow)
        try:
            return await self._revisions.read(workflow_of(seen), name)
        except ForeignRevision as error:
            await self._not_started.refuse(seen, [Fault("spec.revision", str(error))])
            return None
        except ApiError as error:
            if error.status != NOT_FOUND or given is None:  # it was deleted just now, as nobody had named it for long
                raise
            words = f"ControllerRevision '{name}' is gone, and with it the graph: it was deleted, or its Workflow was"
            await self._not_started.refuse(seen, [Fault("spec.revision", words)])
            return None

    def _graph_begun(self, seen: ObjectView) -> str:
        """That by which the run has made something already, though its status could not say so in time; else empty."""
        pods, children = self._cache.pods_by_run.objects(seen.ref), self._cache.children_by_parent.objects(seen.ref)
        made_by = (*(pod.graph for pod in pods), *(child.labels.get(LABEL_REVISION, "") for child in children))
        return next(filter(None, made_by), "")

    async def _wait(self, seen: ObjectView, reason: str, message: str) -> None:
        """Its Workflow is not there, or not sound; who stops it meanwhile need not wait."""
        state, why, _ = self._live.desired_state(seen)
        if state == "Stopped":
            await self._not_started.end(seen, {"message": f"{why} before it had started"})
        else:
            await self._not_started.wait(seen, reason, message)
