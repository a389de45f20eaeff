"""Slots that a run holds from its start to its end: asks the shared limits for them, and tells them who holds some.

What a run was granted is in its status before its first pod is made. So the LIST of runs says what is in use.
"""

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.controller.kube.cache import Cache
from sluice.controller.kube.objects import Key, ObjectView
from sluice.core.base.ownership import RunRef
from sluice.core.quota.pool import RunClaim
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.run_pools import held_claim, requested_claim, run_request
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import PoolClaim, RunIdentity
from sluice.core.spec.run_limits import run_priority


class RunSlots:
    def __init__(self, cache: Cache, shared: SharedLimits) -> None:
        self._cache, self._shared = cache, shared
        self._uids: dict[Key, str] = {}
        """Of runs that hold slots, or ask for some."""

    def run_changed(self, key: Key) -> None:
        """A run changed or was deleted."""
        run = self._cache.runs.get(key)
        known = self._uids.get(key)
        if known is not None and (run is None or run.finished or run.uid != known):
            self._shared.run_ended(RunRef(*key, known))
            del self._uids[key]
        if run is not None and not run.finished and (claim := self.held_by(run)):
            self._uids[key] = run.uid
            self._shared.observe_run(RunClaim(run.ref, claim))

    def held_by(self, run: ObjectView) -> PoolClaim:
        return held_claim(run.status.get("pools", {}))

    def ask(self, run: ObjectView, identity: RunIdentity, definition: Definition) -> PoolClaim | str:
        """What a run that has not started holds from now on, or why it cannot start yet."""
        workflow = self._cache.workflows.get(Key(run.key.namespace, identity.workflow))
        settings = workflow.spec_as(WorkflowSettings) if workflow is not None else WorkflowSettings()
        claim = requested_claim(settings.pools or (), definition, self._held_above(run))
        if not claim:
            self._shared.retain_waiters(run.uid, {})
            return ()
        self._uids[run.key] = run.uid
        priority = run_priority(settings, run.spec_as(WorkflowRunSpec))
        granted = self._shared.grant_run(
            run_request(identity, claim, definition, priority=priority, created_at=run.created_at)
        )
        return granted if granted is not None else self._shared.wait_reason(run.uid, WaitKey(claim), first=True)

    def _held_above(self, run: ObjectView) -> set[str]:
        """The pools that its ancestors hold: the run that made it, the one that made that, and so on."""
        found: set[str] = set()
        above = self._cache.parent(run)
        while above is not None:
            found |= above.status.get("pools", {}).keys()
            above = self._cache.parent(above)
        return found
