"""What may start: the first in each line of those that are ready, for as long as there is room.

Room is the run's own parallelism and that of its fan-outs, what runs share (`limits`), and what the API server takes:
after a no it is asked for one pod at a time. Child runs have no pods, so only the parallelism of a fan-out counts.
"""

import heapq
from collections import Counter
from collections.abc import Iterator

from sluice.core import Instant
from sluice.core.base.naming import unit_name
from sluice.core.quota.ready_queue import ReadyEntry, WaitKey
from sluice.core.quota.waiters import QueuePosition, Request
from sluice.core.reconcile.actions import Create
from sluice.core.run.execution import Execution
from sluice.core.run.task_state import TaskStep


def dispatch(run: Execution, now: Instant) -> Iterator[Create]:
    for number in run.granted:
        yield Create(number, run.tasks[number].attempt)
    run.granted.clear()
    if run.state != "Suspended":
        yield from _call(run, now)
    run.shared.retain_waiters(run.identity.uid, run.ready.firsts())
    waiting: dict[WaitKey, int] = {}
    held = run.state == "Suspended" or (run.hold is not None and now < run.hold.until)
    fronts = [] if held else run.ready.fronts()
    while fronts and _room(run):
        place, line = heapq.heappop(fronts)
        number = place.number
        if (group := run.tasks[number].group) is not None and run.groups[group].full:
            continue  # and with it all others of its line
        if (line.claim or run.shared.capped) and not _granted(run, place, line):
            waiting[line] = number
            continue
        if (following := run.ready.pop(line)) is not None:
            heapq.heappush(fronts, (following, line))
            run.changed.add(following.number)  # it is the one to say whom it waits for
        task = run.tasks[number]
        task.begin(now)
        run.take_slot(number)
        if task.definition.at_most_once:
            task.step = TaskStep.RECORDING
            run.recording += 1
            run.changed.add(number)
        else:
            task.step = TaskStep.CREATING
            run.creating += 1
            yield Create(number, task.attempt)
    run.shared.retain_waiters(
        run.identity.uid, waiting if _room(run) else {}
    )  # who could not start stands in nobody's way


def _granted(run: Execution, place: ReadyEntry, line: WaitKey) -> bool:
    task = run.tasks[place.number]
    pod = run.pod_name(place.number, task.next_attempt)
    position = QueuePosition(
        place.priority, place.critical_path_s, run.started_at or 0, run.identity.uid, place.order, place.number
    )
    name = unit_name(task.definition.name, None if task.group is None else task.index)
    return run.shared.grant(Request(run.identity, line, position, name, pod), run.ready.size(line))


def _call(run: Execution, now: Instant) -> Iterator[Create]:
    """Child runs that may start."""
    fronts = run.calls.fronts()
    while fronts:
        first, line = heapq.heappop(fronts)
        number = first.number
        task = run.tasks[number]
        if task.group is not None and run.groups[task.group].full:
            continue
        if (following := run.calls.pop(line)) is not None:
            heapq.heappush(fronts, (following, line))
        run.take_slot(number)
        task.begin(now)
        task.step = TaskStep.CALLING
        run.children[run.pod_name(number)] = number
        yield Create(number, task.attempt)


def _room(run: Execution) -> bool:
    if run.limits.parallelism is not None and run.live >= run.limits.parallelism:
        return False
    return run.window is None or run.creating + run.recording < run.window


def waiting_counts(run: Execution) -> Counter[str]:
    """How many tasks could start but for what: see `ledger`."""
    found: Counter[str] = Counter()
    for line, count in run.ready.sizes():
        if run.state == "Suspended":
            kind = "suspended"
        elif run.hold is not None:
            kind = run.hold.refused.refusal.value[0].lower() + run.hold.refused.refusal.value[1:]
        elif not _room(run) or (line.fan_out is not None and run.groups[line.fan_out].full):
            kind = "parallelism" if run.window is None else "operator"
        else:
            kind = "pool/" + "+".join(name for name, _ in line.claim) if line.claim else "podLimit"
        found[kind] += count
    return found
