"""Creates child runs, a bounded number at a time, and reports the API server's answers to the run that asked.

As with pods, a name is a claim: what exists already is adopted if it is the run's own.
"""

import logging
from collections.abc import Callable

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.kube.client import (
    NOT_FOUND,
    ApiError,
    KubeClient,
    may_be_done,
    why_not_made,
    with_retries,
)
from sluice.controller.kube.objects import Key, ObjectView, object_view
from sluice.controller.kube.paths import our_path
from sluice.controller.observability.logging import about
from sluice.controller.queue.pieces import Pieces
from sluice.controller.queue.round_robin import FairQueue
from sluice.controller.queue.workqueue import WORKERS
from sluice.core.base.errors import NotLeader, Unanswered
from sluice.core.graph.placeholders import TooLong
from sluice.core.pod.create_errors import CreateError, classify
from sluice.core.reconcile.intents import CreateIntent
from sluice.core.run.children import ChildView
from sluice.core.run.outputs import lost_outputs

log = logging.getLogger("sluice.children")


class ChildRunWriter:
    """`requeue` is given the key of a run that has news."""

    def __init__(self, kube: KubeClient, cache: Cache, requeue: Callable[[Key], None], clock: Clock) -> None:
        self._kube, self._cache, self._requeue, self._clock = kube, cache, requeue, clock
        self._create_queue: FairQueue[CreateIntent] = FairQueue(WORKERS)
        self._builds = Pieces(clock)

    def create(self, intent: CreateIntent) -> None:
        self._create_queue.put(intent.run.identity.namespace, intent)

    async def run(self) -> None:
        """One worker, of `WORKERS`: each has one create under way."""
        while True:
            async with self._create_queue.turn() as intent:
                if intent.proceed():
                    await self._try(intent)

    async def _try(self, intent: CreateIntent) -> None:
        run = intent.run
        try:
            await self._create(intent)
        except NotLeader:
            raise
        except Exception as error:  # one task that we cannot handle must not stop all others
            log.exception("its child run cannot be made: a bug of ours", extra=about(run, intent.number))
            intent.failed(CreateError.BUSY, f"a bug of ours: {error!r}", self._clock.wall())
        self._requeue(Key(run.identity.namespace, run.identity.name))

    async def _create(self, intent: CreateIntent) -> None:
        run = intent.run
        if words := lost_outputs(run, run.tasks[intent.number]):
            intent.failed(CreateError.INVALID, words, self._clock.wall())
            return
        try:
            await self._builds.turn()
            if not intent.proceed():
                return
            body = intent.child_run(self._clock.wall())
        except TooLong as error:
            intent.failed(CreateError.TOO_LARGE, str(error), self._clock.wall())
            return
        try:
            made = await self._kube.create(our_path(run.identity.namespace, "workflowruns"), body)
        except ApiError as error:
            if error.reason == "AlreadyExists" or may_be_done(error):
                await self._adopt(intent, body["metadata"]["name"], error)
            else:
                intent.failed(classify(error.status, error.message), error.message, self._clock.wall())
        except Unanswered as error:
            log.warning("%s", error, extra=about(run, intent.number))
            await self._adopt(intent, body["metadata"]["name"], error)
        else:
            self._cache.runs.upsert(object_view(made))

    async def _adopt(self, intent: CreateIntent, name: str, answer: ApiError | Unanswered) -> None:
        """It is there, or may be: `answer` is what the create got."""
        run = intent.run
        try:
            found = await with_retries(lambda: self._kube.get(our_path(run.identity.namespace, "workflowruns", name)))
        except (ApiError, Unanswered) as error:
            if isinstance(error, ApiError) and error.status != NOT_FOUND:
                log.warning("looking for run %s: %s", name, error, extra=about(run, intent.number))
            intent.failed(CreateError.BUSY, why_not_made(answer, error), self._clock.wall())
            return
        seen = object_view(found)
        if seen.attempt_of is not None and seen.parent == run.identity.ref:
            self._cache.runs.upsert(seen)
            intent.done(child_view(seen))  # the cache may have known it before the run asked for it
        else:
            message = f"a WorkflowRun called {name} exists and belongs to somebody else; delete it"
            intent.failed(CreateError.NAME_TAKEN, message, self._clock.wall())


def child_view(run: ObjectView) -> ChildView:
    return ChildView.of(run.key.name, run.uid, run.version, run.attempt_of, run.status, deleting=run.deleting)
