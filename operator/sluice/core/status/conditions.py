"""Conditions, with kstatus in mind: `Reconciling` while something is under way, `Stalled` when only a person can help.

https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sluice.api.run import has_ended
from sluice.core import Instant, Json
from sluice.core.base.times import rfc3339

MESSAGE_MAX = 32768


@dataclass(frozen=True, slots=True)
class Condition:
    type: str
    status: bool
    reason: str
    message: str = ""


def merge_conditions(before: Iterable[Json], after: Iterable[Condition], generation: int, now: Instant) -> list[Json]:
    """As they are written. A condition keeps the time of its last change of status."""
    old = {condition["type"]: condition for condition in before}
    written = []
    for condition in after:
        status = "True" if condition.status else "False"
        was = old.get(condition.type, {})
        changed_at = was["lastTransitionTime"] if was.get("status") == status else rfc3339(now)
        written.append(
            {
                "type": condition.type,
                "status": status,
                "reason": condition.reason,
                "message": condition.message[:MESSAGE_MAX],
                "observedGeneration": generation,
                "lastTransitionTime": changed_at,
            }
        )
    return written


def with_conditions(before: list[Json], facts: list[Condition], generation: int, now: Instant) -> list[Json]:
    """`before`, with these in place of those of their types."""
    types = {fact.type for fact in facts}
    others = [each for each in before if each.get("type") not in types]
    return others + merge_conditions(before, facts, generation, now)


def run_conditions(phase: str, message: str, reason: str = "") -> list[Condition]:
    """The conditions of a run, and of the Workflow whose newest run it is. Their reason is the phase, unless it is
    given.
    """
    succeeded = phase == "Succeeded"
    return [
        Condition("Complete", succeeded, reason or phase, message),
        Condition("Failed", has_ended(phase) and not succeeded, reason or phase, message),
        Condition("Finished", has_ended(phase), reason or phase, message),
    ]
