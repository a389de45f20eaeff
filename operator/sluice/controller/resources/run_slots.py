"""Slots that a run holds from its start to its end: asks the shared limits for them, and tells them who holds some.

What a run was granted is in its status before its first pod is made. So the LIST of runs says what is in use. It asks
when `concurrency` has a place for it, and takes both or neither; meanwhile a run that was called may take the place.
"""

from collections.abc import Callable, Collection

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.controller.informers.cache import Cache
from sluice.controller.informers.store import ObjectChange
from sluice.controller.kube.objects import Key, ObjectView, workflow_of
from sluice.core.base.faults import Fault
from sluice.core.base.ownership import RunRef
from sluice.core.quota.calls import (
    CalledWorkflow,
    callable_from,
    calls_of,
    circles_that_may_wait,
    most_of_each,
    why_circle,
)
from sluice.core.quota.pool import RunClaim
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.run_pools import missing_above, run_request
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import PoolClaim, RunIdentity, known_claim, pool_claim
from sluice.core.spec.run_limits import run_priority


class RunSlots:
    """`requeue` is given the key of a run that may ask for something else now."""

    def __init__(self, cache: Cache, shared: SharedLimits, requeue: Callable[[Key], None]) -> None:
        self._cache, self._shared, self._requeue = cache, shared, requeue
        self._uids: dict[Key, str] = {}
        """Of runs that hold slots, or ask for some."""
        self._waiting: dict[Key, Collection[str]] = {}
        """Runs that ask for slots, and the Workflows that they may call."""
        self._callable: dict[Key, CalledWorkflow] = {}
        """Workflows as they are now: to parse a large one takes long."""

    def workflow_changed(self, change: ObjectChange[ObjectView]) -> None:
        """What a run waits for may be another Workflow's, which does not ask for it any more."""
        now, before = change.object, change.before
        if before is not None and before.generation == now.generation and not change.deleted:
            return
        self._callable.pop(now.key, None)
        for run, called in self._waiting.items():
            if run.namespace == now.key.namespace and now.key.name in called:
                self._requeue(run)

    def run_changed(self, key: Key) -> None:
        """A run changed or was deleted."""
        run = self._cache.runs.get(key)
        known = self._uids.get(key)
        if known is not None and (run is None or run.finished or run.uid != known):
            self._shared.run_ended(RunRef(*key, known))
            del self._uids[key]
            self._waiting.pop(key, None)
        if run is not None and not run.finished and (claim := self.held_by(run)):
            self._uids[key] = run.uid
            self._shared.observe_run(RunClaim(run.ref, claim))

    def held_by(self, run: ObjectView) -> PoolClaim:
        return known_claim(run.status.get("pools"))

    def faults(self, run: ObjectView, definition: Definition) -> list[Fault]:
        """Why the run, which has not started, never can: its calls could wait for ever, or it was called and its
        Workflow asks for slots that the run at the top does not hold.
        """
        if run.parent:
            *_, top = (run, *self._cache.ancestors(run))
            claim = pool_claim(self._settings(run).pools or ())
            return missing_above(claim, top.key.name, top.status.get("pools", {}))
        circles = circles_that_may_wait(self._may_call(run, definition))
        return [Fault("spec.workflow", why_circle(circle)) for circle in circles]

    def ask(self, run: ObjectView, identity: RunIdentity, definition: Definition) -> PoolClaim | str:
        """What a run that has not started holds from now on, or why it cannot start yet."""
        called = {} if run.parent else self._may_call(run, definition)
        own = () if run.parent else pool_claim(self._settings(run).pools or ())
        claim = most_of_each([own, *(workflow.pools for workflow in called.values())])
        if not claim:
            self.withdraw(run)
            return ()
        self._uids[run.key] = run.uid
        priority = run_priority(self._settings(run), run.spec_as(WorkflowRunSpec))
        granted = self._shared.grant_run(
            run_request(identity, claim, definition, priority=priority, created_at=run.created_at), run.created_at
        )
        if granted is not None:
            self._waiting.pop(run.key, None)
            return granted
        self._waiting[run.key] = frozenset(called)
        return self._shared.wait_reason(run.uid, WaitKey(claim), first=True)

    def withdraw(self, run: ObjectView) -> None:
        """The run does not wait for slots (any more)."""
        self._shared.retain_waiters(run.uid, {})
        self._waiting.pop(run.key, None)

    def _may_call(self, run: ObjectView, definition: Definition) -> dict[str, CalledWorkflow]:
        return callable_from(calls_of(definition), lambda name: self._called(run, name))

    def _called(self, run: ObjectView, name: str) -> CalledWorkflow | None:
        workflow = self._cache.workflows.get(Key(run.key.namespace, name))
        if workflow is None:
            return None
        if workflow.key not in self._callable:
            self._callable[workflow.key] = CalledWorkflow.of(workflow.spec, workflow.spec_as(WorkflowSettings))
        return self._callable[workflow.key]

    def _settings(self, run: ObjectView) -> WorkflowSettings:
        workflow = self._cache.workflows.get(workflow_of(run))
        return WorkflowSettings() if workflow is None else workflow.spec_as(WorkflowSettings)
