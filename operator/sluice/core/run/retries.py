"""Does a failed attempt get another one, who pays for it, and when does it start?

The task pays for what its program did (Error, OutOfMemory, Timeout) from `retries.limit`, for the endings and exit
codes that it names. The cluster pays for what it did itself (Infrastructure, Lost) from `retries.infrastructure`, so a
drained node never costs a user's retry. A preemption by Kueue costs nobody a retry. With `execution: AtMostOnce`
nothing is tried again.
"""

from dataclasses import dataclass, replace

from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.retry_policy import RetryPolicy

PAID_BY_CLUSTER = frozenset({Ending.INFRASTRUCTURE, Ending.LOST, Ending.PREEMPTED})


@dataclass(frozen=True, slots=True)
class RetriesUsed:
    """Retries used so far, by who paid. `out_of_memory` are those of `limit` that followed an OutOfMemory."""

    limit: int = 0
    infrastructure: int = 0
    out_of_memory: int = 0


@dataclass(frozen=True, slots=True)
class Retry:
    used: RetriesUsed
    delay_s: float


def reset_retries(used: RetriesUsed) -> RetriesUsed:
    """Nothing is paid for yet. What the program needs is not forgotten."""
    return RetriesUsed(out_of_memory=used.out_of_memory)


def next_attempt(policy: RetryPolicy, used: RetriesUsed, ended: Outcome, chance: float = 0.5) -> Retry | None:
    """The retry after an attempt that ended so, or None if the task has failed. `chance` spreads the backoff."""
    if policy.at_most_once:
        return None
    if ended.ending is Ending.PREEMPTED:
        return Retry(used, policy.backoff.delay_s(0, chance))
    if ended.ending in PAID_BY_CLUSTER:
        if used.infrastructure >= policy.infrastructure:
            return None
        paid = replace(used, infrastructure=used.infrastructure + 1)
        return Retry(paid, policy.backoff.delay_s(used.infrastructure, chance))
    if used.limit >= policy.limit or why_not(policy, ended):
        return None
    paid = replace(
        used, limit=used.limit + 1, out_of_memory=used.out_of_memory + (ended.ending is Ending.OUT_OF_MEMORY)
    )
    return Retry(paid, policy.backoff.delay_s(used.limit, chance))


def why_not(policy: RetryPolicy, ended: Outcome) -> str:
    """Why the task does not pay for another attempt after one that ended so. Empty if it does, as far as it can."""
    if ended.ending not in policy.endings:  # giving up is in none
        return f"{ended.ending} is not among retries.endings"
    if policy.exit_codes is None or ended.ending is not Ending.ERROR or ended.exit_code in policy.exit_codes:
        return ""
    if ended.exit_code is None:
        return "it has no exit code, and retries.exitCodes names those that are retried"
    return f"exit code {ended.exit_code} is not among retries.exitCodes"
