"""Which ready tasks start: the first of each queue, for as long as there is room.

Room is the run's own parallelism and that of its fan-outs, what runs share (`quota`), and what the API server accepts:
after a refusal it is asked for one pod at a time. Child runs have no pods; what limits them says `run.child_room`.
"""

import heapq
from collections import Counter
from collections.abc import Iterator

from sluice.core import Instant
from sluice.core.base.naming import unit_name
from sluice.core.pod.create_errors import CreateError
from sluice.core.quota.ready_queue import ReadyEntry, WaitKey
from sluice.core.quota.run_tree import run_of_pool
from sluice.core.quota.waiters import QueuePosition, Request
from sluice.core.reconcile.intents import CreateIntent
from sluice.core.run.child_room import idle_children, why_no_child
from sluice.core.run.dirty import Topic
from sluice.core.run.state import RunState

_CALLS = -1
"""In place of a fan-out's number: what a task waits for that runs another Workflow."""


def dispatch(run: RunState, now: Instant) -> Iterator[CreateIntent]:
    for number in run.dirty.take(Topic.RECORDED_ATTEMPT):
        yield CreateIntent(number, run.tasks[number].attempt, run)
    run.shared.retain_waiters(run.identity.uid, run.ready.pods.firsts())
    calls: dict[WaitKey, int] = {}
    if run.state != "Suspended":
        yield from _call(run, calls, now)
    waiting: dict[WaitKey, int] = {}
    held = run.state == "Suspended" or run.creates.waits(now)
    fronts = [] if held else run.ready.pods.fronts()
    while fronts and _room(run):
        entry, key = heapq.heappop(fronts)
        number = entry.number
        if (group := run.tasks[number].group) is not None and run.tasks.fan_outs[group].full:
            continue  # and with it all others of its queue
        if (key.claim or run.shared.capped) and not _granted(run, entry, key, now):
            waiting[key] = number
            continue
        if (following := run.ready.pods.pop(key)) is not None:
            heapq.heappush(fronts, (following, key))
            run.dirty.mark(Topic.STATUS, following.number)  # it is the one to say what the queue waits for
        if run.pods.begin(number, now):
            yield CreateIntent(number, run.tasks[number].attempt, run)
    stay = (waiting if _room(run) else {}) | calls
    run.shared.retain_waiters(run.identity.uid, stay)  # who could not start is in nobody's way


def _granted(run: RunState, entry: ReadyEntry, key: WaitKey, now: Instant) -> bool:
    return run.shared.grant(_request(run, entry, key), now, run.ready.pods.size(key))


def _request(run: RunState, entry: ReadyEntry, key: WaitKey) -> Request:
    task = run.tasks[entry.number]
    position = QueuePosition(
        entry.priority, entry.critical_path_s, run.identity.started_at, run.identity.uid, entry.order, entry.number
    )
    name = unit_name(task.definition.name, None if task.group is None else task.index)
    return Request(run.identity, key, position, name, run.tasks.pod_name(entry.number, task.next_attempt))


def _call(run: RunState, waiting: dict[WaitKey, int], now: Instant) -> Iterator[CreateIntent]:
    """Child runs that may start. If the first may not, for pods of other runs, it is added to `waiting`."""
    fronts = run.ready.children.fronts()
    while fronts:
        first, key = heapq.heappop(fronts)
        number = first.number
        if (group := run.tasks[number].group) is not None and run.tasks.fan_outs[group].full:
            continue
        if why_no_child(run):
            if idle_children(run):
                run.shared.call_when_there_is_room(run.identity)
            else:
                request = _request(run, first, WaitKey(run.identity.tree, _CALLS))
                run.shared.wait_for_room(request, now)
                waiting[request.wait_key] = number
            return
        if (following := run.ready.children.pop(key)) is not None:
            heapq.heappush(fronts, (following, key))
        run.children.begin(number, now)
        yield CreateIntent(number, run.tasks[number].attempt, run)


def _room(run: RunState) -> bool:
    return not _full(run) and run.creates.held_by() is None


def _full(run: RunState) -> bool:
    return run.limits.parallelism is not None and run.slots.live >= run.limits.parallelism


def waiting_counts(run: RunState) -> Counter[str]:
    """How many tasks wait, by what they wait for: see `time_accounting`."""
    found: Counter[str] = Counter()
    for key, count in run.ready.pods.sizes():
        if run.state == "Suspended":
            kind = "suspended"
        elif run.creates.backoff is not None:
            kind = _kind(run.creates.backoff.refused.refusal)
        elif _full(run) or (key.fan_out is not None and run.tasks.fan_outs[key.fan_out].full):
            kind = "parallelism"
        elif (refusal := run.creates.held_by()) is not None:
            kind = _kind(refusal)
        else:
            pools = [name for name, _ in key.claim if not run_of_pool(name)]
            kind = "pool/" + "+".join(pools) if pools else "parallelism" if key.claim else "podLimit"
        found[kind] += count
    return found


def _kind(refusal: CreateError) -> str:
    return refusal[0].lower() + refusal[1:]
