"""Does a failed attempt get another one, who pays for it, and when does it start?

The task pays for what its program did (Error, OutOfMemory, Timeout) from `retries.limit`, for the endings and exit
codes that it says are worth another try. The cluster pays for what it did itself (Infrastructure, Lost) from
`retries.infrastructure`, so a drained node never costs a user's retry. A preemption by Kueue costs nobody a retry; but
what may start only once has started.
"""

from dataclasses import dataclass, field

from sluice.api.base import seconds
from sluice.core import Json

_PAID_BY_TASK = ("Error", "OutOfMemory", "Timeout")


@dataclass(frozen=True, slots=True)
class Backoff:
    """The n-th retry waits initial * factor**(n-1) seconds, at most `max_s`, give or take the share `jitter` of it."""

    initial_s: float = 1.0
    factor: float = 2.0
    max_s: float = 300.0
    jitter: float = 0.0

    @classmethod
    def of(cls, backoff: Json) -> "Backoff":
        given: Json = {
            "initial_s": seconds(backoff["initial"]) if "initial" in backoff else None,
            "factor": backoff.get("factor"),
            "max_s": seconds(backoff["max"]) if "max" in backoff else None,
            "jitter": backoff.get("jitter"),
        }
        return cls(**{name: value for name, value in given.items() if value is not None})

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
    def of(cls, retries: Json) -> "RetryPolicy":
        codes = retries.get("exitCodes")
        given: Json = {
            "limit": retries.get("limit"),
            "infrastructure": retries.get("infrastructure"),
            "on": frozenset(retries["on"]) if "on" in retries else None,
            "exit_codes": frozenset(codes) if codes is not None else None,
            "backoff": Backoff.of(retries.get("backoff", {})),
        }
        return cls(**{name: value for name, value in given.items() if value is not None})
