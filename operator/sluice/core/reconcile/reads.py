"""Whether a unit can start, given what its placeholders read: all that must have ended, and outputs must be there; of
several parts (`??`) that are all outputs, one.

An output that is not there although its task has succeeded is lost, which the task says when it is to start.
"""

from sluice.core.graph.trigger_rules import Verdict
from sluice.core.run.fan_out import ReadByAll
from sluice.core.run.outputs import unit_before
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskState

_FAILED = frozenset({"Failed", "UpstreamFailed", "Stopped"})


def can_read(run: RunState, number: int) -> Verdict:
    task = run.tasks[number]
    if task.group is None:
        return _verdict(_read_by_all(run, task))
    fan_out = run.tasks.fan_outs[task.group]
    if (found := fan_out.read) is None and (found := _read_by_all(run, task)) is not None:
        fan_out.know_reads(found)
    leader = task.definition.same_as
    unit = unit_before(run, task, leader) if leader in task.definition.reads.tasks else None
    return _verdict(found, unit)


def _read_by_all(run: RunState, task: TaskState) -> ReadByAll | None:
    """Of what a unit reads all but the items that it follows: each item reads its own. None until that has ended."""
    reads, leader = task.definition.reads, task.definition.same_as
    found = {name: unit_before(run, task, name) for name in reads.tasks if name != leader}
    before = {name: unit for name, unit in found.items() if unit is not None}
    if any(unit.phase == "Pending" for unit in before.values()):
        return None
    missing: set[str] = set()
    choices: dict[tuple[frozenset[str], frozenset[str]], None] = {}
    for choice in reads.outputs:
        units = [(before[read.task], read.output) for read in choice if read.task in before]
        if any(key in (unit.outputs or {}) for unit, key in units):
            continue
        phases = frozenset(unit.phase for unit, _ in units)
        if of_leader := frozenset(read.output for read in choice if read.task == leader):
            choices[of_leader, phases] = None
        else:
            missing |= phases
    return ReadByAll(frozenset(missing), tuple(choices))


def _verdict(found: ReadByAll | None, leader: TaskState | None = None) -> Verdict:
    """`leader`: the item that an item follows, if it reads it."""
    if found is None or (leader is not None and leader.phase == "Pending"):
        return Verdict.WAIT
    missing = found.missing
    if leader is not None:
        outputs = leader.outputs or {}
        lacking = (phases for keys, phases in found.choices if keys.isdisjoint(outputs))
        missing = missing.union(*({leader.phase, *phases} for phases in lacking))
    if missing & _FAILED:
        return Verdict.UPSTREAM_FAILED
    return Verdict.SKIP if "Skipped" in missing else Verdict.RUN
