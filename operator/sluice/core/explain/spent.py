"""What the time of one task went to, from its run's start to its end, or until now.

The status adds the times of all tasks up. Those of one are read off its pods, as long as these are there: when each was
made, found a node, had all that it mounts, and when its program ran. What held the task up before its first pod, a Pool
or another limit, is known only if nothing else held its run up, or while it still does. Without pods there are the
times of the last attempt.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.times import instant, lasting
from sluice.core.explain.advice import first_word
from sluice.core.explain.attempts import attempts
from sluice.core.explain.seen import RunSeen
from sluice.core.pod.view import PodView

_LEAST_S = 1.0  # times of pods are whole seconds
_WITHOUT_PODS = ("approval", "wait", "join")
_STARTS_EARLY = ("OneSucceeded", "OneFailed", "OneDone")
_NOT_HELD_UP = frozenset(
    {"running", "starting", "scheduling", "unschedulable", "operator", "approval", "wait", "backoff", "polling"}
)
"""The kinds of `status.time` that are none of a task that is ready and may not start."""


class TimePart(NamedTuple):
    kind: str
    since: Instant
    until: Instant


@dataclass(slots=True)
class _Spent:
    """`now` ends what goes on; None if nothing does."""

    now: Instant | None
    parts: list[TimePart] = field(default_factory=list)

    def add(self, kind: str, since: Instant | None, until: Instant | None) -> None:
        """Without an end it goes on."""
        end = self.now if until is None else until
        if since is not None and end is not None and end > since:
            self.parts.append(TimePart(kind, since, end))


def where_time_went(seen: RunSeen, task: str, item: int | None = None) -> str:
    """`dependencies 5m58s, pool/warehouse 3m40s, no node 2s, image 4s, running 41s`; empty if nothing is known."""
    definition = seen.definitions.get(task, {})
    if not definition or any(kind in definition for kind in _WITHOUT_PODS):
        return ""
    pods = attempts(seen, task, item)
    return _words(parts_of(seen, task, pods, item)) + (f" ({len(pods)} items together)" if len(pods) > 1 else "")


def _words(parts: Iterable[TimePart]) -> str:
    spent_s: defaultdict[str, float] = defaultdict(float)
    for part in parts:
        spent_s[part.kind] += part.until - part.since
    return ", ".join(f"{kind} {lasting(took_s)}" for kind, took_s in spent_s.items() if took_s >= _LEAST_S)


def parts_of(
    seen: RunSeen, task: str, pods: Mapping[int | None, Sequence[PodView]], item: int | None = None
) -> list[TimePart]:
    """What the time went to, in order; of several items one after the other. `pods` are the attempts by item."""
    definition, entry = seen.definitions.get(task, {}), seen.entries.get(task, {"phase": "Pending"})
    spent = _Spent(seen.now if entry["phase"] in ("Pending", "Running") else None)
    started_at, ready_at = instant(seen.status.get("startedAt")), _ready_at(seen, task) if definition else None
    begun_at, ended_at = (instant(entry.get(name)) for name in ("startedAt", "finishedAt"))
    if ready_at is None and first_word(foreign.string(entry.get("reason"))) == "WaitingFor":
        spent.add("dependencies", started_at, None)
        return spent.parts
    spent.add("dependencies", started_at, ready_at or started_at)
    if kind := next((kind for kind in _WITHOUT_PODS if kind in definition), ""):
        spent.add(kind, begun_at or ready_at or started_at, ended_at)
        return spent.parts
    held_up_by = "before its start" if ready_at is None else _held_up_by(seen, entry, waits=not pods)
    for of_item in pods.values():
        _add_pods(spent, held_up_by, ready_at or started_at, of_item)
    if None in pods and entry["phase"] == "Pending":  # after a pod that has ended
        spent.add("between attempts", pods[None][-1].container.finished_at, None)
    if not pods and item is None:
        spent.add(held_up_by, ready_at or started_at, begun_at)
        spent.add("its last attempt", begun_at, ended_at)
    return spent.parts


def _ready_at(seen: RunSeen, task: str) -> Instant | None:
    """When the last of those ended that it depends on; None if they have not, or the status does not say when."""
    definition, waits_for = seen.definitions[task], seen.depends_on[task]
    if definition.get("finally") is True:
        waits_for = (*waits_for, *(name for name, each in seen.definitions.items() if each.get("finally") is not True))
    item_by_item = "sameAs" in foreign.mapping(definition.get("forEach"))
    if item_by_item or (waits_for and definition.get("runIf") in _STARTS_EARLY):
        return None
    times = [seen.status.get("startedAt"), *(seen.entries.get(name, {}).get("finishedAt") for name in waits_for)]
    known = [at for at in map(instant, times) if at is not None]
    return max(known) if len(known) == len(times) else None


def _held_up_by(seen: RunSeen, entry: Json, *, waits: bool) -> str:
    """What held it up when it was ready; `limits` if that may have been one or another. `waits`: if it goes on."""
    kinds = [kind for kind in foreign.mapping(seen.status.get("time")) if kind not in _NOT_HELD_UP]
    if len(kinds) == 1:
        return kinds[0]
    now = first_word(foreign.string(entry.get("reason"))) if waits and entry["phase"] == "Pending" else ""
    return f"limits (now {now})" if now else "limits"


def _add_pods(spent: _Spent, held_up_by: str, before: Instant | None, pods: Sequence[PodView]) -> None:
    """`pods` are the attempts of one task or item, `before` is since when it could have begun."""
    for pod in pods:
        kind = "between attempts" if pod is not pods[0] else held_up_by if pod.attempt == 1 else "earlier attempts"
        began_at, ended_at = pod.container.started_at, pod.container.finished_at
        spent.add(kind, before, pod.created_at)
        spent.add("no node", pod.created_at, pod.scheduled_at or began_at)
        if pod.scheduled_at is not None:
            mounted_at = pod.pullable_at or pod.scheduled_at
            spent.add("mounts", pod.scheduled_at, mounted_at)
            spent.add("image", mounted_at, began_at)
        spent.add("running", began_at, ended_at)
        before = ended_at
