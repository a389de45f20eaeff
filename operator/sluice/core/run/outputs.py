"""The outputs of a run's units, and which of them their dependents get."""

from sluice.core import Json
from sluice.core.base.naming import outputs_name
from sluice.core.base.text import as_values
from sluice.core.run.state import RunState
from sluice.core.run.task_state import TaskState


def outputs_so_far(run: RunState, number: int) -> Json | None:
    """The outputs of a named task; of a fan-out, those of the items that have ended. None if there are none yet."""
    fan_out = run.tasks.fan_outs.get(number)
    if fan_out is not None and fan_out.output_bytes:
        return run.tasks.lists_of_items(number)
    return run.tasks[number].outputs


def outputs_before(run: RunState, task: TaskState) -> dict[str, Json]:
    """The outputs of a unit's direct dependencies, by name. Of a fan-out that it follows (`sameAs`), an item gets the
    outputs of the same item.
    """
    number = run.tasks.number_of(task)
    found = {run.tasks[n].definition.name: run.tasks[n].outputs for n in run.definition.graph.dependencies[number]}
    if task.group is not None and (leader := run.tasks.leader(number)) is not None:
        found[run.tasks[leader].definition.name] = run.tasks[run.tasks.fan_outs[leader].first + task.index].outputs
    return {name: outputs for name, outputs in found.items() if outputs is not None}


def lost_outputs(run: RunState, task: TaskState) -> str:
    """Why outputs that a unit needs are gone; empty if they are there."""
    given = outputs_before(run, task)
    before = (run.tasks[n] for n in run.definition.graph.dependencies[run.tasks.number_of(task)])
    declared = [t.definition.name for t in before if t.phase == "Succeeded" and t.definition.outputs]
    lost = [name for name in declared if name not in given]
    place = f"ConfigMap {outputs_name(run.identity.name, run.identity.uid)} was deleted or changed"
    return f"the outputs of {', '.join(lost)} are gone: {place}" if lost else ""


def values_of(run: RunState, task: TaskState) -> dict[str, str]:
    """The value of each placeholder in a unit's strings."""
    return run.identity.values | as_values(outputs_before(run, task))
