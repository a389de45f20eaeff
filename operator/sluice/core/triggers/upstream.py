"""`after`: is a Workflow due that runs after other Workflows, its upstreams, have succeeded?

A success is a run of an upstream with the phase Succeeded, whoever made it, except child runs: they are part of their
parent. As soon as every upstream has a success that has not counted yet, the Workflow runs once, and all successes that
exist by then have counted. So several successes of one upstream, while another is waited for or the operator is down,
make one run.

Each success counts once, whatever restarts: before the run is made, the status records what has counted and the name of
the run to be made for it.

Successes from before the Workflow was created, or before the upstream was added to its `after`, do not count. So
nothing runs at first sight, or because the list was changed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sluice.api.after import MAX_CONSUMED, AfterMarkStatus
from sluice.core import Instant, Json
from sluice.core.base.naming import digest
from sluice.core.base.times import instant, rfc3339
from sluice.core.triggers.schedule import CLOCK_WAS_WRONG_S

_CAUSE_CHARACTERS = 6
_CIRCLE_AMONG = 200


class UpstreamSuccess(NamedTuple):
    """A run of an upstream Workflow that succeeded."""

    finished_at: Instant
    uid: str


@dataclass(frozen=True, slots=True)
class UpstreamMark:
    """Which successes of an upstream Workflow have counted: all before `since`, and later ones by UID."""

    workflow: str
    since: Instant
    consumed_runs: tuple[str, ...] = ()

    @classmethod
    def of(cls, mark: AfterMarkStatus) -> "UpstreamMark":
        return cls(mark.workflow, instant(mark.since) or 0.0, tuple(mark.consumed_runs or ()))

    def written(self) -> Json:
        consumed = {"consumedRuns": list(self.consumed_runs)} if self.consumed_runs else {}
        return {"workflow": self.workflow, "since": rfc3339(self.since), **consumed}

    def fresh(self, successes: Iterable[UpstreamSuccess]) -> list[UpstreamSuccess]:
        """Those that have not counted yet."""
        return [one for one in successes if one.finished_at >= self.since and one.uid not in self.consumed_runs]

    def with_all(self, successes: Iterable[UpstreamSuccess]) -> "UpstreamMark":
        """The mark once all of them have counted. It names the newest MAX_CONSUMED; `since` moves past the others."""
        counted = sorted(one for one in successes if one.finished_at >= self.since)
        forgotten = counted[:-MAX_CONSUMED]
        since = forgotten[-1].finished_at + 1 if forgotten else self.since
        return replace(self, since=since, consumed_runs=tuple(one.uid for one in counted if one.finished_at >= since))


def upstream_marks(
    names: Sequence[str], before: Iterable[AfterMarkStatus], begin: Instant, now: Instant
) -> tuple[UpstreamMark, ...]:
    """A mark for each upstream Workflow in `names`. `before` are those in the status; for a Workflow without one,
    successes count from `begin` on, or from `now` if that is sooner: who wrote it may have another clock. A mark far in
    the future is of a clock that was wrong.
    """
    known = {mark.workflow: mark for mark in map(UpstreamMark.of, before)}
    marks = (known.get(name) or UpstreamMark(name, min(begin, now)) for name in names)
    return tuple(mark if mark.since < now + CLOCK_WAS_WRONG_S else replace(mark, since=now) for mark in marks)


@dataclass(frozen=True, slots=True)
class UpstreamDecision:
    """`cause` identifies the successes that the due run is for, empty if no run is due. `waits_for` are the upstream
    Workflows without a new success.
    """

    marks: tuple[UpstreamMark, ...]
    cause: str = ""
    waits_for: tuple[str, ...] = ()


def due_after(known: tuple[UpstreamMark, ...], successes: Mapping[str, Sequence[UpstreamSuccess]]) -> UpstreamDecision:
    """A run is due if each upstream Workflow has a fresh success. `successes` has all that are there, by Workflow."""
    fresh = {mark.workflow: mark.fresh(successes[mark.workflow]) for mark in known}
    if waits_for := tuple(name for name, found in fresh.items() if not found):
        return UpstreamDecision(known, waits_for=waits_for)
    uids = sorted(one.uid for found in fresh.values() for one in found)
    counted = tuple(mark.with_all(successes[mark.workflow]) for mark in known)
    return UpstreamDecision(counted, cause=digest("/".join(uids), _CAUSE_CHARACTERS))


def circle(name: str, after: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """A shortest cycle of `after` through a Workflow, the Workflow at both ends. Empty if none is found: of thousands
    that follow each other not all are looked at.
    """
    came_from: dict[str, str] = {}
    reached = [name]
    for each in reached:  # it grows on the way
        if len(reached) > _CIRCLE_AMONG:
            break
        for other in after(each):
            if other == name:
                return _way(came_from, name, each)
            if other not in came_from:
                came_from[other] = each
                reached.append(other)
    return ()


def _way(came_from: Mapping[str, str], begin: str, last: str) -> tuple[str, ...]:
    """From the beginning to the last, and back to the beginning."""
    back = [begin]
    while last != begin:
        back.append(last)
        last = came_from[last]
    return (begin, *reversed(back))
