"""Rebuilds a run from what the API server holds: its status, its pods and its child runs. A new run has none of them.

The status may be a second or so behind the pods. So a pod counts even if the status does not know it, and attempts
between the recorded one and the newest pod must have ended and have used a retry each.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from sluice.api.run import ApprovalDecision
from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.ownership import plausible
from sluice.core.base.times import instant
from sluice.core.pod.outcome import POD_LOST, pod_outcome
from sluice.core.pod.view import PodView
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.propagate import count_items, end_task, evaluate
from sluice.core.run.children import CHILD_LOST, ChildView, child_outcome
from sluice.core.run.dirty import Topic
from sluice.core.run.late_numbers import learn_numbers
from sluice.core.run.orders import Orders
from sluice.core.run.polling import Polling
from sluice.core.run.retries import RetriesUsed
from sluice.core.run.state import RunState
from sluice.core.run.task_state import ANY_ATTEMPT, TaskState, TaskStep
from sluice.core.run.time_accounting import TimeAccounting
from sluice.core.run.time_limits import time_limits
from sluice.core.spec.approval import resolve
from sluice.core.spec.definition import Definition
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.for_each import NoItems
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.numbers import BadNumber
from sluice.core.status.fan_out_status import item_entries
from sluice.core.status.stored_entries import stored_outputs, usable_entries

_V = TypeVar("_V", PodView, ChildView)

_CLOCKS_DIFFER_S = 60.0


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is of a run's units: pods and child runs, by task and index and then by attempt."""

    pods: defaultdict[tuple[str, int | None], dict[int, PodView]]
    children: defaultdict[tuple[str, int | None], dict[int, ChildView]]

    def fan_outs(self) -> set[str]:
        """The tasks of which items have begun: they were counted, whatever the status says."""
        return {task for task, index in (*self.pods, *self.children) if index is not None}


def restore(
    identity: RunIdentity,
    revision: str,
    definition: Definition,
    *,
    status: Json,
    pods: Iterable[PodView],
    children: Iterable[ChildView] = (),
    outputs: Mapping[str, str] | None = None,
    now: Instant,
    orders: Orders,
    approvals: Mapping[str, ApprovalDecision] | None = None,
    shared: SharedLimits | None = None,
) -> RunState:
    """The run as it is. `status` is the WorkflowRun's, `pods` and `children` what says that it is the run's, `outputs`
    the data of its ConfigMap. A run that has not started does so `now`. `orders` count from the start: conditions of
    `finally` tasks may be evaluated here, and depend on them. `approvals` are what people have decided: an approval
    that has ended otherwise by the status is asked again. None: the status is believed.
    """
    started_at = instant(status.get("startedAt"))
    run = RunState(
        replace(identity, started_at=now if started_at is None else started_at),
        revision,
        definition,
        shared=shared or SharedLimits(),
    )
    run.take_orders(replace(orders, replaced_by=foreign.string(status.get("replacedBy")) or orders.replaced_by))
    time = TimeAccounting.of(status.get("time"))
    run.restore_times(instant(status.get("finishedAt")), time)
    found = _Found(defaultdict(dict), defaultdict(dict))
    for child in children:
        if child.attempt_of is not None and child.attempt_of.run == identity.ref:
            found.children[child.attempt_of.task, child.attempt_of.index][child.attempt_of.number] = child
    for pod in pods:
        if pod.attempt_of is not None and pod.run == identity.ref:
            found.pods[pod.attempt_of.task, pod.attempt_of.index][pod.attempt] = pod
    recorded = usable_entries(status)
    run.status_found(recorded)
    for number, task in enumerate(run.tasks.named):
        found_outputs = stored_outputs(task.definition.name, recorded.get(task.definition.name, {}), outputs or {})
        if found_outputs is not None:
            run.set_outputs(number, found_outputs)
    for number in definition.graph.topological_order():  # its numbers may come from what is before it
        task = run.tasks[number]
        entry = recorded.get(task.definition.name, {})
        if approvals is not None and not _is_as_decided(task, entry, approvals, run.identity.started_at, now):
            entry = {name: value for name, value in entry.items() if name == "startedAt"}
        _restore_unit(run, number, entry, found)
    for number, task in enumerate(run.tasks.named):
        if task.step is TaskStep.ENDED:
            run.count_end(number)
    begun = found.fan_outs()
    for number, task in enumerate(run.tasks.named):
        if task.definition.name in begun or "items" in recorded.get(task.definition.name, {}):
            _restore_items(run, number, recorded, found)
    run.check_timeout(now)  # before any pod is looked at, as the process did that stopped it
    for number in range(len(run.tasks)):
        for end in list(evaluate(run, number)):
            end_task(run, end)
    run.dirty.take(Topic.STATUS)
    run.dirty.mark(Topic.STATUS, *(number for number, task in enumerate(run.tasks) if task.restored_entry is None))
    return run


def _is_as_decided(
    task: TaskState, entry: Json, approvals: Mapping[str, ApprovalDecision], run_started_at: Instant, now: Instant
) -> bool:
    """Does the time, or somebody's decision, explain how it ended? One that has failed may have been decided otherwise
    since: nothing has started by it, and what came after it has ended.
    """
    approval, phase = task.definition.approval, entry.get("phase")
    if approval is None or phase not in ("Succeeded", "Failed"):
        return True
    if phase == "Failed" and _recorded_outcome(entry).ending in (Ending.WHEN_FAILED, Ending.GAVE_UP):
        return True  # nobody was asked
    decision = approvals.get(task.definition.name)
    asked_at, ended_at = _asked_at(entry, run_started_at), instant(entry.get("finishedAt"))
    by_time = None
    if asked_at is not None and ended_at is not None:
        by_time = resolve(approval, None, asked_at, min(ended_at, now + _CLOCKS_DIFFER_S))
    if by_time is not None and (by_time.ending is Ending.SUCCESS) == (phase == "Succeeded"):
        return True
    return decision is not None and (phase == "Failed" or decision.decision == "Approve")


def _restore_items(run: RunState, number: int, recorded: Json, found: _Found) -> None:
    """A fan-out whose items were counted, and before it those by whose items it goes."""
    chain = [number]
    while (leader := run.tasks.leader(chain[-1])) is not None:
        chain.append(leader)
    for each in reversed(chain):
        before = run.tasks.leader(each)
        if each not in run.tasks.fan_outs and (before is None or before in run.tasks.fan_outs):
            _restore_group(run, each, recorded.get(run.definition.tasks[each].name, {}), found)


def _restore_group(run: RunState, number: int, told: Json, found: _Found) -> None:
    _learn_numbers(run, number)
    try:
        fan_out = count_items(run, number)
    except NoItems:  # what they came from is gone: the task will say so when it is evaluated
        return
    items = told.get("items", {})
    entries = item_entries(items)
    given = run.tasks[number].outputs or {}
    if any(not isinstance(values, list) or len(values) != len(fan_out.items) for values in given.values()):
        given = {}  # somebody has changed them
    for index, unit in enumerate(fan_out.units):
        entry = entries.get(index, {})
        _restore_unit(run, unit, entry, found)
        own = {key: values[index] for key, values in given.items()}
        if entry.get("phase") != "Succeeded":  # what it lacks stands as null in the lists
            own = {key: value for key, value in own.items() if value is not None}
        run.restore_item(unit, own)
    fan_out.restore(items.get("failures", ()), instant(told.get("startedAt")), instant(told.get("finishedAt")))
    run.restore_items(number, given)


def _restore_unit(run: RunState, number: int, entry: Json, found: _Found) -> None:
    task = run.tasks[number]
    unit = (task.definition.name, None if task.group is None else task.index)
    if "attempt" in entry or found.pods.get(unit) or found.children.get(unit):  # then what it reads is there
        _learn_numbers(run, number)
    if task.definition.is_sub_workflow:
        _restore_call(run, number, entry, found.children.get(unit, {}))
    elif not task.definition.makes_pods:  # whatever says that it is one of its
        _restore_task(run, number, entry, {})
    else:
        _restore_task(run, number, entry, found.pods.get(unit, {}))


def _learn_numbers(run: RunState, number: int) -> None:
    """As they were when the unit began. Without outputs that are gone, it goes on as if it had no such limits."""
    with suppress(BadNumber):
        learn_numbers(run, number)


def _restore_task(run: RunState, number: int, entry: Json, pods: Mapping[int, PodView]) -> None:
    task = run.tasks[number]
    between_attempts = _restore_record(task, entry, run.identity.started_at)
    pods = _plausible(task, pods)
    if task.step is TaskStep.ENDED:
        task.restore_pod(pods.get(task.attempt))
        _restore_ended_pods(run, number, pods.values())
        return
    for attempt in sorted(pods):
        task.note_first_start(_first_start(run, pods[attempt]))
    newest = max(pods, default=0)
    while task.attempt < newest:  # the status had not heard of these yet
        pod = pods.get(task.attempt)
        ended = pod_outcome(pod, task.deadline_at) if pod else POD_LOST
        task.missed_attempt(None if between_attempts else _ended(ended), pod)
        between_attempts = False
    task.restore_pod(pods.get(task.attempt))
    over = [pod for attempt, pod in pods.items() if attempt < task.attempt or between_attempts]
    _restore_ended_pods(run, number, over)
    if between_attempts:
        _restore_backoff(run, number, entry)
    else:
        run.pods.restore(number)
    _watch_time(run, number)


def _first_start(run: RunState, pod: PodView) -> Instant | None:
    """When its task's first attempt started, as far as a pod tells. What an annotation says is believed only between
    the start of the run and the pod's own making.
    """
    if pod.first_started_at is None:
        return pod.begun_at
    return max(run.identity.started_at, min(pod.first_started_at, pod.created_at))


def _watch_time(run: RunState, number: int) -> None:
    for at in time_limits(run.tasks[number]):
        run.timers.set(at, number, ANY_ATTEMPT)


def _restore_ended_pods(run: RunState, number: int, pods: Collection[PodView]) -> None:
    """Pods of attempts that have ended."""
    run.stored.pods_ended(pods)
    for pod in pods:
        if not pod.terminal:
            run.pods.lingering.restore(pod, number)


def _restore_call(run: RunState, number: int, entry: Json, children: Mapping[int, ChildView]) -> None:
    """A task that runs another Workflow; `children` are its child runs by attempt."""
    task = run.tasks[number]
    between_attempts = _restore_record(task, entry, run.identity.started_at)
    children = _plausible(task, children)
    if task.step is TaskStep.ENDED:
        run.children.restore_ended(number, (child.name for child in children.values()))
        return
    for attempt in sorted(children):
        task.note_first_start(children[attempt].started_at)
    newest = max(children, default=0)
    while task.attempt < newest:  # the status had not heard of these yet
        child = children.get(task.attempt)
        task.missed_attempt(None if between_attempts else _ended(child_outcome(child) if child else CHILD_LOST))
        between_attempts = False
    if between_attempts:
        _restore_backoff(run, number, entry)
    else:
        run.children.restore(number, children.get(task.attempt))
    _watch_time(run, number)


def _plausible(task: TaskState, found: Mapping[int, _V]) -> Mapping[int, _V]:
    """The attempts that can be: between those that are there, the cluster lost as many as it may pay for at most."""
    spare = max(0, task.definition.retries.infrastructure - task.used.infrastructure)
    return {attempt: found[attempt] for attempt in plausible(found.keys(), task.attempt, spare)}


def _asked_at(entry: Json, run_started_at: Instant) -> Instant | None:
    """Of an approval or a wait. Not before its run: an earlier time would have it over at once."""
    found = instant(entry.get("startedAt"))
    return None if found is None else max(found, run_started_at)


def _restore_record(task: TaskState, entry: Json, run_started_at: Instant) -> bool:
    """What the status says of it. Returns whether it is between two attempts, or before the first."""
    used, poll, attempt = entry.get("retries", {}), entry.get("poll"), entry.get("attempt", 0)
    task.restore_record(
        attempt=attempt,
        used=RetriesUsed(used.get("limit", 0), used.get("infrastructure", 0), used.get("outOfMemory", 0)),
        polling=None if poll is None else Polling(instant(poll["since"]) or 0.0, poll["tries"]),
        first_started_at=None if task.definition.deadline_s is None else instant(entry.get("firstStartedAt")),
        on_hold_since=None if task.definition.makes_pods else _asked_at(entry, run_started_at),
        retry_at=instant(entry.get("retryAt")) if attempt else None,
    )
    if entry.get("phase", "Pending") not in ("Pending", "Running"):
        task.restore_end(entry["phase"], _recorded_outcome(entry), entry)
        return False
    return task.attempt == 0 or task.retry_at is not None


def _restore_backoff(run: RunState, number: int, entry: Json) -> None:
    task = run.tasks[number]
    if task.attempt:
        task.restore_backoff(_recorded_outcome(entry), entry.get("avoidNode", ""), entry)
        run.timers.set(task.retry_at or 0.0, number, task.attempt)


def _ended(outcome: Outcome) -> Outcome:
    """An attempt that was followed by another: it cannot have succeeded, or its outputs were of no use."""
    return replace(outcome, ending=Ending.ERROR) if outcome.ending is Ending.SUCCESS else outcome


def _recorded_outcome(entry: Json) -> Outcome:
    word = entry.get("reason", "").partition(":")[0]
    ending = Ending(word) if word in set(Ending) else Ending.ERROR
    return Outcome(ending, entry.get("message", ""), instant(entry.get("finishedAt")), entry.get("exitCode"))
