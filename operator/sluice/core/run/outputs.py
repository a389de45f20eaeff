"""How the tasks before a unit ended, and what they handed on."""

from collections import ChainMap
from collections.abc import Mapping

from sluice.core import Json
from sluice.core.base.naming import outputs_name
from sluice.core.cel.variables import TaskVariable
from sluice.core.graph.placeholders import chosen
from sluice.core.run.fan_out import FanOut, ReadByAll
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskState

_MESSAGE_MAX = 256
"""Characters of a message that others read: in a run of up to 1,000 tasks the status keeps as much, so that it is the
same after a restart."""


def outputs_so_far(run: RunState, number: int) -> Json | None:
    """The outputs of a named task; of a fan-out, those of the items that have ended. None if there are none yet."""
    fan_out = run.tasks.fan_outs.get(number)
    if fan_out is not None and fan_out.output_bytes:
        return run.tasks.lists_of_items(number)
    return run.tasks[number].outputs


def result_of(task: TaskState) -> TaskVariable:
    """How a unit ended. Of an item that is its phase and its outputs: the status keeps no more of it."""
    last = task.last if task.group is None else None
    message = last.message if last is not None and task.phase in ("Succeeded", "Failed") else ""
    return TaskVariable(
        task.phase, last.exit_code if last is not None else None, task.outputs or {}, message[:_MESSAGE_MAX]
    )


def results_before(run: RunState, task: TaskState) -> dict[str, TaskVariable]:
    """How the tasks ended that a unit directly depends on, or reads, by name; without those that have not ended."""
    return {name: result_of(other) for name, other in units_before(run, task).items() if other.phase != "Pending"}


def units_before(run: RunState, task: TaskState) -> dict[str, TaskState]:
    """The tasks that a unit directly depends on, or reads, by name. Of a fan-out that it follows (`sameAs`), an item
    gets the same item.
    """
    before = run.definition.graph.dependencies[run.tasks.number_of(task)]
    names = dict.fromkeys([*(run.tasks[n].definition.name for n in before), *task.definition.reads.tasks])
    found = {name: unit_before(run, task, name) for name in names}
    return {name: unit for name, unit in found.items() if unit is not None}


def unit_before(run: RunState, task: TaskState, name: str) -> TaskState | None:
    """One of them."""
    number = run.tasks.number(name)
    if number is None:
        return None
    follows = task.group is not None and name == task.definition.same_as
    return run.tasks[run.tasks.fan_outs[number].first + task.index if follows else number]


def read_by_all(run: RunState, task: TaskState) -> ReadByAll | None:
    """Of the outputs that a unit reads those that are not there, but for the items that it follows: each item reads its
    own. None until all have ended.
    """
    fan_out = None if task.group is None else run.tasks.fan_outs[task.group]
    if fan_out is not None and fan_out.read is not None:
        return fan_out.read
    if not _have_ended(run, task, task if fan_out is None else fan_out):
        return None
    before = _read_alike(run, task)
    missing: set[str] = set()
    choices: dict[tuple[frozenset[str], frozenset[str]], None] = {}
    for choice in task.definition.reads.outputs:
        units = [(before[read.task], read.output) for read in choice if read.task in before]
        if any(key in (unit.outputs or {}) for unit, key in units):
            continue
        phases = frozenset(unit.phase for unit, _ in units)
        if of_leader := frozenset(read.output for read in choice if read.task == task.definition.same_as):
            choices[of_leader, phases] = None
        else:
            missing |= phases
    found = ReadByAll(frozenset(missing), tuple(choices))
    if fan_out is not None:
        fan_out.read = found
    return found


def _have_ended(run: RunState, task: TaskState, reader: TaskState | FanOut) -> bool:
    """Have all tasks that a unit reads? It may be asked at each of their ends, so it goes on where it stopped."""
    names = task.definition.reads.tasks
    while reader.reads_ended < len(names):
        name = names[reader.reads_ended]
        unit = unit_before(run, task, name)
        if unit is not None and unit.phase == "Pending" and name != task.definition.same_as:
            return False
        reader.reads_ended += 1
    return True


def _read_alike(run: RunState, task: TaskState) -> dict[str, TaskState]:
    """The tasks that a unit reads, but for the one whose items it follows."""
    found = {name: unit_before(run, task, name) for name in task.definition.reads.tasks}
    return {name: unit for name, unit in found.items() if unit is not None and name != task.definition.same_as}


def lost_outputs(run: RunState, task: TaskState) -> str:
    """Why outputs that a unit needs are gone; empty if they are there."""
    if task.group is None:
        lost = _lost(units_before(run, task))
    else:
        fan_out, leader = run.tasks.fan_outs[task.group], task.definition.same_as
        if fan_out.lost is None:
            fan_out.lost = _lost({name: t for name, t in units_before(run, task).items() if name != leader})
        own = None if leader is None else unit_before(run, task, leader)
        lost = fan_out.lost + ([] if leader is None or own is None else _lost({leader: own}))
    place = f"ConfigMap {outputs_name(run.identity.name, run.identity.uid)} was deleted or changed"
    return f"the outputs of {', '.join(lost)} are gone: {place}" if lost else ""


def _lost(before: Mapping[str, TaskState]) -> list[str]:
    return [name for name, t in before.items() if t.phase == "Succeeded" and t.definition.outputs and t.outputs is None]


def values_of(run: RunState, task: TaskState) -> Mapping[str, str]:
    """The value of each placeholder in a unit's strings, but for those of an item. Items share most, so nothing is
    copied for each.
    """
    if task.group is None:
        return run.identity.values | task.definition.reads.values(results_before(run, task))
    fan_out, leader = run.tasks.fan_outs[task.group], task.definition.same_as
    values = fan_out.values
    if values is None:
        found = _read_alike(run, task)
        ended = {name: result_of(unit) for name, unit in found.items() if unit.phase != "Pending"}
        values = run.identity.values | task.definition.reads.values(ended)
        if len(ended) == len(found):
            fan_out.values = values
    own = unit_before(run, task, leader) if leader is not None else None
    if leader is None or own is None or own.phase == "Pending":
        return values
    return ChainMap(task.definition.reads.values({leader: result_of(own)}), values)


def fields_needed(run: RunState, task: TaskState) -> Mapping[str, tuple[str, ...]]:
    """Of the placeholders with fields of its item those for which nothing stands in that all items read, with their
    parts. All tasks that the item reads must have ended.
    """
    fields = task.definition.item_fields
    if task.group is None or not fields:
        return fields
    fan_out = run.tasks.fan_outs[task.group]
    if fan_out.fields_needed is None:
        values_of(run, task)
        known = fan_out.values or {}
        fan_out.fields_needed = {words: parts for words, parts in fields.items() if chosen(words, known) is None}
    return fan_out.fields_needed
