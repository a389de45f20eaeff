"""The outputs of a run that succeeded: the `outputs` of its Workflow, with the placeholders filled in.

A value that is nothing but one placeholder for a task's output keeps its type: a list stays a list. A value that needs
a task without outputs, for example a skipped one, is left out, unless another part of the placeholder (`??`) exists.
"""

from sluice.core import Json
from sluice.core.base.text import as_json
from sluice.core.graph.placeholders import PLACEHOLDER, TooLong, chosen, fill
from sluice.core.graph.references import TaskRead
from sluice.core.run.outputs import result_of
from sluice.core.run.state import RunState
from sluice.core.spec.outputs import RESULTS_MAX_BYTES, InvalidOutputs
from sluice.core.spec.reads import Reads


def run_outputs(run: RunState) -> str | InvalidOutputs:
    """As a JSON object, empty if the Workflow declares none."""
    reads = Reads.of({"outputs": run.definition.outputs})
    numbers = {name: run.tasks.number(name) for name in reads.tasks}
    results = {name: result_of(run.tasks[number]) for name, number in numbers.items() if number is not None}
    values = run.identity.values | reads.values(results)
    found: Json = {}
    for name, text in run.definition.outputs.items():
        if any(chosen(words, values) is None for words in PLACEHOLDER.findall(text)):
            continue
        whole = PLACEHOLDER.fullmatch(text)
        read = TaskRead.of(chosen(whole[1], values) or "") if whole else None
        if read and read.output:
            found[name] = results[read.task].outputs[read.output]
            continue
        try:
            found[name] = fill({"": text}, values)[""]
        except TooLong as error:
            return InvalidOutputs(f"outputs too large: {name}: {error}")
    written = as_json(found)
    size = len(written.encode())
    if size > RESULTS_MAX_BYTES:
        return InvalidOutputs(f"outputs too large: those of the run have {size} bytes as JSON; {RESULTS_MAX_BYTES} fit")
    return written
