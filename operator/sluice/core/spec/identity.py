"""A run's identity, and the pool slots that a task or a run requests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.api.pool import MAX_SLOTS
from sluice.api.task import PoolRequest
from sluice.core import Instant
from sluice.core.base import foreign
from sluice.core.base.ownership import RunRef
from sluice.core.base.times import rfc3339
from sluice.core.spec.parameter import texts
from sluice.core.spec.scheduled_time import NOT_SCHEDULED, ScheduledTime

PoolClaim = tuple[tuple[str, int], ...]
"""Slots that a task or a run requests: (pool, slots), ordered by pool. Usually empty."""


def pool_claim(requests: Iterable[PoolRequest]) -> PoolClaim:
    return tuple(sorted((request.name, request.slots or 1) for request in requests))


def known_claim(found: Any) -> PoolClaim:
    """A claim as it was written down: slots by pool. Empty if it is none; what cannot be asked for is left out."""
    slots = foreign.mapping(found).items()
    return tuple(sorted((name, count) for name, count in slots if type(count) is int and 0 < count <= MAX_SLOTS))


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What the pods of a run need to know about it. `parameters` are its typed values, defaults included; `claims` maps
    each volumeClaimTemplate to the run's PersistentVolumeClaim.
    """

    name: str
    namespace: str
    uid: str
    workflow: str
    parameters: Mapping[str, Any]
    claims: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0
    """The number of its ancestors: 0 for a run that no other run made."""
    scheduled: ScheduledTime = NOT_SCHEDULED
    started_at: Instant = 0.0
    """As its status says, or when it was restored for the first time."""
    pools: PoolClaim = ()
    """The slots that the run itself holds from start to end."""
    tree: PoolClaim = ()
    """What each of its pods holds for the `parallelism` of the run and of those above it: see `quota.run_tree`. Empty
    if there are none above or beneath it."""

    @property
    def ref(self) -> RunRef:
        return RunRef(self.namespace, self.name, self.uid)

    @property
    def fields(self) -> dict[str, str]:
        """What `run.` gives in placeholders and conditions, by the word after it."""
        return {"name": self.name, "startedAt": rfc3339(self.started_at)} | self.scheduled.values

    @property
    def values(self) -> dict[str, str]:
        """The values of $(params.…) and $(run.…), by the words in the brackets."""
        return {f"params.{name}": value for name, value in texts(self.parameters).items()} | {
            f"run.{name}": value for name, value in self.fields.items()
        }
