"""Rebuilds a run from what the API server holds: its status and its pods. A new run is one with neither.

The status may be a second or so behind the pods. So a pod is believed even where the status has not heard of it, and
the attempts between the recorded one and the newest pod are read as what they must have been: ended, and paid for.
"""

import heapq
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sluice.api.run import DesiredState
from sluice.core import Json
from sluice.core.base.times import instant
from sluice.core.pod.outcome import POD_LOST, pod_outcome
from sluice.core.pod.view import PodView
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.propagate import count_end, count_items, end_task, evaluate
from sluice.core.run.children import CHILD_LOST, ChildView, child_outcome
from sluice.core.run.execution import Execution
from sluice.core.run.polling import Polling
from sluice.core.run.retries import RetriesUsed
from sluice.core.run.task_state import ANY_ATTEMPT, TaskState, TaskStep
from sluice.core.run.time_accounting import TimeAccounting
from sluice.core.spec.definition import Definition
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.spec.for_each import NoItems
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.outputs import outputs_size
from sluice.core.spec.run_limits import RunLimits
from sluice.core.status.fan_out_status import item_entries


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is of a run's units: pods and child runs, by task and index and then by attempt."""

    pods: defaultdict[tuple[str, int | None], dict[int, PodView]]
    children: defaultdict[tuple[str, int | None], dict[int, ChildView]]


def restore(
    identity: RunIdentity,
    revision: str,
    definition: Definition,
    *,
    status: Json,
    pods: Iterable[PodView],
    children: Iterable[ChildView] = (),
    outputs: Mapping[str, str] | None = None,
    limits: RunLimits | None = None,
    state: DesiredState = "Running",
    shared: SharedLimits | None = None,
) -> Execution:
    """The run as it is. `status` is the WorkflowRun's, `pods` are all that carry its UID, `children` the runs that it
    owns, `outputs` is the data of its ConfigMap.
    """
    run = Execution(identity, revision, definition, limits or RunLimits(), shared or SharedLimits())
    run.set_state(state)
    run.replaced_by = status.get("replacedBy", "")
    run.started_at, run.finished_at = instant(status.get("startedAt")), instant(status.get("finishedAt"))
    found = _Found(defaultdict(dict), defaultdict(dict))
    for child in children:
        found.children[child.task, child.index][child.attempt] = child
    run.ledger = TimeAccounting.of(status.get("time", {}))
    for pod in pods:
        if pod.owner_uid == identity.uid:
            found.pods[pod.task, pod.index][pod.attempt] = pod
    recorded = status.get("tasks", {})
    for number, task in enumerate(run.named):
        name = task.definition.name
        if name in recorded:
            run.written[number] = recorded[name]
        _restore_unit(run, number, recorded.get(name, {}), found)
        _restore_outputs(run, number, recorded.get(name, {}), outputs or {})
    for number, task in enumerate(run.named):
        if task.step is TaskStep.ENDED:
            count_end(run, number)
    for number in range(len(run.definition.tasks)):
        _restore_items(run, number, recorded, found)
    for number in range(len(run.tasks)):
        for unit, phase in list(evaluate(run, number)):
            end_task(run, unit, phase)
    run.changed.update(number for number, task in enumerate(run.tasks) if task.told is None)
    return run


def _restore_items(run: Execution, number: int, recorded: Json, found: _Found) -> None:
    """A fan-out whose items were counted, as the status says, and before it those by whose items it goes."""
    chain = [number]
    while (leader := run.leader(chain[-1])) is not None:
        chain.append(leader)
    for each in reversed(chain):
        told = recorded.get(run.definition.tasks[each].name, {})
        before = run.leader(each)
        if "items" in told and each not in run.groups and (before is None or before in run.groups):
            _restore_group(run, each, told, found)


def _restore_group(run: Execution, number: int, told: Json, found: _Found) -> None:
    task = run.tasks[number]
    try:
        group = count_items(run, number)
    except NoItems:  # what they came from is gone: the task will say so when it is settled
        return
    group.recorded = True
    entries = item_entries(told["items"])
    given = task.outputs or {}
    if any(not isinstance(values, list) or len(values) != len(group.items) for values in given.values()):
        given = {}  # somebody has changed them
    for index, unit in enumerate(group.units):
        _restore_unit(run, unit, entries.get(index, {}), found)
        if run.tasks[unit].phase == "Succeeded" and given:
            run.tasks[unit].outputs = {key: values[index] for key, values in given.items()}
        if run.tasks[unit].step is TaskStep.ENDED:
            group.ended(index, run.tasks[unit].phase, None)
    if given:
        group.output_bytes = outputs_size(given)
        task.outputs = given if task.phase == "Succeeded" else None
    group.failures = list(told["items"].get("failures", ()))
    group.started_at, group.finished_at = instant(told.get("startedAt")), instant(told.get("finishedAt"))
    if task.step is not TaskStep.ENDED and not task.definition.allow_failure:
        run.failing += group.fails


def _restore_unit(run: Execution, number: int, entry: Json, found: _Found) -> None:
    task = run.tasks[number]
    unit = (task.definition.name, None if task.group is None else task.index)
    if task.definition.calls:
        _restore_call(run, number, entry, found.children.get(unit, {}))
    else:
        _restore_task(run, number, entry, found.pods.get(unit, {}))


def _restore_task(run: Execution, number: int, entry: Json, pods: Mapping[int, PodView]) -> None:
    task = run.tasks[number]
    between_attempts = _restore_record(task, entry)
    task.pod = pods.get(task.attempt)
    if task.step is TaskStep.ENDED:
        run.ended_pods.extend(pods.values())
        return
    newest = max(pods, default=0)
    while task.attempt < newest:  # the status had not heard of these yet
        if not between_attempts:
            _pay_for_pod(task, pods.get(task.attempt))
        task.attempt += 1
        between_attempts = False
    task.pod = pods.get(task.attempt)
    run.ended_pods.extend(pod for attempt, pod in pods.items() if attempt < task.attempt or between_attempts)
    if not between_attempts:
        task.step, task.retry_at = TaskStep.LIVE, None
        task.gone = task.pod is None
        run.take_slot(number)
        run.seen.add(number)
    else:
        _restore_backoff(run, number, entry)
    poll = task.definition.poll
    if poll is not None and task.polling is not None and (ends_at := task.polling.deadline(poll)) is not None:
        heapq.heappush(run.alarms, (ends_at, number, ANY_ATTEMPT))


def _restore_call(run: Execution, number: int, entry: Json, children: Mapping[int, ChildView]) -> None:
    """A task that runs another Workflow; `children` are its child runs by attempt."""
    task = run.tasks[number]
    between_attempts = _restore_record(task, entry)
    if task.step is TaskStep.ENDED:
        run.children |= {child.name: number for child in children.values()}
        return
    newest = max(children, default=0)
    while task.attempt < newest:  # the status had not heard of these yet
        if not between_attempts:
            child = children.get(task.attempt)
            _pay(task, child_outcome(child) if child is not None else CHILD_LOST)
        task.attempt += 1
        between_attempts = False
    if between_attempts:
        _restore_backoff(run, number, entry)
        return
    task.step, task.retry_at = TaskStep.CALLING, None
    task.child = children.get(task.attempt)
    task.gone = task.child is None
    run.take_slot(number)
    run.children[run.pod_name(number)] = number
    run.seen.add(number)


def _restore_record(task: TaskState, entry: Json) -> bool:
    """What the status says of it. Returns whether it stands between two attempts, or before the first."""
    used = entry.get("retries", {})
    task.used = RetriesUsed(used.get("limit", 0), used.get("infrastructure", 0), used.get("outOfMemory", 0))
    if (poll := entry.get("poll")) is not None:
        task.polling = Polling(instant(poll["since"]) or 0.0, poll["tries"])
    task.attempt = entry.get("attempt", 0)
    task.asked_at = instant(entry.get("startedAt")) if task.definition.approval is not None else None
    if entry.get("phase", "Pending") not in ("Pending", "Running"):
        task.step, task.phase, task.told = TaskStep.ENDED, entry["phase"], entry
        task.last = _recorded_outcome(entry)
        return False
    task.retry_at = instant(entry.get("retryAt")) if task.attempt else None
    return task.attempt == 0 or task.retry_at is not None


def _restore_backoff(run: Execution, number: int, entry: Json) -> None:
    task = run.tasks[number]
    if task.attempt:
        task.step, task.told = TaskStep.BACKOFF, entry
        task.last, task.avoid_node = _recorded_outcome(entry), entry.get("avoidNode", "")
        heapq.heappush(run.alarms, (task.retry_at or 0.0, number, task.attempt))


def _restore_outputs(run: Execution, number: int, entry: Json, apart: Mapping[str, str]) -> None:
    text = apart.get(run.tasks[number].definition.name, "") if "outputsIn" in entry else entry.get("outputs", "")
    try:
        found = json.loads(text)
    except ValueError:  # there are none, or somebody has changed them
        return
    if isinstance(found, dict):
        run.hand_on(number, found)


def _pay_for_pod(task: TaskState, pod: PodView | None) -> None:
    if pod is not None:
        task.see_try(pod)
    _pay(task, pod_outcome(pod) if pod is not None else POD_LOST)


def _pay(task: TaskState, ended: Outcome) -> None:
    """An attempt that was followed by another has ended; its retry was paid then, and is paid again here."""
    if ended.ending is Ending.SUCCESS:  # its outputs were of no use, or there would have been no other attempt
        ended = replace(ended, ending=Ending.ERROR)
    if retry := task.after(ended):
        task.used = retry.used


def _recorded_outcome(entry: Json) -> Outcome:
    word = entry.get("reason", "").partition(":")[0]
    ending = Ending(word) if word in set(Ending) else Ending.ERROR
    return Outcome(ending, entry.get("message", ""), instant(entry.get("finishedAt")), entry.get("exitCode"))
