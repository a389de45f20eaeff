"""After other Workflows: is a Workflow due that runs after others have succeeded?

A success is a run of the other Workflow that has Succeeded, whoever made it; only runs that a task of a run made are
part of that run, and do not count. As soon as each of the others has a success that has not counted yet, the Workflow
runs once, and all successes that are there by then have counted: those of one that came while another was waited for,
and those that nobody was there to see, make one run.

Each success counts once whatever restarts: what has counted stands in the status, together with the name of the run
that is to be made for it, before that run is made.

Nothing of the past counts: no success from before the Workflow was created, or from before it was told to come after
the other. So nothing runs at first sight, or because the list was changed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sluice.api.after import MAX_COUNTED, AfterMarkStatus
from sluice.core import Instant, Json
from sluice.core.base.naming import digest
from sluice.core.base.times import instant, rfc3339

_CAUSE_CHARACTERS = 6


@dataclass(frozen=True, slots=True, order=True)
class UpstreamSuccess:
    """A run of another Workflow that has succeeded."""

    finished_at: Instant
    uid: str


@dataclass(frozen=True, slots=True)
class UpstreamMark:
    """Of another Workflow: no success before `since` counts, and of the later ones those have, by UID."""

    workflow: str
    since: Instant
    counted: tuple[str, ...] = ()

    @classmethod
    def of(cls, mark: AfterMarkStatus) -> "UpstreamMark":
        return cls(mark.workflow, instant(mark.since) or 0.0, tuple(mark.counted or ()))

    def written(self) -> Json:
        counted = {"counted": list(self.counted)} if self.counted else {}
        return {"workflow": self.workflow, "since": rfc3339(self.since), **counted}

    def fresh(self, successes: Iterable[UpstreamSuccess]) -> list[UpstreamSuccess]:
        return [one for one in successes if one.finished_at >= self.since and one.uid not in self.counted]

    def with_all(self, successes: Iterable[UpstreamSuccess]) -> "UpstreamMark":
        """All of them have counted. The newest are remembered; `since` keeps the others from counting again."""
        counted = sorted(one for one in successes if one.finished_at >= self.since)
        forgotten = counted[:-MAX_COUNTED]
        since = forgotten[-1].finished_at + 1 if forgotten else self.since
        return replace(self, since=since, counted=tuple(one.uid for one in counted if one.finished_at >= since))


def upstream_marks(names: Sequence[str], before: Iterable[AfterMarkStatus], begin: Instant) -> tuple[UpstreamMark, ...]:
    """For each of the others, in order. `before` are those in the status; of one that is new there only successes from
    `begin` on count.
    """
    known = {mark.workflow: mark for mark in map(UpstreamMark.of, before)}
    return tuple(known.get(name) or UpstreamMark(name, begin) for name in names)


@dataclass(frozen=True, slots=True)
class UpstreamDecision:
    """`cause` names what the run is for that is due; empty if none is. `waits_for` are those without a new success."""

    marks: tuple[UpstreamMark, ...]
    cause: str = ""
    waits_for: tuple[str, ...] = ()


def due_after(known: tuple[UpstreamMark, ...], successes: Mapping[str, Sequence[UpstreamSuccess]]) -> UpstreamDecision:
    fresh = {mark.workflow: mark.fresh(successes[mark.workflow]) for mark in known}
    if waits_for := tuple(name for name, found in fresh.items() if not found):
        return UpstreamDecision(known, waits_for=waits_for)
    uids = sorted(one.uid for found in fresh.values() for one in found)
    counted = tuple(mark.with_all(successes[mark.workflow]) for mark in known)
    return UpstreamDecision(counted, cause=digest("/".join(uids), _CAUSE_CHARACTERS))


def circle(name: str, after: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """A way from a Workflow back to itself, along what each comes after; empty if there is none."""
    ways: list[tuple[str, ...]] = [(name,)]
    seen: set[str] = set()
    for way in ways:  # it grows on the way
        for other in after(way[-1]):
            if other == name:
                return (*way, name)
            if other not in seen:
                seen.add(other)
                ways.append((*way, other))
    return ()
