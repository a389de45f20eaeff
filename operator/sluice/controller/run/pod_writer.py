"""Creates and deletes pods, a bounded number at a time, and reports the API server's answers to the run.

A pod's name is a claim. `AlreadyExists` means that an earlier request arrived after all, so the pod is adopted if it
is the run's own. A request without an answer, or one in which the server failed, counts as carried out until a GET says
otherwise.
"""

import asyncio
import logging
from collections.abc import Callable

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import (
    CONFLICT,
    JSON,
    METADATA_ONLY,
    NOT_FOUND,
    ApiError,
    KubeClient,
    is_transient,
    may_be_done,
    why_not_made,
    with_retries,
)
from sluice.controller.kube.objects import Key
from sluice.controller.kube.paths import pods_path
from sluice.controller.observability.logging import about
from sluice.controller.observability.metrics import pod_refused
from sluice.controller.queue.pieces import Pieces
from sluice.controller.queue.round_robin import FairQueue, FairSemaphore
from sluice.controller.resources.file_configmaps import FileConfigMaps
from sluice.controller.resources.pod_gc import PodGarbageCollector
from sluice.controller.resources.pvcs import VolumeClaims
from sluice.core import Json
from sluice.core.base.errors import NotLeader, Unanswered
from sluice.core.base.naming import LABEL_QUEUE
from sluice.core.graph.placeholders import TooLong
from sluice.core.pod.builder import Item, build_pod
from sluice.core.pod.create_errors import CreateError, classify
from sluice.core.pod.defaults import PodDefaults
from sluice.core.pod.size import oversize
from sluice.core.pod.view import pod_view
from sluice.core.reconcile.actions import Delete
from sluice.core.reconcile.attempt import retry_creates_soon
from sluice.core.reconcile.intents import CreateIntent
from sluice.core.run.outputs import lost_outputs, results_before
from sluice.core.run.state import RunState
from sluice.core.status.run_phase import run_end

# A deleted claim uses up its quota until no pod mounts it, as do ended pods themselves.
_HELD_BY_ENDED_PODS = ("count/pods", "persistentvolumeclaims", "requests.storage")
_DELETES_IN_FLIGHT = 32
_LOOK_PAUSE_S = 1.0
_REFUSALS_MAX = 60
_DELETE_PAUSE_S, _DELETE_LONGEST_PAUSE_S = 0.5, 30.0

log = logging.getLogger("sluice.pods")


def _answer_to(pod: Json) -> str:
    """How much of it comes back: all of one at a gate, since nothing happens to it that the watch would tell."""
    gated = "schedulingGates" in pod["spec"] or LABEL_QUEUE in pod["metadata"]["labels"]
    return JSON if gated else METADATA_ONLY


class PodWriter:
    """`requeue` is given the key of a run that has news. `workers` create pods."""

    def __init__(
        self,
        kube: KubeClient,
        cache: Cache,
        claims: VolumeClaims,
        files: FileConfigMaps,
        pod_gc: PodGarbageCollector,
        defaults: PodDefaults,
        requeue: Callable[[Key], None],
        clock: Clock,
        *,
        workers: int,
    ) -> None:
        self._kube, self._cache, self._pod_gc, self._requeue = kube, cache, pod_gc, requeue
        self._claims, self._files, self._defaults, self._clock = claims, files, defaults, clock
        self._create_queue: FairQueue[CreateIntent] = FairQueue(workers)
        self._delete_queue: asyncio.Queue[tuple[str, Delete]] = asyncio.Queue()
        self._deletes = FairSemaphore(_DELETES_IN_FLIGHT)
        self._builds = Pieces(clock)

    def create(self, intent: CreateIntent) -> None:
        self._create_queue.put(intent.run.identity.namespace, intent)

    def delete(self, run: RunState, what: Delete) -> None:
        self._delete_queue.put_nowait((run.identity.namespace, what))

    async def run_deletes(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._delete(*await self._delete_queue.get()))

    async def run_creates(self) -> None:
        """One worker, of several: each has one create under way."""
        while True:
            async with self._create_queue.turn() as intent:
                if intent.proceed():
                    await self._try(intent)
                self._requeue(Key(intent.run.identity.namespace, intent.run.identity.name))

    async def _try(self, intent: CreateIntent) -> None:
        try:
            await self._create(intent)
        except NotLeader:
            raise
        except Exception as error:  # one task that we cannot handle must not stop all others
            log.exception("its pod cannot be made: a bug of ours", extra=about(intent.run, intent.number))
            await self._failed(intent, CreateError.BUSY, f"a bug of ours: {error!r}")

    async def _create(self, intent: CreateIntent) -> None:
        run = intent.run
        identity, task = run.identity, run.tasks[intent.number]
        if words := lost_outputs(run, task):
            await self._failed(intent, CreateError.INVALID, words)
            return
        if no_claim := await self._claims.refusal(run, intent.number):
            await self._failed(intent, *no_claim)
            return
        if no_files := await self._files.refusal(run, intent.number):
            await self._failed(intent, *no_files)
            return
        await self._builds.turn()
        if not intent.proceed():
            return
        body, too_large = self._built(intent)
        if too_large:
            await self._failed(intent, CreateError.TOO_LARGE, too_large)
            return
        try:
            made = await self._kube.create(pods_path(identity.namespace), body, accept=_answer_to(body))
        except ApiError as error:
            if error.reason == "AlreadyExists" or may_be_done(error):
                await self._adopt(intent, body["metadata"]["name"], error)
            else:
                await self._failed(intent, classify(error.status, error.message), error.message)
        except Unanswered as error:
            log.warning("%s", error, extra=about(run, intent.number))
            await self._adopt(intent, body["metadata"]["name"], error)
        else:
            self._cache.pods.upsert(pod_view(made))

    def _built(self, intent: CreateIntent) -> tuple[Json, str]:
        """The pod, and why it is too large; empty if it is not."""
        run = intent.run
        identity, task = run.identity, run.tasks[intent.number]
        try:
            body = build_pod(
                identity,
                task.definition,
                intent.attempt,
                item=None if task.group is None else Item(task.index, run.tasks.item(intent.number)),
                out_of_memory=task.used.out_of_memory,
                avoid_node=task.avoid_node,
                first_started_at=task.first_started_at,
                now=self._clock.wall(),
                hardened=run.pods.hardened,
                end=run_end(run, self._clock.wall()) if task.definition.final else None,
                before=results_before(run, task),
                defaults=self._defaults,
                files=self._files.sources(run),
                revision=run.revision,
            )
        except TooLong as error:
            return {}, str(error)
        return body, oversize(body)

    async def _adopt(self, intent: CreateIntent, name: str, answer: ApiError | Unanswered) -> None:
        """The pod is there, or may be: `answer` is what the create got."""
        run = intent.run
        try:
            seen = pod_view(await self._find(pods_path(run.identity.namespace, name)))
        except ApiError as error:
            await self._failed(intent, CreateError.BUSY, why_not_made(answer, error))
            return
        if run.tasks.unit_of(seen) == intent.number:
            self._cache.pods.upsert(seen)
            known = self._cache.pods.current(seen)
            # The cache may have known it before the run asked for it.
            run.shared.observe_pod(run.tasks.with_claims(known or seen))
            intent.done(known or seen)
            if known is None:  # it went while the answer was on its way
                run.shared.pod_deleted(seen)
                run.pods.observe_deleted(seen)
        else:
            message = f"a pod called {name} exists and belongs to somebody else; delete or rename it"
            await self._failed(intent, CreateError.NAME_TAKEN, message)

    async def _find(self, path: str) -> Json:
        """Asks until there is an answer: the pod may exist, and hold slots that others must not get. Only that there is
        none counts as such: a server that has just started may also answer 401 or 403, for a while.
        """
        refusals = 0
        while True:
            try:
                found: Json = await with_retries(lambda: self._kube.get(path))
            except (ApiError, Unanswered) as error:
                refusals += 0 if is_transient(error) else 1
                if (isinstance(error, ApiError) and error.status == NOT_FOUND) or refusals == _REFUSALS_MAX:
                    raise
                log.warning("looking for a pod that may have been made: %s", error)
                await asyncio.sleep(_LOOK_PAUSE_S)
            else:
                return found

    async def _failed(self, intent: CreateIntent, error: CreateError, message: str) -> None:
        pod_refused(error)
        intent.failed(error, message, self._clock.wall())
        held_by_ended_pods = error is CreateError.QUOTA and any(resource in message for resource in _HELD_BY_ENDED_PODS)
        if held_by_ended_pods and await self._pod_gc.make_room(intent.run.identity.namespace, 1):
            retry_creates_soon(intent.run, self._clock.wall())

    async def _delete(self, namespace: str, what: Delete) -> None:
        """Until it is so: nobody asks for it twice."""
        pause_s = _DELETE_PAUSE_S
        while True:
            try:
                async with self._deletes.turn(namespace):
                    await self._kube.delete(pods_path(namespace, what.name), what.uid)
            except Exception as error:  # noqa: BLE001  # whatever it is, it must not stop the other deletions
                if isinstance(error, ApiError) and error.status in (
                    NOT_FOUND,
                    CONFLICT,
                ):  # gone, or another by that name
                    return
                log.warning(
                    "pod %s/%s is not deleted yet: %s",
                    namespace,
                    what.name,
                    error,
                    extra={"namespace": namespace, "pod": what.name},
                )
            else:
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _DELETE_LONGEST_PAUSE_S)
