"""A task's `retries`: how many, for what, and the wait before each. `run/retries` says who pays for which."""

from dataclasses import dataclass, field
from typing import Any

from sluice.api.base import seconds
from sluice.api.task import BackoffSpec, Retries

_PAID_BY_TASK = ("Error", "OutOfMemory", "Timeout")


@dataclass(frozen=True, slots=True)
class Backoff:
    """The n-th retry waits initial_s * factor**(n-1) seconds, at most `max_s`, give or take the fraction `jitter`."""

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
        """The wait after `before` retries. `chance`, from 0 to 1, places it within the jitter."""
        delay_s = min(self.initial_s * self.factor ** min(before, 64), self.max_s)
        return delay_s * (1 + self.jitter * (2 * chance - 1))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """A task's `retries`. `endings` are those that are retried, `exit_codes` the exit codes, None for any."""

    limit: int = 0
    infrastructure: int = 5
    endings: frozenset[str] = frozenset(_PAID_BY_TASK)
    exit_codes: frozenset[int] | None = None
    backoff: Backoff = field(default_factory=Backoff)
    at_most_once: bool = False
    """Nothing is tried again, and each attempt is recorded before its pod is created."""

    @classmethod
    def of(cls, spec: Retries) -> "RetryPolicy":
        if spec.execution == "AtMostOnce":
            return cls(limit=0, infrastructure=0, at_most_once=True)
        said: dict[str, Any] = {
            "limit": spec.limit if isinstance(spec.limit, int) else None,
            "infrastructure": spec.infrastructure,
            "endings": None if spec.endings is None else frozenset(spec.endings),
            "exit_codes": None if spec.exit_codes is None else frozenset(spec.exit_codes),
            "backoff": None if spec.backoff is None else Backoff.of(spec.backoff),
        }
        return cls(**{name: value for name, value in said.items() if value is not None})
