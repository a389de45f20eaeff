"""The entry of a fan-out in `status.tasks`: thousands of items in a few words, and all that a restart needs of them.

Items are listed by phase, as intervals (`succeeded: 0-4711,4713`), so the entry grows with the number of gaps and not
with the number of items. Of an item that has ended, only the phase is kept.
"""

from collections import defaultdict
from collections.abc import Iterator
from heapq import nlargest
from itertools import islice

from sluice.api.for_each import MAX_ITEMS
from sluice.api.run import TaskPhase
from sluice.core import Json
from sluice.core.base.intervals import intervals, members
from sluice.core.base.naming import label_number
from sluice.core.base.times import instant, rfc3339
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep
from sluice.core.status.progress import progress_text

_KEYS: dict[TaskPhase, str] = {
    "Succeeded": "succeeded",
    "Failed": "failed",
    "UpstreamFailed": "upstreamFailed",
    "Skipped": "skipped",
    "Stopped": "stopped",
    "Running": "running",
}
_GOING = (
    "attempts",
    "limitRetries",
    "infrastructureRetries",
    "outOfMemory",
    "retryAt",
    "avoidNode",
    "firstStartedAt",
    "pollSince",
    "pollTries",
)
"""What is kept of items that have begun and not ended: each a map from what is said to the items it is said of."""
_ItemsByWord = defaultdict[str, list[int]]
_WORDS_AT_MOST = 100  # 10,000 items that all wait for another second would have more than an object can hold


def fan_out_entry(run: RunState, number: int) -> Json:
    """Of a fan-out whose items are counted."""
    group = run.tasks.fan_outs[number]
    by_phase: defaultdict[TaskPhase, list[int]] = defaultdict(list)
    going: dict[str, _ItemsByWord] = {key: defaultdict(list) for key in _GOING}
    for index, task in enumerate(run.tasks.items_of(number)):
        if task.step is TaskStep.ENDED:  # of these, which are most, the fan-out knows
            continue
        if (started_at := task.started_at) is not None:
            group.started(started_at)
        phase, attempt = task.shown_phase, task.shown_attempt
        by_phase[phase].append(index)
        if attempt:
            retry_at = rfc3339(task.retry_at) if task.between_attempts and task.retry_at is not None else None
            since, tries = (rfc3339(task.polling.since), task.polling.tries) if task.polling else (None, 0)
            used = task.used
            said = (
                attempt,
                used.limit,
                used.infrastructure,
                used.out_of_memory,
                retry_at,
                task.avoid_node,
                None if task.first_started_at is None else rfc3339(task.first_started_at),
                since,
                tries,
            )
            for key, value in zip(_GOING, said, strict=True):
                if value:
                    going[key][str(value)].append(index)
    for key in ("retryAt", "firstStartedAt", "pollSince"):
        going[key] = _coarser(going[key])
    going["avoidNode"] = _commonest(going["avoidNode"])
    items: Json = {"total": len(group.items)}
    stands = {phase: str(spans) for phase, spans in group.which.items()}
    stands |= {phase: intervals(indexes) for phase, indexes in by_phase.items()}
    items |= {key: stands[phase] for phase, key in _KEYS.items() if phase in stands}
    items |= {
        key: {value: intervals(which) for value, which in values.items()} for key, values in going.items() if values
    }
    if group.failures:
        items["failures"] = list(group.failures)
    begun = stands.keys() - {"Pending"}
    found: Json = {
        "phase": run.tasks[number].phase if run.tasks[number].step is TaskStep.ENDED or not begun else "Running",
        "progress": progress_text(group.counts, len(group.items)),
        "items": items,
    }
    if group.started_at is not None:
        found["startedAt"] = rfc3339(group.started_at)
    if run.tasks[number].step is TaskStep.ENDED and group.finished_at is not None:
        found["finishedAt"] = rfc3339(group.finished_at)
    return found


def _coarser(items_by_time: _ItemsByWord) -> _ItemsByWord:
    """With times that are up to some seconds late, as few as have room."""
    found, step_s = items_by_time, 1
    while len(found) > _WORDS_AT_MOST:
        step_s *= 2
        found = defaultdict(list)
        for time, items in items_by_time.items():
            at = instant(time)
            found[time if at is None else rfc3339(-(-at // step_s) * step_s)] += items
    return defaultdict(list, {time: sorted(items) for time, items in found.items()})


def _commonest(items_by_node: _ItemsByWord) -> _ItemsByWord:
    """An item that forgets its node may get it again, which costs at most a retry of the infrastructure."""
    kept = nlargest(_WORDS_AT_MOST, items_by_node.items(), key=lambda entry: len(entry[1]))
    return defaultdict(list, kept)


def item_entries(items: Json) -> dict[int, Json]:
    """What the status says of each item, as it would of a task. Items that have not begun are left out."""
    found: defaultdict[int, Json] = defaultdict(lambda: {"phase": "Pending"})
    for phase, key in _KEYS.items():
        for index in members(items.get(key, ""), MAX_ITEMS):
            found[index]["phase"] = phase
    for index, value in _stored(items, "attempts"):
        found[index]["attempt"] = label_number(value)
    for key in ("retryAt", "avoidNode", "firstStartedAt"):
        for index, value in _stored(items, key):
            found[index][key] = value
    for index, value in _stored(items, "pollSince"):
        found[index]["poll"] = {"since": value, "tries": 0}
    for index, value in _stored(items, "pollTries"):
        if "poll" in found[index]:
            found[index]["poll"]["tries"] = label_number(value)
    for key, count in (("limitRetries", "limit"), ("infrastructureRetries", "infrastructure"), ("outOfMemory",) * 2):
        for index, value in _stored(items, key):
            found[index].setdefault("retries", {})[count] = label_number(value)
    return found


def _stored(items: Json, key: str) -> Iterator[tuple[int, str]]:
    """At most one of each item, however often somebody has written it."""
    every = ((index, said) for said, which in items.get(key, {}).items() for index in members(which, MAX_ITEMS))
    return islice(every, MAX_ITEMS)
