"""Whether a unit can start, given what its placeholders read: all that must have ended, and outputs must be there; of
several parts (`??`) that are all outputs, one.

An output that is not there although its task has succeeded is lost, which the task says when it is to start.
"""

from sluice.core.graph.trigger_rules import Verdict
from sluice.core.run.outputs import unit_before
from sluice.core.run.state import RunState

_FAILED = frozenset({"Failed", "UpstreamFailed", "Stopped"})


def can_read(run: RunState, number: int) -> Verdict:
    task, reads = run.tasks[number], run.tasks[number].definition.reads
    leader = task.definition.same_as if task.group is None else None  # each item reads its own
    found = {name: unit_before(run, task, name) for name in reads.tasks if name != leader}
    before = {name: unit for name, unit in found.items() if unit is not None}
    if any(unit.phase == "Pending" for unit in before.values()):
        return Verdict.WAIT
    missing = set()
    for choice in reads.outputs:
        units = [(before[read.task], read.output) for read in choice if read.task in before]
        if not any(key in (unit.outputs or {}) for unit, key in units):
            missing |= {unit.phase for unit, _ in units}
    if missing & _FAILED:
        return Verdict.UPSTREAM_FAILED
    return Verdict.SKIP if "Skipped" in missing else Verdict.RUN
