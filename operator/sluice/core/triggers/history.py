"""Which ended runs of a Workflow are deleted, and when.

Of the runs that the Workflow made itself, the newest stay: by default three that succeeded and three that did not. One
that was turned away before it had started takes nobody's place and does not stay. Runs that somebody else created stay
for `ttl`, by default a week. No run is deleted within an hour of its end, nor the newest success while a Workflow that
follows (`after`) has not run for it. Child runs are deleted with their parent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sluice.api.base import seconds
from sluice.api.workflow import HistorySpec, WorkflowSettings
from sluice.core import Instant

_AT_LEAST_S = 3600
_TTL_S = 7 * 86400
_KEPT = 3


class EndedRun(NamedTuple):
    finished_at: Instant
    name: str


class EndedRuns(NamedTuple):
    """The runs of a Workflow that have ended, child runs apart: those that it made itself, by how they ended, and those
    of others. Each is in order, the oldest first.
    """

    succeeded: Sequence[EndedRun] = ()
    failed: Sequence[EndedRun] = ()
    turned_away: Sequence[EndedRun] = ()
    """They never started, and are no failures."""
    others: Sequence[EndedRun] = ()

    def without(self, newest_success: str) -> "EndedRuns":
        return self._replace(
            succeeded=[run for run in self.succeeded if run.name != newest_success],
            others=[run for run in self.others if run.name != newest_success],
        )


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


def next_expired(history: History, runs: EndedRuns) -> Expiry | None:
    """The run to delete first; None if all stay. It costs the same however many there are."""
    found = []
    for ended, kept, stays_s in (
        (runs.succeeded, history.succeeded, _AT_LEAST_S),
        (runs.failed, history.failed, _AT_LEAST_S),
        (runs.turned_away, 0, _AT_LEAST_S),
        (runs.others, 0, max(_AT_LEAST_S, history.ttl_s)),
    ):
        if len(ended) > kept:
            found.append(Expiry(ended[0].finished_at + stays_s, ended[0].name))
    return min(found, default=None)
