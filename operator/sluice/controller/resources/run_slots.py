"""Tells the shared limits which runs hold slots from their start to their end, and asks for those of a run.

What a run was granted is in its status before any pod of it is made. So the LIST of runs says what is in use.
"""

from sluice.controller.kube.cache import Cache
from sluice.controller.kube.objects import Key, ObjectView
from sluice.core.quota.pool import RunClaim
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.run_pools import held_claim, requested_claim, run_request
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import PoolClaim, RunIdentity


class RunSlots:
    def __init__(self, store: Cache, shared: SharedLimits) -> None:
        self._store, self._shared = store, shared
        self._uids: dict[Key, str] = {}
        """Of runs that hold slots, or ask for some."""

    def run_changed(self, key: Key) -> None:
        """A run is another now, or gone."""
        run = self._store.runs.get(key)
        known = self._uids.get(key)
        if known is not None and (run is None or run.finished or run.uid != known):
            self._shared.run_ended(known)
            del self._uids[key]
        if run is not None and not run.finished and (claim := self.held_by(run)):
            self._uids[key] = run.uid
            self._shared.observe_run(RunClaim(key.namespace, key.name, run.uid, claim))

    def held_by(self, run: ObjectView) -> PoolClaim:
        return held_claim(run.status)

    def ask(self, run: ObjectView, identity: RunIdentity, definition: Definition) -> PoolClaim | str:
        """What a run that has not started holds from now on, or why it cannot start yet."""
        workflow = self._store.workflows.get(Key(run.key.namespace, identity.workflow))
        spec = workflow.spec if workflow is not None else {}
        claim = requested_claim(spec, definition, self._held_above(run))
        if not claim:
            self._shared.retain_waiters(run.uid, {})
            return ()
        self._uids[run.key] = run.uid
        priority = run.spec.get("priority", spec.get("priority")) or 0
        granted = self._shared.grant_run(
            run_request(identity, claim, definition, priority=priority, created_at=run.created_at)
        )
        return granted if granted is not None else self._shared.wait_reason(run.uid, WaitKey(claim), first=True)

    def _held_above(self, run: ObjectView) -> set[str]:
        """The pools of the runs that made it, perhaps through others."""
        found: set[str] = set()
        above = self._store.runs.get(Key(run.key.namespace, run.parent))
        while above is not None:
            found |= above.status.get("pools", {}).keys()
            above = self._store.runs.get(Key(run.key.namespace, above.parent))
        return found
