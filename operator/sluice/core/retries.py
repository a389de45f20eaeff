"""Does a failed attempt get another one, who pays for it, and when does it start?

The task pays for what its program did (Error, OutOfMemory, Timeout) from `retries.limit`. The cluster pays for what
it did itself (Infrastructure, Lost) from `retries.infrastructure`, so a drained node never costs a user's retry.
"""

from dataclasses import dataclass, replace

from sluice.core.definition import TaskDefinition
from sluice.core.outcome import Ending

PAID_BY_CLUSTER = frozenset({Ending.INFRASTRUCTURE, Ending.LOST})

_BACKOFF_INITIAL_S = 1.0
_BACKOFF_FACTOR = 2.0
_BACKOFF_MAX_S = 300.0


@dataclass(frozen=True, slots=True)
class Used:
    """Retries used so far, by who paid."""

    limit: int = 0
    infrastructure: int = 0


@dataclass(frozen=True, slots=True)
class Retry:
    used: Used
    delay_s: float


def next_attempt(task: TaskDefinition, used: Used, ending: Ending) -> Retry | None:
    """The retry after an attempt that ended so, or None if the task has failed."""
    if ending is Ending.GAVE_UP:
        return None
    if ending in PAID_BY_CLUSTER:
        if used.infrastructure >= task.infrastructure_limit:
            return None
        return Retry(replace(used, infrastructure=used.infrastructure + 1), _backoff(used.infrastructure))
    if used.limit >= task.retry_limit:
        return None
    return Retry(replace(used, limit=used.limit + 1), _backoff(used.limit))


def _backoff(before: int) -> float:
    return min(_BACKOFF_INITIAL_S * _BACKOFF_FACTOR ** min(before, 16), _BACKOFF_MAX_S)
