"""Approvals: a task that waits for a person's decision. It has no pod, takes no slot and uses no retry.

A decision may be given before the task asks for it, and takes effect when it does. A decision that is there beats the
timeout, however late it is read: nobody can tell when it was given. A suspended run reads none until it is resumed.
"""

from dataclasses import dataclass

from sluice.api.base import seconds
from sluice.api.run import ApprovalDecision
from sluice.api.task import ApprovalSpec, ApprovalVerdict
from sluice.core import Instant
from sluice.core.base.times import rfc3339, span
from sluice.core.spec.ending import Ending, Outcome


@dataclass(frozen=True, slots=True)
class Approval:
    """A task's `approval`. Without `timeout_s` it waits for ever; without `default` it fails when the time is up."""

    message: str = ""
    timeout_s: int | None = None
    default: ApprovalVerdict | None = None

    @classmethod
    def of(cls, spec: ApprovalSpec) -> "Approval":
        return cls(
            message=spec.message or "",
            timeout_s=None if spec.timeout is None else seconds(spec.timeout),
            default=spec.default,
        )

    def due_at(self, on_hold_since: Instant) -> Instant | None:
        """When the time is up; None for never."""
        return None if self.timeout_s is None else on_hold_since + self.timeout_s


def resolve(approval: Approval, given: ApprovalDecision | None, on_hold_since: Instant, now: Instant) -> Outcome | None:
    """How the task ended, or None while it waits. `given` is its entry in the run's `spec.approvals`."""
    if given is not None:
        by = f" by {given.by}" if given.by else ""
        comment = f": {given.comment}" if given.comment else ""
        return _decided(given.decision, by + comment, now)
    if approval.timeout_s is None or now < on_hold_since + approval.timeout_s:
        return None
    late = f"nobody decided within {span(approval.timeout_s)}"
    if approval.default is None:
        return Outcome(Ending.TIMEOUT, late, now)
    return _decided(approval.default, f" by default: {late}", now)


def _decided(verdict: ApprovalVerdict, words: str, now: Instant) -> Outcome:
    if verdict == "Approve":
        return Outcome(Ending.SUCCESS, f"approved{words}", now)
    return Outcome(Ending.REJECTED, f"rejected{words}", now)


def prompt(task: str, approval: Approval, on_hold_since: Instant | None) -> str:
    """One line for the task's status that tells a person what to do."""
    due_at = None if on_hold_since is None else approval.due_at(on_hold_since)
    after = "" if due_at is None else f"; {_AT_LAST[approval.default]} at {rfc3339(due_at)}"
    return f"set spec.approvals.{task}.decision to Approve or Reject, and .by to your user name{after}"


_AT_LAST = {"Approve": "approved", "Reject": "rejected", None: "fails"}
