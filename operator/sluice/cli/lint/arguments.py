"""Arguments that tasks give to Workflows among the same files."""

from collections.abc import Callable, Mapping

from pydantic import ValidationError

from sluice.api.parameter import Parameter
from sluice.core import Json
from sluice.core.base.faults import Fault, listed
from sluice.core.base.foreign import mapping, mappings
from sluice.core.spec.arguments import argument_faults
from sluice.core.spec.parameter import ParameterDeclaration, declarations


def arguments_of_calls(workflow: Json, called: Callable[[str], Json | None]) -> list[Fault]:
    """Faults of a Workflow without other faults. `called` gives the manifest of a Workflow by its name, None if it is
    not among the files.
    """
    found: list[Fault] = []
    for number, task in enumerate(workflow["spec"]["tasks"]):
        call = task.get("workflow")
        if call is not None and (other := called(call["name"])) is not None:
            where = f"spec.tasks[{number}].workflow.arguments"
            found += argument_faults(call.get("arguments", {}), declared(other), where, filled_later=True)
    return listed(found)


def declared(workflow: Json) -> Mapping[str, ParameterDeclaration]:
    """The readable parameters of a Workflow; unreadable ones are reported as its own faults."""
    found = []
    for parameter in mappings(mapping(workflow.get("spec")).get("parameters")):
        try:
            found.append(Parameter.read_usable(parameter))
        except ValidationError:
            continue
    return declarations(found)
