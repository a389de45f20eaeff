"""A run: open it, ask the core what follows, make it so, and say in its status how it stands.

`reconcile` never waits for a pod: creations and deletions go to the pod writer, whose answers come back as news.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sluice.api.run import State
from sluice.controller.admissions import Admissions
from sluice.controller.child_writer import ChildWriter, child_view
from sluice.controller.claims import Claims
from sluice.controller.events import Events
from sluice.controller.judgements import Judgements
from sluice.controller.kube import CONFLICT, NOT_FOUND, ApiError, Kube, ours
from sluice.controller.logs import LogReader
from sluice.controller.outputs import keep, kept
from sluice.controller.pod_writer import PodWriter
from sluice.controller.queue import KeyedQueue
from sluice.controller.resuming import Resuming
from sluice.controller.retention import Retention
from sluice.controller.revisions import Revision, Revisions
from sluice.controller.store import Key, ObjectView, Store, view
from sluice.core import Instant, Json
from sluice.core.actions import Delete
from sluice.core.concurrency import Go, Replaced, TurnedAway, Wait
from sluice.core.conditions import Condition, conditions, ended, of_run
from sluice.core.decide import decide
from sluice.core.errors import Fault, SluiceError
from sluice.core.execution import Execution
from sluice.core.limits import SharedLimits
from sluice.core.observation import PodView
from sluice.core.pods import RunIdentity
from sluice.core.restore import restore
from sluice.core.resume import faults
from sluice.core.scheduled import Scheduled
from sluice.core.standing import RESUMED_BY_HAND, STOPPED_BY_HAND, Limits
from sluice.core.status import REWORD_EVERY_S, Patch, patch, unwritten, written
from sluice.core.times import rfc3339
from sluice.core.validation import run_faults
from sluice.core.validation.approvals import unknown_approvals
from sluice.core.volumes import claims_of

_LOOK_EVERY_S = 1.0
_WRITE_AT_MOST_EVERY_S = 1.0
_WRITE_AT_LEAST_EVERY_S = 30.0
_WRITE_SHARE = 10.0  # a write may take at most a tenth of the time

log = logging.getLogger("sluice.runs")


@dataclass(slots=True)
class Live:
    """A run that has not finished. `status` is what was last written, less the tasks."""

    view: ObjectView
    run: Execution
    workflow_uid: str
    status: Json
    version: int
    write_at: Instant = 0.0
    orders: int = -1
    """The orders that its child runs have been woken for."""


class Runs:
    """`queue` holds runs with news, `writes` those whose status is to be written."""

    def __init__(
        self,
        kube: Kube,
        store: Store,
        revisions: Revisions,
        judgements: Judgements,
        events: Events,
        retention: Retention,
        shared: SharedLimits,
    ) -> None:
        self._kube, self._store, self._revisions, self._events = kube, store, revisions, events
        self._judgements, self._retention, self._shared = judgements, retention, shared
        self.queue: KeyedQueue[Key] = KeyedQueue(self.reconcile)
        self.writes: KeyedQueue[Key] = KeyedQueue(self.write)
        self.claims = Claims(kube, store)
        self._resuming = Resuming(kube, revisions, self.claims)
        self.pods = PodWriter(kube, store, self.claims, retention, self.queue.add)
        self.children = ChildWriter(kube, store, self.queue.add)
        self.logs = LogReader(kube, self.queue.add)
        self.admissions = Admissions(store, revisions, self.queue.add)
        self._live: dict[Key, Live] = {}
        self._by_uid: dict[str, Key] = {}

    def pod_changed(self, pod: PodView, gone: bool) -> None:  # noqa: FBT001  # the store's callback
        if gone:
            self._retention.forget(pod)
            self._shared.gone(pod)
        else:
            self._shared.see(pod)
        key = self._by_uid.get(pod.run_uid)
        live = self._live.get(key) if key else None
        if live is None or key is None:
            self._see_left_over(pod, gone)
            return
        if gone:
            live.run.pod_gone(pod)
        else:
            live.run.see_pod(pod)
        self.queue.add(key)

    def _see_left_over(self, pod: PodView, gone: bool) -> None:  # noqa: FBT001
        """A pod whose run has finished: nobody thinks of it any more, but it goes when its time has come."""
        run = self._store.runs.get(Key(pod.namespace, pod.run))
        if not gone and run is not None and run.uid == pod.run_uid and run.finished:
            self._retention.add(pod)

    def child_changed(self, child: ObjectView, gone: bool) -> None:  # noqa: FBT001  # the store's callback
        parent = self._live.get(Key(child.key.namespace, child.parent))
        if parent is None or parent.view.uid != child.owner_uid:
            return
        if gone:
            parent.run.child_gone(child_view(child))
        else:
            parent.run.see_child(child_view(child))
        self.queue.add(parent.view.key)

    def look_again(self, runs: Iterable[RunIdentity]) -> None:
        """Their ready tasks may have another reason to wait."""
        for run in runs:
            key = Key(run.namespace, run.name)
            if (live := self._live.get(key)) is not None:
                live.run.changed.update(live.run.ready)
                self.writes.add_at(key, live.write_at)

    async def reconcile(self, key: Key) -> None:
        seen = self._store.runs.get(key)
        if seen is None or seen.deleting or seen.finished:
            self._close(key, seen)
            self.admissions.left(key)
            return
        live = self._live.get(key)
        if live is None or live.view.uid != seen.uid:
            self._close(key, None)
            if self._comes_after_its_parent(seen):
                return
            live = await self._let_in(seen)
            if live is None:
                return
            seen = self._store.runs.get(key)  # it may have gone while it was opened
            if seen is None or seen.uid != live.view.uid or seen.deleting:
                self._close(key, None)
                return
        live.view = seen
        live.version = max(live.version, seen.version)
        self._take_orders(live)
        decision = decide(live.run, time.time())
        for create in decision.create:
            writer = self.children if live.run.tasks[create.number].definition.calls else self.pods
            writer.create(live.run, create)
        for delete in decision.delete:
            self.pods.delete(live.run, delete)
        if live.orders != live.run.orders:
            live.orders = live.run.orders
            self._wake_children(seen.uid)
        for read in decision.read:
            self.logs.read(live.run, read)
        if decision.wake_at is not None:
            self.queue.add_at(key, decision.wake_at)
        if decision.finished or live.run.recording:
            self.writes.add(key)
        else:
            self.writes.add_at(key, live.write_at)

    def _take_orders(self, live: Live) -> None:
        """What may change while the run goes on: its state, also for the sake of another run, approvals and limits."""
        workflow = self._store.workflows.get(Key(live.view.key.namespace, live.view.spec["workflow"]))
        if workflow is None or workflow.deleting or workflow.uid != live.workflow_uid:
            live.run.set_state("Stopped", "its Workflow was deleted")
        else:
            by = live.run.replaced_by = live.run.replaced_by or self.admissions.replaced_by(live.view)
            live.run.set_state(*(("Stopped", Replaced(by).words) if by else self._orders(live.view)))
            live.run.set_limits(Limits.of(workflow.spec, live.view.spec))
        approvals = live.view.spec.get("approvals", {})
        if approvals != live.run.approvals:
            live.run.set_approvals(approvals)
            for fault in unknown_approvals(approvals, live.run.definition):
                self._events.tell("WorkflowRun", live.view, "Warning", "UnknownApproval", str(fault))

    def _orders(self, run: ObjectView) -> tuple[State, str, str]:
        """What the run is to do, and the words for it: its own state, or that of the run that made it if that is
        further from running.
        """
        own: State = run.spec.get("state", "Running")
        by_hand: tuple[State, str, str] = (own, STOPPED_BY_HAND, RESUMED_BY_HAND)
        if not run.parent or own == "Stopped":
            return by_hand
        parent = self._live.get(Key(run.key.namespace, run.parent))
        if parent is None or parent.view.uid != run.owner_uid:
            return "Stopped", f"run {run.parent}, which made it, has ended", RESUMED_BY_HAND
        state, why = parent.run.orders_for(run.key.name)
        if state == "Running":
            return by_hand
        return state, f"run {run.parent} stops it: {why}", f"run {run.parent} goes on"

    def _wake_children(self, uid: str) -> None:
        for child in self._store.children_of.get(uid, ()):
            self.queue.add(child)

    def _comes_after_its_parent(self, run: ObjectView) -> bool:
        """Is the run that made it still to be opened? That one knows what this one is to do, and wakes it."""
        parent = self._store.runs.get(Key(run.key.namespace, run.parent))
        if parent is None or parent.uid != run.owner_uid or parent.finished or parent.deleting:
            return False
        return parent.key not in self._live

    def _close(self, key: Key, finished: ObjectView | None) -> None:
        live = self._live.pop(key, None)
        if live is not None:
            self._by_uid.pop(live.view.uid, None)
            live.run.close()
            self._wake_children(live.view.uid)
        if finished is not None and finished.finished:
            self._wake_children(finished.uid)
            for pod in self._store.pods.pop(finished.uid, {}).values():
                self._retention.add(pod)

    # Opening a run.

    async def _let_in(self, seen: ObjectView) -> Live | None:
        """The run in memory, or None if it cannot start, or not yet; then its status says why."""
        revision = await self._revision(seen)
        if revision is None:
            return None
        if found := run_faults(seen.spec, revision.definition.parameters):
            await self._refuse(seen, found)
            return None
        if self.admissions.going(seen):
            return await self._open(seen, revision)
        state, why, _ = self._orders(seen)
        if state == "Stopped":
            await self._end(seen, {"message": f"{why} before it had started"})
            return None
        match verdict := self.admissions.verdict(seen):
            case Go():
                return await self._open(seen, revision)
            case Wait(words):
                await self._queue_up(seen, revision.name, words)
            case TurnedAway(words):
                await self._end(seen, {"message": words})
            case Replaced(by):
                await self._end(seen, {"message": verdict.words, "replacedBy": by})
            case None:
                pass  # the answer comes as news
        return None

    async def _open(self, seen: ObjectView, revision: Revision) -> Live | None:
        """The run in memory, or None if it waits for another from which it resumes."""
        identity = RunIdentity(
            name=seen.key.name,
            namespace=seen.key.namespace,
            uid=seen.uid,
            workflow=seen.spec["workflow"],
            parameters=revision.definition.values(seen.spec.get("parameters", {})),
            claims=claims_of(seen.key.name, seen.uid, revision.definition.claims),
            depth=seen.depth,
            scheduled=Scheduled.of(seen.spec),
        )
        if "resumeFrom" in seen.spec:
            resumed = await self._resumed(seen, identity, revision)
            if resumed is None:
                return None
            seen = resumed
            identity = replace(identity, claims={**identity.claims, **seen.status["resumed"].get("claims", {})})
        outputs = await kept(self._kube, identity) if "outputsConfigMap" in seen.status else {}
        run = restore(
            identity,
            revision.name,
            revision.definition,
            status=seen.status,
            pods=self._store.pods.get(seen.uid, {}).values(),
            children=[child_view(self._store.runs[key]) for key in self._store.children_of.get(seen.uid, ())],
            outputs=outputs,
            shared=self._shared,
        )
        status = {name: value for name, value in seen.status.items() if name != "tasks"}
        live = Live(seen, run, revision.workflow_uid, status, seen.version)
        self._live[seen.key] = live
        self._by_uid[seen.uid] = seen.key
        return live

    async def _resumed(self, seen: ObjectView, identity: RunIdentity, revision: Revision) -> ObjectView | None:
        """The run with what it keeps of another in its status, or None if it cannot start yet."""
        if "resumed" in seen.status:
            return seen
        asked, of_itself = seen.spec["resumeFrom"], bool(seen.labels)  # made by its Workflow, for a change
        waits = f"waits for run {asked['run']}, from which it resumes, to end"
        known = self._store.runs.get(Key(identity.namespace, asked["run"]))
        if known is not None and not known.finished and seen.status.get("message") == waits:
            self.queue.add_at(seen.key, time.time() + _LOOK_EVERY_S)
            return None
        old = await self._resuming.find(identity.namespace, asked["run"])
        found = faults(asked, identity.name, identity.workflow, revision.definition, old)
        if found and not (of_itself and old is None):
            await self._refuse(seen, found)
            return None
        if old is not None and not ended(old["status"].get("phase", "")):
            await self._wait_for_run(seen, waits)
            return None
        status = await self._resuming.status(asked, identity, revision, old)
        answer = await self._patch(seen, seen.version, {**status, "message": None})
        words = f"{len(status.get('tasks', {}))} tasks kept of run {asked['run']}"
        self._events.tell("WorkflowRun", seen, "Normal", "Resumed", words)
        rest = {name: value for name, value in seen.status.items() if name != "message"}
        return replace(seen, version=int(answer["metadata"]["resourceVersion"]), status={**rest, **status})

    async def _wait_for_run(self, seen: ObjectView, message: str) -> None:
        facts = [Condition("Accepted", True, "Valid"), Condition("Reconciling", True, "WaitingForRun", message)]
        await self._write_plainly(seen, {"phase": "Pending", "message": message}, facts)
        self.queue.add_at(seen.key, time.time() + _LOOK_EVERY_S)

    async def _revision(self, seen: ObjectView) -> Revision | None:
        """The graph that the run was given, or the Workflow's as it is now."""
        namespace = seen.key.namespace
        name = seen.status.get("revision") or seen.spec.get("revision")
        if name is None:
            workflow = self._store.workflows.get(Key(namespace, seen.spec["workflow"]))
            if workflow is None or workflow.deleting:
                words = (
                    f"there is no Workflow '{seen.spec['workflow']}' in this namespace; create it, or delete this run"
                )
                await self._wait(seen, "WorkflowNotFound", words)
                return None
            if self._judgements.of(workflow).faults:
                await self._wait(seen, "WorkflowRefused", f"Workflow '{workflow.key.name}' has faults; see its status")
                return None
            name = await self._revisions.freeze(workflow)
        try:
            return await self._revisions.read(namespace, name)
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            words = f"ControllerRevision '{name}' is gone, and with it the graph; its Workflow was deleted"
            await self._refuse(seen, [Fault("spec.revision", words)])
            return None

    async def _wait(self, seen: ObjectView, reason: str, message: str) -> None:
        state, why, _ = self._orders(seen)
        if state == "Stopped":
            await self._end(seen, {"message": f"{why} before it had started"})
            return
        facts = [Condition("Accepted", False, reason, message), Condition("Stalled", True, reason, message)]
        await self._write_plainly(seen, {"phase": "Pending", "message": message}, facts)

    async def _refuse(self, seen: ObjectView, faults: list[Fault]) -> None:
        message = "\n".join(map(str, faults))
        facts = [Condition("Accepted", False, "InvalidSpec", message), *of_run("Failed", message)]
        status = {"phase": "Failed", "message": message, "finishedAt": rfc3339(time.time())}
        await self._write_plainly(seen, status, facts)
        self._events.tell("WorkflowRun", seen, "Warning", "Refused", message)

    async def _queue_up(self, seen: ObjectView, revision: str, message: str) -> None:
        facts = [Condition("Queued", True, "Concurrency", message), Condition("Reconciling", True, "Queued", message)]
        await self._write_plainly(seen, {"phase": "Pending", "message": message, "revision": revision}, facts)

    async def _end(self, seen: ObjectView, why: Json) -> None:
        """It ends without having started, which is no failure of its own."""
        facts = [*of_run("Stopped", why["message"]), Condition("Reconciling", False, "Stopped")]
        await self._write_plainly(seen, {"phase": "Stopped", "finishedAt": rfc3339(time.time()), **why}, facts)
        self._events.tell("WorkflowRun", seen, "Normal", "Stopped", why["message"])

    async def _write_plainly(self, seen: ObjectView, status: Json, facts: list[Condition]) -> None:
        """The status of a run that has not been opened."""
        now_is = {
            **status,
            "observedGeneration": seen.generation,
            "conditions": conditions(seen.status.get("conditions", ()), facts, seen.generation, time.time()),
        }
        body = {name: value for name, value in now_is.items() if seen.status.get(name) != value}
        if body:
            answer = await self._patch(seen, seen.version, body)
            version = int(answer["metadata"]["resourceVersion"])
            self._store.see_run(replace(seen, version=version, status=seen.status | body))

    # Writing its status.

    async def write(self, key: Key) -> None:
        live = self._live.get(key)
        if live is None:
            return
        started = time.monotonic()
        sent = patch(live.run, live.status, live.view.generation, time.time())
        if sent.body:
            try:
                await self._keep_apart(live, sent)
                answer = await self._patch(live.view, live.version, sent.body)
            except ApiError as error:
                unwritten(live.run, sent)
                if error.status not in (CONFLICT, NOT_FOUND):
                    raise
                await self._look_again(live)
                return
            except BaseException:
                unwritten(live.run, sent)
                raise
            live.version = max(live.version, int(answer["metadata"]["resourceVersion"]))
            live.status |= {name: value for name, value in sent.body.items() if name != "tasks"}
        written(live.run, sent)
        for pod in sent.ended:
            if live.run.is_spent(pod):
                self.pods.delete(live.run, Delete(pod.name, pod.uid))
            else:
                self._retention.add(pod)
        self._tell(live, sent)
        pause_s = max(_WRITE_AT_MOST_EVERY_S, _WRITE_SHARE * (time.monotonic() - started))
        live.write_at = time.time() + min(pause_s, _WRITE_AT_LEAST_EVERY_S)
        if sent.recorded:
            self.queue.add(key)
        if live.run.finished_at is not None:
            self._store.see_run(_finished(live))
            if live.status["phase"] == "Succeeded" and live.run.definition.claims:
                self.claims.delete(live.view.key.namespace, live.view.uid)
        elif live.run.changed:
            self.writes.add_at(key, live.write_at)
        elif live.run.reworded:
            self.writes.add_at(key, time.time() + REWORD_EVERY_S)

    async def _keep_apart(self, live: Live, sent: Patch) -> None:
        if not sent.kept_apart:
            return
        try:
            await keep(self._kube, live.run.identity, sent.kept_apart)
        except ApiError as error:
            words = f"outputs cannot be kept in a ConfigMap: {error.message}"
            self._events.tell("WorkflowRun", live.view, "Warning", "OutputsNotKept", words)
            raise SluiceError(words) from error

    async def _patch(self, run: ObjectView, version: int, status: Json) -> Json:
        """Raises ApiError(409) if the object is not what we know, or is another by that name."""
        body = {"metadata": {"resourceVersion": str(version), "uid": run.uid}, "status": status}
        return await self._kube.patch(f"{ours(run.key.namespace, 'workflowruns', run.key.name)}/status", body)

    async def _look_again(self, live: Live) -> None:
        """Somebody changed the object, or our own patch had arrived without an answer: start from what it is now."""
        key = live.view.key
        try:
            body = await self._kube.get(ours(key.namespace, "workflowruns", key.name))
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            self._store.forget_run(key, live.view.uid)
            return
        if body["metadata"]["uid"] != live.view.uid:
            self._store.see_run(view(body))
            return
        status = body.get("status", {})
        for name, entry in status.get("tasks", {}).items():
            number = live.run.number(name)
            if number is not None:
                live.run.written[number] = entry
        live.run.changed.update(range(len(live.run.tasks)))
        live.status = {name: value for name, value in status.items() if name != "tasks"}
        live.version = int(body["metadata"]["resourceVersion"])
        self._store.see_run(view(body))
        self.writes.add(key)

    def _tell(self, live: Live, sent: Patch) -> None:
        """Events about what the status says now."""
        if "startedAt" in sent.body:
            self._events.tell("WorkflowRun", live.view, "Normal", "Started", f"{len(live.run.definition.tasks)} tasks")
        for number, entry in sent.tasks.items():
            if entry["phase"] == "Failed":
                name = live.run.tasks[number].definition.name
                words = f"{name}: {entry.get('reason', '')} {entry.get('message', '')}".strip()
                self._events.tell("WorkflowRun", live.view, "Warning", "TaskFailed", words)
        if live.run.finished_at is not None and "finishedAt" in sent.body:
            phase = live.status["phase"]
            words = ": ".join(filter(None, (live.status["progress"], live.status.get("message"))))
            self._events.tell("WorkflowRun", live.view, "Normal" if phase == "Succeeded" else "Warning", phase, words)


def _finished(live: Live) -> ObjectView:
    """The run as the API server has it now, without waiting for the watch to say so."""
    return replace(live.view, version=live.version, status=dict(live.status))
