"""Who a run is, and the pool slots that a task or a run asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sluice.api.task import PoolRequest
from sluice.core.spec.scheduled_time import NOT_SCHEDULED, ScheduledTime

PoolClaim = tuple[tuple[str, int], ...]
"""Slots that a task or a run asks for: (pool, slots), ordered by the pools' names. Empty for most."""


def pool_claim(requests: Iterable[PoolRequest]) -> PoolClaim:
    return tuple(sorted((request.name, request.slots or 1) for request in requests))


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What the pods of a run need to know of it. `parameters` are the run's values, defaults filled in; `claims` the
    PersistentVolumeClaims it has, by the name of their template.
    """

    name: str
    namespace: str
    uid: str
    workflow: str
    parameters: Mapping[str, str]
    claims: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0
    """How many runs stand above it."""
    scheduled: ScheduledTime = NOT_SCHEDULED
    pools: PoolClaim = ()
    """The slots that it holds from its start to its end."""

    @property
    def fields(self) -> dict[str, str]:
        """What placeholders and conditions know of the run itself, by the words after `run.`."""
        return {"name": self.name} | self.scheduled.values

    @property
    def values(self) -> dict[str, str]:
        """What its placeholders stand for."""
        return {f"params.{name}": value for name, value in self.parameters.items()} | {
            f"run.{name}": value for name, value in self.fields.items()
        }
