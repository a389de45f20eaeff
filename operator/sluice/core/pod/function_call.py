"""How a task's function is to be called, as the stub reads it from `/sluice/inputs.json`."""

from collections.abc import Mapping

from sluice.api.task import FunctionSpec
from sluice.core import Json
from sluice.core.cel.variables import TaskVariable
from sluice.core.graph.placeholders import Values, fill_typed
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.task import TaskDefinition


def function_call(
    function: FunctionSpec,
    run: RunIdentity,
    task: TaskDefinition,
    before: Mapping[str, TaskVariable],
    item: Json,
    texts: Values,
) -> Json:
    """`item` is what `$(item)` and its fields stand for, `texts` what all placeholders stand for in a text. An argument
    that is one whole placeholder is the value itself.
    """
    values: Json = {f"params.{name}": value for name, value in run.parameters.items()}
    for name, ended in before.items():
        values |= {f"tasks.{name}.outputs.{key}": value for key, value in ended.outputs.items()}
        values |= {f"tasks.{name}.{field}": value for field, value in ended.ends.items()}
    return {
        "file": function.file,
        "name": function.name,
        "arguments": fill_typed(function.arguments or {}, values | item, texts),
        "outputs": list(task.outputs),
    }
