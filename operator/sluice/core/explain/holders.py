"""Who holds slots of a Pool: since when, and for how long it may go on."""

from collections.abc import Sequence

from sluice.core import Instant
from sluice.core.base.times import instant, lasting
from sluice.core.explain import durations
from sluice.core.explain.attempts import attempts
from sluice.core.explain.seen import Holder, RunSeen


def holder_of_task(name: str, seen: RunSeen, task: str, item: int | None) -> Holder:
    """It holds its slots from the creation of its pod, and takes its time from the start of its program."""
    entry = seen.entries.get(task, {})
    began_at = instant(entry.get("startedAt")) if item is None else None
    since = began_at
    for pods in attempts(seen, task, item).values():
        if not pods[-1].terminal:
            since, began_at = pods[-1].created_at, pods[-1].container.started_at
    found = durations.took_by(seen, task)
    if found is None or not found.source:
        return Holder(name, since)
    so_far_s = 0.0 if began_at is None else seen.now - began_at
    takes = f"{durations.span_of(found)}, by {durations.source_of(found)}"
    return Holder(name, since, takes, found.typical_s - so_far_s)


def holder_of_run(name: str, seen: RunSeen) -> Holder:
    """A whole run holds its slots from its start to its end."""
    since, earlier_s = instant(seen.status.get("startedAt")), seen.whole_s or ()
    whole_s = durations.whole_run_s(earlier_s)
    if since is None or whole_s is None:
        return Holder(name, since)
    takes = f"{lasting(whole_s)}, by {durations.kept(len(earlier_s))}"
    return Holder(name, since, takes, whole_s - (seen.now - since))


def held_by(held: Sequence[Holder], now: Instant) -> str:
    """A line each: `report-2/export for 14m00s (it takes 18m00s, by 5 kept runs)`, as far as that is known."""
    return "\n".join(_line(holder, now) for holder in held)


def _line(holder: Holder, now: Instant) -> str:
    since = "" if holder.since is None else f" for {lasting(now - holder.since)}"
    return f"{holder.name}{since}{f' (it takes {holder.takes})' if holder.takes else ''}"


def frees(held: Sequence[Holder]) -> str:
    """When the first of them may be done."""
    left = [(holder.left_s, holder.name) for holder in held if holder.left_s is not None]
    if not left:
        return "unknown when: a slot is free as soon as a holder ends"
    left_s, name = min(left)
    if left_s <= 0:
        return f"unknown when: {name} takes longer than before already"
    return f"in about {lasting(left_s)}, if {name} takes as long as before"
