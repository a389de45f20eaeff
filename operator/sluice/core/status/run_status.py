"""The status of a run, and the smallest patch that brings it up to date.

A task's end counts as known only once the API server has stored it: `StatusPatch.ended` names the pods that may then be
deleted, and `StatusPatch.recorded` the attempts that may then be started.
"""

import json
from dataclasses import dataclass

from sluice.core import Instant, Json
from sluice.core.base.naming import outputs_name, pod_name
from sluice.core.base.text import as_json
from sluice.core.base.times import rfc3339
from sluice.core.pod.create_errors import CreateError
from sluice.core.pod.view import PodView
from sluice.core.run.dirty import Topic
from sluice.core.run.outputs import outputs_so_far
from sluice.core.run.retries import RetriesUsed
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.outputs import InvalidOutputs
from sluice.core.status.conditions import Condition, merge_conditions, run_conditions
from sluice.core.status.fan_out_status import fan_out_entry as item_entry
from sluice.core.status.kstatus import run_health, stalled
from sluice.core.status.reasons import Reason, reason
from sluice.core.status.run_outputs import run_outputs
from sluice.core.status.run_phase import current_phase, run_message, run_progress, waiting_message
from sluice.core.status.text_budget import encoded_size, text_budget, truncate

REWORD_EVERY_S = 10.0
"""A reason whose numbers change every second is written no more often than this."""


@dataclass(frozen=True, slots=True)
class StatusPatch:
    """`body` is a JSON merge patch of the status, empty if there is nothing to say. Once sent, either `commit` it
    or, if it was not stored, `roll_back`.
    """

    run: RunState
    body: Json
    tasks: dict[int, Json]
    ended: list[PodView]
    recorded: list[tuple[int, int]]
    kept_apart: dict[str, str]
    """Outputs by task that must be in the run's ConfigMap before the status says so, as JSON."""

    def commit(self) -> None:
        """The API server has stored it."""
        self.run.status_written(self.tasks, len(self.ended), self.recorded)

    def roll_back(self) -> None:
        """It has not: say it again with the next patch."""
        self.run.dirty.mark(Topic.STATUS, *self.tasks, *(number for number, _ in self.recorded))


def compose(run: RunState, before: Json, generation: int, now: Instant) -> StatusPatch:
    """What to send, given the status as it was last written."""
    changed, to_record = run.take_status_changes()
    recorded = [(unit, run.tasks[unit].attempt) for unit in to_record]
    tasks = {}
    for number in sorted({run.tasks.named_task_of(unit) for unit in changed}):
        entry, last = task_status(run, number), run.stored.entries.get(number, {})
        ended = run.finished_at is not None
        if not ended and _only_reworded(last, entry) and not run.stored.may_reword(number, now, REWORD_EVERY_S):
            run.dirty.mark(Topic.WORDING, number)
            continue
        run.waiting.note(number, "" if run.tasks[number].step is TaskStep.ENDED else entry.get("reason", ""))
        if entry != last:
            tasks[number] = entry
    now_is = _run_status(run, before, generation, now)
    body = {key: value for key, value in now_is.items() if before.get(key) != value}
    if "message" not in now_is and before.get("message") is not None:  # why it waited
        body["message"] = None
    if tasks:
        body["tasks"] = {
            run.tasks[number].definition.name: _difference(run.stored.entries.get(number, {}), entry)
            for number, entry in tasks.items()
        }
    if body and (time := run.time.as_status()) and time != before.get("time"):  # never the only news
        body["time"] = time
    if kept_apart := _kept_apart(run, tasks):
        body["outputsConfigMap"] = outputs_name(run.identity.name, run.identity.uid)
    return StatusPatch(run, body, tasks, list(run.stored.ended_pods), recorded, kept_apart)


def _only_reworded(old: Json, new: Json) -> bool:
    """Do two entries differ only in the numbers of the reason, or in a message from elsewhere?"""
    words = ("reason", "message")
    return (
        old != new
        and all(old.get(key) == new.get(key) for key in (old.keys() | new.keys()) - set(words))
        and old.get("reason", "").partition(":")[0] == new.get("reason", "").partition(":")[0]
    )


def _difference(old: Json, new: Json) -> Json:
    """A merge patch (RFC 7386): null removes a key, and maps inside are merged as well."""
    changes: Json = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            if inside := _difference(before, value):
                changes[key] = inside
        elif before != value:
            changes[key] = value
    return changes


def _run_status(run: RunState, before: Json, generation: int, now: Instant) -> Json:
    run_phase, words = current_phase(run), run_message(run)
    handed_on = run_outputs(run) if run.definition.outputs and run_phase == "Succeeded" else "{}"
    if isinstance(handed_on, InvalidOutputs):
        words, handed_on = handed_on.message, "{}"
    facts = [
        Condition("Accepted", True, "Valid"),
        *run_conditions(run_phase, words),
        *(_name_taken(run) or run_health(run_phase, words)),
    ]
    status: Json = {
        "observedGeneration": generation,
        "phase": run_phase,
        "revision": run.revision,
        "progress": run_progress(run),
        "startedAt": rfc3339(run.identity.started_at),
        "conditions": merge_conditions(before.get("conditions", ()), facts, generation, now),
    }
    if why := words or waiting_message(run):
        status["message"] = why
    if handed_on != "{}":
        status["outputs"] = handed_on
    if run.replaced_by:
        status["replacedBy"] = run.replaced_by
    if run.finished_at is not None:
        status["finishedAt"] = rfc3339(run.finished_at)
    return status


def _name_taken(run: RunState) -> list[Condition]:
    """The conditions if a pod's name is taken, which only a person can mend; else none."""
    for task in run.tasks:
        if (
            task.refused is not None
            and task.refused.refusal is CreateError.NAME_TAKEN
            and task.step is not TaskStep.ENDED
        ):
            return stalled("NameTaken", f"{task.definition.name}: {task.refused.message}")
    return []


def task_status(run: RunState, number: int) -> Json:
    """One entry of `status.tasks`. A field that has no value yet is absent."""
    task = run.tasks[number]
    if task.restored_entry is not None:
        return task.restored_entry
    why = reason(run, number)
    if number in run.tasks.fan_outs:
        return item_entry(run, number) | _texts(run, why) | _outputs(run, number)
    entry: Json = {"phase": task.shown_phase}
    attempt = task.shown_attempt
    if attempt:
        entry["attempt"] = attempt
        entry["run" if task.definition.is_sub_workflow else "pod"] = pod_name(
            run.identity.name, run.identity.uid, task.definition.name, attempt
        )
    if task.started_at is not None:
        entry["startedAt"] = rfc3339(task.started_at)
    if task.between_attempts and task.last is not None:
        if task.last.finished_at is not None:
            entry["finishedAt"] = rfc3339(task.last.finished_at)
        if task.last.exit_code is not None:
            entry["exitCode"] = task.last.exit_code
    if task.used != RetriesUsed():
        entry["retries"] = {"limit": task.used.limit, "infrastructure": task.used.infrastructure}
        if task.used.out_of_memory:
            entry["retries"]["outOfMemory"] = task.used.out_of_memory
    if attempt and task.between_attempts and task.retry_at is not None:
        entry["retryAt"] = rfc3339(task.retry_at)
        if task.avoid_node:
            entry["avoidNode"] = task.avoid_node
    if task.polling is not None:
        entry["poll"] = {"since": rfc3339(task.polling.since), "tries": task.polling.tries}
    if task.first_started_at is not None:
        entry["firstStartedAt"] = rfc3339(task.first_started_at)
    rare = [entry[name] for name in ("avoidNode", "poll", "firstStartedAt") if name in entry]
    entry |= _texts(run, why, taken=sum(len(json.dumps(value)) for value in rare)) | _outputs(run, number)
    return entry


def _texts(run: RunState, why: Reason, taken: int = 0) -> Json:
    """The reason and the message. `taken` bytes of their room are used by other fields."""
    found: Json = {}
    room = text_budget(len(run.definition.tasks)) - taken
    if why.text:
        found["reason"] = truncate(why.text, room)
    if why.message and (left := room - encoded_size(found.get("reason", ""))) > 0:
        found["message"] = truncate(why.message, left)
    return found


def _outputs(run: RunState, number: int) -> Json:
    """A task's outputs, or where they are."""
    outputs = outputs_so_far(run, number)
    if outputs is None:
        return {}
    text = as_json(outputs)
    if encoded_size(text) <= run.outputs_budget:
        return {"outputs": text}
    return {"outputsIn": "ConfigMap"}


def _kept_apart(run: RunState, entries: dict[int, Json]) -> dict[str, str]:
    found = {number: outputs_so_far(run, number) for number, entry in entries.items() if "outputsIn" in entry}
    return {run.tasks[n].definition.name: as_json(outputs) for n, outputs in found.items() if outputs is not None}
