"""Does a failed attempt get another one, who pays for it, and when does it start?

The task pays for what its program did (Error, OutOfMemory, Timeout) from `retries.limit`, for the endings and exit
codes that it says are worth another try. The cluster pays for what it did itself (Infrastructure, Lost) from
`retries.infrastructure`, so a drained node never costs a user's retry. A preemption by Kueue costs nobody a retry; but
what may start only once has started.
"""

from dataclasses import dataclass, field
from typing import Any

from sluice.api.base import seconds
from sluice.api.task import BackoffSpec, Retries

_PAID_BY_TASK = ("Error", "OutOfMemory", "Timeout")


@dataclass(frozen=True, slots=True)
class Backoff:
    """The n-th retry waits initial * factor**(n-1) seconds, at most `max_s`, give or take the share `jitter` of it."""

    initial_s: float = 1.0
    factor: float = 2.0
    max_s: float = 300.0
    jitter: float = 0.0

    @classmethod
    def of(cls, spec: BackoffSpec) -> "Backoff":
        said: dict[str, float | None] = {
            "initial_s": None if spec.initial is None else seconds(spec.initial),
            "factor": spec.factor,
            "max_s": None if spec.max is None else seconds(spec.max),
            "jitter": spec.jitter,
        }
        return cls(**{name: value for name, value in said.items() if value is not None})

    def delay_s(self, before: int, chance: float) -> float:
        """After `before` retries. `chance` is between 0 and 1."""
        delay_s = min(self.initial_s * self.factor ** min(before, 64), self.max_s)
        return delay_s * (1 + self.jitter * (2 * chance - 1))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """A task's `retries`. `exit_codes` None means any."""

    limit: int = 0
    infrastructure: int = 5
    on: frozenset[str] = frozenset(_PAID_BY_TASK)
    exit_codes: frozenset[int] | None = None
    backoff: Backoff = field(default_factory=Backoff)

    @classmethod
    def of(cls, spec: Retries) -> "RetryPolicy":
        said: dict[str, Any] = {
            "limit": spec.limit,
            "infrastructure": spec.infrastructure,
            "on": None if spec.on is None else frozenset(spec.on),
            "exit_codes": None if spec.exit_codes is None else frozenset(spec.exit_codes),
            "backoff": None if spec.backoff is None else Backoff.of(spec.backoff),
        }
        return cls(**{name: value for name, value in said.items() if value is not None})
