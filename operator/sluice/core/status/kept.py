"""The status of a run that resumes from another, before its first task starts: what it has kept."""

from sluice.core import Json
from sluice.core.base.intervals import intervals
from sluice.core.base.text import as_json
from sluice.core.spec.definition import Definition
from sluice.core.spec.outputs import inline_outputs_budget
from sluice.core.status.text_budget import encoded_size
from sluice.core.triggers.resume import Kept, Past

_OF_ITS_ATTEMPTS = frozenset(
    {"attempt", "pod", "run", "retries", "retryAt", "avoidNode", "message", "outputs", "outputsIn"}
)
_KEPT = "Kept: from run "
_FAN_OUTS_SHOWN = 5


def kept_entries(new: Definition, past: Past, kept: Kept) -> tuple[dict[str, Json], dict[str, str]]:
    """(entries of `status.tasks`, outputs that are too large to stand there, as JSON), by task."""
    entries = {new.tasks[number].name: _whole(past, new.tasks[number].name) for number in kept.tasks}
    outputs = {name: past.outputs[name] for name in entries if name in past.outputs}
    for number, items in kept.items.items():
        name, total = new.tasks[number].name, kept.totals[number]
        entries[name] = _some(past, items, total)
        if name in past.outputs and new.tasks[number].outputs:
            which = set(items)
            lists = {key: past.outputs[name][key] for key in new.tasks[number].outputs}
            outputs[name] = {k: [v[i] if i in which else None for i in range(total)] for k, v in lists.items()}
    budget = inline_outputs_budget(sum(bool(task.outputs) for task in new.tasks))
    apart = {}
    for name, values in outputs.items():
        text = as_json(values)
        if encoded_size(text) <= budget:
            entries[name]["outputs"] = text
        else:
            entries[name]["outputsIn"], apart[name] = "ConfigMap", text
    return entries, apart


def _whole(past: Past, task: str) -> Json:
    """How it ended, and in which run."""
    entry = {name: value for name, value in past.tasks[task].items() if name not in _OF_ITS_ATTEMPTS}
    reason = entry.get("reason", "")
    return entry | {"reason": reason if reason.startswith(_KEPT) else f"{_KEPT}{past.run}"}


def _some(past: Past, items: list[int], total: int) -> Json:
    """A fan-out that goes on with the other items; if there are none, it has ended."""
    entry: Json = {"items": {"total": total, "succeeded": intervals(items)}}
    if len(items) < total:
        return {"phase": "Running", **entry}
    return {"phase": "Succeeded", "progress": f"{total}/{total}", **entry, "reason": f"{_KEPT}{past.run}"}


def kept_words(new: Definition, past: Past, kept: Kept) -> str:
    """What an Event says of it."""
    some = [f"{len(items)} items of {new.tasks[number].name}" for number, items in kept.items.items()]
    parts = [f"{len(kept.tasks)} tasks", *some[:_FAN_OUTS_SHOWN]]
    more = len(some) - _FAN_OUTS_SHOWN
    return ", ".join(parts) + (f" and of {more} more" if more > 0 else "") + f" kept of run {past.run}"
