"""Whether a unit can start, given what its placeholders read: all that must have ended, and outputs must be there; of
several parts (`??`) that are all outputs, one.

An output that is not there although its task has succeeded is lost, which the task says when it is to start.
"""

from sluice.core.graph.trigger_rules import Verdict
from sluice.core.run.fan_out import ReadByAll
from sluice.core.run.outputs import read_by_all, unit_before
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskState

_FAILED = frozenset({"Failed", "UpstreamFailed", "Stopped"})


def can_read(run: RunState, number: int) -> Verdict:
    task = run.tasks[number]
    if task.group is None:
        return _verdict(read_by_all(run, task))
    leader = task.definition.same_as
    unit = unit_before(run, task, leader) if leader in task.definition.reads.tasks else None
    return _verdict(read_by_all(run, task), unit)


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
