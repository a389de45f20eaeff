"""Which ended runs of a Workflow are deleted, and when.

Of the runs that the Workflow made itself, the newest stay: by default three that succeeded and three that did not. One
that was turned away before it had started takes nobody's place and does not stay. Runs that somebody else created stay
for `ttl`, by default a week. No run is deleted within an hour of its end. Child runs are deleted with their parent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sluice.api.base import seconds
from sluice.api.workflow import HistorySpec, WorkflowSettings
from sluice.core import Instant

_AT_LEAST_S = 3600
_TTL_S = 7 * 86400
_KEPT = 3


class EndedRun(NamedTuple):
    """A run that has ended. `own`: the Workflow made it itself. `turned_away`: it never started, and is no failure."""

    finished_at: Instant
    name: str
    own: bool
    succeeded: bool
    turned_away: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """How many of its own ended runs a Workflow keeps, and for how long those of others."""

    succeeded: int = _KEPT
    failed: int = _KEPT
    ttl_s: int = _TTL_S

    @classmethod
    def of(cls, workflow: WorkflowSettings) -> "History":
        kept = workflow.history or HistorySpec()
        return cls(
            succeeded=_KEPT if kept.succeeded is None else kept.succeeded,
            failed=_KEPT if kept.failed is None else kept.failed,
            ttl_s=_TTL_S if workflow.ttl is None else seconds(workflow.ttl),
        )


class Expiry(NamedTuple):
    """Run `name` can be deleted from `at` on."""

    at: Instant
    name: str


def next_expired(history: History, runs: Iterable[EndedRun]) -> Expiry | None:
    """The run to delete first; None if all stay."""
    kept = {True: history.succeeded, False: history.failed}
    found = []
    for run in sorted(runs, reverse=True):  # the newest first
        if run.own and not run.turned_away and kept[run.succeeded] > 0:
            kept[run.succeeded] -= 1
        else:
            stays_s = _AT_LEAST_S if run.own else max(_AT_LEAST_S, history.ttl_s)
            found.append(Expiry(run.finished_at + stays_s, run.name))
    return min(found, default=None)
