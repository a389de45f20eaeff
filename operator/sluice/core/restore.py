"""Rebuilds a run from what the API server holds: its status and its pods. A new run is one with neither.

The status may be a second or so behind the pods. So a pod is believed even where the status has not heard of it, and
the attempts between the recorded one and the newest pod are read as what they must have been: ended, and paid for.
"""

import heapq
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sluice.api.run import State
from sluice.core import Json
from sluice.core.definition import Definition
from sluice.core.execution import ANY_ATTEMPT, Execution, Limits, Step, TaskState
from sluice.core.fan_out import NoItems
from sluice.core.following import count, count_items, end, settle
from sluice.core.item_status import entries as item_entries
from sluice.core.observation import PodView
from sluice.core.outcome import LOST, Ending, Outcome, outcome
from sluice.core.pods import RunIdentity
from sluice.core.polling import Polling
from sluice.core.retries import Used
from sluice.core.times import instant


def restore(
    identity: RunIdentity,
    revision: str,
    definition: Definition,
    *,
    status: Json,
    pods: Iterable[PodView],
    outputs: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    state: State = "Running",
) -> Execution:
    """The run as it is. `status` is the WorkflowRun's, `pods` are all that carry its UID, `outputs` is the data of its
    ConfigMap.
    """
    run = Execution(identity, revision, definition, limits or Limits())
    run.set_state(state)
    run.started_at, run.finished_at = instant(status.get("startedAt")), instant(status.get("finishedAt"))
    by_attempt: defaultdict[tuple[str, int | None], dict[int, PodView]] = defaultdict(dict)
    for pod in pods:
        if pod.owner_uid == identity.uid:
            by_attempt[pod.task, pod.index][pod.attempt] = pod
    recorded = status.get("tasks", {})
    for number, task in enumerate(run.named):
        name = task.definition.name
        if name in recorded:
            run.written[number] = recorded[name]
        _restore_task(run, number, recorded.get(name, {}), by_attempt[name, None])
        _restore_outputs(run, number, recorded.get(name, {}), outputs or {})
    for number, task in enumerate(run.named):
        if task.step is Step.ENDED:
            count(run, number)
    for number in range(len(run.definition.tasks)):
        _restore_items(run, number, recorded, by_attempt)
    for number in range(len(run.tasks)):
        for unit, phase in list(settle(run, number)):
            end(run, unit, phase)
    run.changed.update(number for number, task in enumerate(run.tasks) if task.told is None)
    return run


def _restore_items(
    run: Execution, number: int, recorded: Json, pods: Mapping[tuple[str, int | None], Mapping[int, PodView]]
) -> None:
    """A fan-out whose items were counted, as the status says, and before it those by whose items it goes."""
    chain = [number]
    while (leader := run.leader(chain[-1])) is not None:
        chain.append(leader)
    for each in reversed(chain):
        told = recorded.get(run.definition.tasks[each].name, {})
        if "items" in told and each not in run.groups:
            _restore_group(run, each, told, pods)


def _restore_group(
    run: Execution, number: int, told: Json, pods: Mapping[tuple[str, int | None], Mapping[int, PodView]]
) -> None:
    task = run.tasks[number]
    try:
        group = count_items(run, number)
    except NoItems:  # what they came from is gone: the task will say so when it is settled
        return
    group.recorded = True
    entries = item_entries(told["items"])
    for index, unit in enumerate(group.units):
        _restore_task(run, unit, entries.get(index, {}), pods.get((task.definition.name, index), {}))
        if run.tasks[unit].step is Step.ENDED:
            group.ended(index, run.tasks[unit].phase, None)
    group.failures = list(told["items"].get("failures", ()))
    group.started_at, group.finished_at = instant(told.get("startedAt")), instant(told.get("finishedAt"))
    if task.step is not Step.ENDED and not task.definition.allow_failure:
        run.failing += group.failing


def _restore_task(run: Execution, number: int, entry: Json, pods: Mapping[int, PodView]) -> None:
    task = run.tasks[number]
    used = entry.get("retries", {})
    task.used = Used(used.get("limit", 0), used.get("infrastructure", 0), used.get("outOfMemory", 0))
    if (poll := entry.get("poll")) is not None:
        task.polling = Polling(instant(poll["since"]) or 0.0, poll["tries"])
    task.attempt = entry.get("attempt", 0)
    task.asked_at = instant(entry.get("startedAt")) if task.definition.approval is not None else None
    task.pod = pods.get(task.attempt)
    if entry.get("phase", "Pending") not in ("Pending", "Running"):
        task.step, task.phase, task.told = Step.ENDED, entry["phase"], entry
        task.last = _recorded_outcome(entry)
        run.ended_pods.extend(pods.values())
        return
    task.retry_at = instant(entry.get("retryAt")) if task.attempt else None
    between_attempts = task.attempt == 0 or task.retry_at is not None
    newest = max(pods, default=0)
    while task.attempt < newest:  # the status had not heard of these yet
        if not between_attempts:
            _pay(task, pods.get(task.attempt))
        task.attempt += 1
        between_attempts = False
    task.pod = pods.get(task.attempt)
    run.ended_pods.extend(pod for attempt, pod in pods.items() if attempt < task.attempt or between_attempts)
    if not between_attempts:
        task.step, task.retry_at = Step.LIVE, None
        task.gone = task.pod is None
        run.take_slot(number)
        run.seen.add(number)
    elif task.attempt:
        task.step, task.told = Step.BACKOFF, entry
        task.last, task.avoid_node = _recorded_outcome(entry), entry.get("avoidNode", "")
        heapq.heappush(run.alarms, (task.retry_at or 0.0, number, task.attempt))
    poll = task.definition.poll
    if poll is not None and task.polling is not None and (ends_at := poll.ends_at(task.polling)) is not None:
        heapq.heappush(run.alarms, (ends_at, number, ANY_ATTEMPT))


def _restore_outputs(run: Execution, number: int, entry: Json, apart: Mapping[str, str]) -> None:
    text = apart.get(run.tasks[number].definition.name, "") if "outputsIn" in entry else entry.get("outputs", "")
    try:
        found = json.loads(text)
    except ValueError:  # there are none, or somebody has changed them
        return
    if isinstance(found, dict):
        run.hand_on(number, found)


def _pay(task: TaskState, pod: PodView | None) -> None:
    """An attempt that was followed by another has ended; its retry was paid then, and is paid again here."""
    ended = LOST
    if pod is not None:
        ended = outcome(pod)
        task.see_try(pod)
    if ended.ending is Ending.SUCCESS:  # its outputs were of no use, or there would have been no other attempt
        ended = replace(ended, ending=Ending.ERROR)
    if retry := task.after(ended):
        task.used = retry.used


def _recorded_outcome(entry: Json) -> Outcome:
    word = entry.get("reason", "").partition(":")[0]
    ending = Ending(word) if word in set(Ending) else Ending.ERROR
    return Outcome(ending, entry.get("message", ""), instant(entry.get("finishedAt")), entry.get("exitCode"))
