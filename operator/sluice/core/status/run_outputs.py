"""The outputs of a run that succeeded: the `outputs` of its Workflow, with the placeholders filled in.

A value that is nothing but one placeholder for a task's output keeps its type: a list stays a list. A value that needs
a task without outputs, for example a skipped one, is left out.
"""

from sluice.core import Json
from sluice.core.base.text import as_json, as_values
from sluice.core.graph.placeholders import PLACEHOLDER, fill
from sluice.core.graph.references import output_of
from sluice.core.run.state import RunState
from sluice.core.spec.outputs import RESULTS_MAX_BYTES, InvalidOutputs


def run_outputs(run: RunState) -> str | InvalidOutputs:
    """As a JSON object, empty if the Workflow declares none."""
    handed_on = {task.definition.name: run.tasks[number].outputs or {} for number, task in enumerate(run.tasks.named)}
    values = run.identity.values | as_values(handed_on)
    found: Json = {}
    for name, text in run.definition.outputs.items():
        read = [reference for reference in map(output_of, PLACEHOLDER.findall(text)) if reference is not None]
        if any(key not in handed_on.get(task, {}) for task, key in read):
            continue
        whole = PLACEHOLDER.fullmatch(text) is not None and read
        found[name] = handed_on[read[0][0]][read[0][1]] if whole else fill({"": text}, values)[""]
    written = as_json(found)
    size = len(written.encode())
    if size > RESULTS_MAX_BYTES:
        return InvalidOutputs(f"outputs too large: those of the run have {size} bytes as JSON; {RESULTS_MAX_BYTES} fit")
    return written
