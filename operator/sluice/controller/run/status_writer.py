"""Writes the status of a run that is under way: the first change at once, the last at once, and between them not too
often. Where many runs have news, even the first change waits for its turn.
"""

from collections.abc import Callable
from dataclasses import replace

from sluice.controller.informers.cluster import Cluster
from sluice.controller.kube.client import CONFLICT, NOT_FOUND, ApiError, KubeClient, is_transient
from sluice.controller.kube.objects import Key, ObjectView, object_view
from sluice.controller.kube.paths import our_path
from sluice.controller.observability.metrics import run_ended, status_written
from sluice.controller.queue.workqueue import WorkQueue
from sluice.controller.resources.output_configmaps import ForeignOutputs, store_outputs
from sluice.controller.resources.pod_gc import PodGarbageCollector
from sluice.controller.resources.pvcs import VolumeClaims
from sluice.controller.run.live import LiveRun, LiveRuns
from sluice.controller.run.pod_writer import PodWriter
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.errors import SluiceError
from sluice.core.reconcile.actions import Delete
from sluice.core.run.dirty import Topic
from sluice.core.run.spent_pods import is_spent
from sluice.core.status.conditions import with_conditions
from sluice.core.status.kstatus import stalled
from sluice.core.status.run_status import REWORD_EVERY_S, StatusPatch, compose
from sluice.core.status.stored_entries import usable_entries

_WRITE_AT_MOST_EVERY_S = 1.5
_WRITE_AT_LEAST_EVERY_S = 30.0
_SHARE_OF_A_RUN = 0.05  # of the time, at most, that the writes of one run take
_SHARE_OF_ALL = 0.5  # and those of all runs: what the API server does for them, it cannot do for pods


class StatusWriter:
    """`queue` holds runs whose status is to be written; `requeue` is given the key of one that has news from that."""

    def __init__(
        self,
        cluster: Cluster,
        live: LiveRuns,
        pods: PodWriter,
        claims: VolumeClaims,
        pod_gc: PodGarbageCollector,
        requeue: Callable[[Key], None],
    ) -> None:
        self._kube, self._cache, self._events = cluster.kube, cluster.cache, cluster.events
        self._live, self._pods, self._claims = live, pods, claims
        self._pod_gc, self._requeue, self._clock = pod_gc, requeue, cluster.clock
        self.queue: WorkQueue[Key] = WorkQueue("run_status", of="run", clock=cluster.clock)
        self._took_s = 0.0
        """The last write."""

    def turn(self, namespace: str) -> float:
        """When, by the monotonic clock, one more run of the namespace may be written about: at once, unless many others
        of it wait.
        """
        ahead = self.queue.ahead_of(namespace)
        return self._clock.monotonic() + min(ahead * self._took_s / _SHARE_OF_ALL, _WRITE_AT_LEAST_EVERY_S)

    def write_in_turn(self, live: LiveRun) -> None:
        self.queue.add_after(live.view.key, live.write_at - self._clock.monotonic())

    async def write(self, key: Key) -> None:
        live = self._live.get(key)
        if live is None:
            return
        started = self._clock.monotonic()
        sent = compose(live.run, live.status, live.view.generation, self._clock.wall())
        if sent.body:
            try:
                await self._keep_apart(live, sent)
                answer = await patch_status(self._kube, live.view, live.version, sent.body)
            except ApiError as error:
                sent.roll_back()
                if error.status not in (CONFLICT, NOT_FOUND):
                    raise
                await self._look_again(live)
                return
            except BaseException:
                sent.roll_back()
                raise
            live.version = max(live.version, int(answer["metadata"]["resourceVersion"]))
            said = live.status | {name: value for name, value in sent.body.items() if name != "tasks"}
            live.status = {name: value for name, value in said.items() if value is not None}
        sent.commit()
        status_written(live.run.time)
        for pod in sent.ended:
            if is_spent(live.run, pod):
                self._pods.delete(live.run, Delete(pod.name, pod.uid))
            else:
                self._pod_gc.add(pod)
        self._record_events(live, sent)
        self._took_s = self._clock.monotonic() - started
        pause_s = max(_WRITE_AT_MOST_EVERY_S, self._took_s / _SHARE_OF_A_RUN)
        live.write_at = max(self.turn(key.namespace), self._clock.monotonic() + min(pause_s, _WRITE_AT_LEAST_EVERY_S))
        if sent.recorded:
            self._requeue(key)
        if live.run.finished_at is not None:
            self._cache.runs.upsert(_finished(live))
            if live.status["phase"] == "Succeeded" and live.run.definition.claims:
                self._claims.delete(live.view.key.namespace, live.view.uid)
        elif live.run.dirty.any(Topic.STATUS):
            self.write_in_turn(live)
        elif live.run.dirty.any(Topic.WORDING):
            self.queue.add_after(key, REWORD_EVERY_S)

    async def _keep_apart(self, live: LiveRun, sent: StatusPatch) -> None:
        if not sent.kept_apart:
            return
        try:
            await store_outputs(self._kube, live.run.identity, sent.kept_apart)
        except (ApiError, ForeignOutputs) as error:
            words = f"outputs cannot be kept in a ConfigMap: {error}"
            self._events.record("WorkflowRun", live.view, "Warning", "OutputsNotKept", words)
            if isinstance(error, ForeignOutputs) or not is_transient(error):
                await self._stall(live, words)
            raise SluiceError(words) from error

    async def _stall(self, live: LiveRun, words: str) -> None:
        """Nothing else can be written before somebody has mended this."""
        facts = stalled("OutputsNotKept", words)
        before = foreign.mappings(live.status.get("conditions"))
        conditions = with_conditions(before, facts, live.view.generation, self._clock.wall())
        if conditions == before:
            return
        said = {"message": words, "conditions": conditions}
        answer = await patch_status(self._kube, live.view, live.version, said)
        live.version, live.status = int(answer["metadata"]["resourceVersion"]), live.status | said

    async def _look_again(self, live: LiveRun) -> None:
        """Somebody changed the object, or our own patch had arrived without an answer: start from what it is now."""
        key = live.view.key
        try:
            body = await self._kube.get(our_path(key.namespace, "workflowruns", key.name))
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise
            self._cache.runs.delete(live.view)
            return
        if body["metadata"]["uid"] != live.view.uid:
            self._cache.runs.upsert(object_view(body))
            return
        status = body.get("status", {})
        live.run.status_found(usable_entries(status))
        live.status = {name: value for name, value in status.items() if name != "tasks"}
        live.version = int(body["metadata"]["resourceVersion"])
        self._cache.runs.upsert(object_view(body))
        self.queue.add(key)

    def _record_events(self, live: LiveRun, sent: StatusPatch) -> None:
        """Events about what the status says now."""
        if "startedAt" in sent.body:
            self._events.record(
                "WorkflowRun", live.view, "Normal", "Started", f"{len(live.run.definition.tasks)} tasks"
            )
        for number, entry in sent.tasks.items():
            if entry["phase"] == "Failed":
                name = live.run.tasks[number].definition.name
                words = f"{name}: {entry.get('reason', '')} {entry.get('message', '')}".strip()
                self._events.record("WorkflowRun", live.view, "Warning", "TaskFailed", words, name)
        if live.run.finished_at is not None and "finishedAt" in sent.body:
            phase = live.status["phase"]
            run_ended(phase, live.run.finished_at - live.run.identity.started_at)
            words = ": ".join(filter(None, (live.status["progress"], live.status.get("message"))))
            self._events.record("WorkflowRun", live.view, "Normal" if phase == "Succeeded" else "Warning", phase, words)


async def patch_status(kube: KubeClient, run: ObjectView, version: int, status: Json) -> Json:
    """Raises ApiError(409) if the object is not what we know, or is another by that name."""
    body = {"metadata": {"resourceVersion": str(version), "uid": run.uid}, "status": status}
    return await kube.patch(f"{our_path(run.key.namespace, 'workflowruns', run.key.name)}/status", body)


def _finished(live: LiveRun) -> ObjectView:
    """The run as the API server has it now, without waiting for the watch to say so."""
    return replace(live.view, version=live.version, status=dict(live.status))
