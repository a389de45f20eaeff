"""What `sluice retry` says before it starts the run."""

from typing import Any

from sluice.api.run import ResumeFrom, WorkflowRunSpec
from sluice.cli.retry.forecast import Forecast, first_failure, forecast
from sluice.cli.retry.past import read
from sluice.cli.words import counted
from sluice.client.api import Client
from sluice.client.errors import ClientError
from sluice.client.names import check_task
from sluice.core import Json
from sluice.core.base.naming import graph_of
from sluice.core.base.text import first_names
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.scheduled_time import ScheduledTime
from sluice.core.status.stored_entries import usable_entries
from sluice.core.triggers.rerun import counted_items, resume_faults

_SHOWN = 5
_ENDED = {"Succeeded": "succeeded", "Failed": "failed", "Stopped": "was stopped"}


async def outlook(client: Client, run: Json, workflow: Json, rerun: list[Any]) -> str:
    """What became of the run, what a new one keeps of it and what it runs.

    `rerun` is as in `spec.resumeFrom`. Raises ClientError with what is wrong with it.
    """
    old, phase, spec = run["metadata"]["name"], run["status"]["phase"], WorkflowRunSpec.read_usable(run["spec"])
    definition = Definition.of(graph_of(workflow["spec"]))
    for each in rerun:
        check_task(each if isinstance(each, str) else each["task"], (task.name for task in definition.tasks))
    asked = ResumeFrom.model_validate({"run": old, "rerun": rerun or None})
    counted = counted_items(usable_entries(run["status"]))
    if faults := resume_faults(asked, "", spec.workflow, definition, spec, counted):
        raise ClientError("\n".join(fault.message for fault in faults))
    past = await read(client, run)
    if past is None:
        return f"{old} {_ENDED[phase]}. Its graph cannot be read here, so the operator alone knows what is kept."
    values = definition.values(spec.arguments or {})
    identity = RunIdentity("", client.namespace, "", spec.workflow, values, scheduled=ScheduledTime.of(spec))
    failure = first_failure(past) if phase == "Failed" else ""
    where = f" at {failure}" if failure else ""
    return f"{old} {_ENDED[phase]}{where}. {_of(forecast(definition, identity, past, asked.rerun or []))}"


def _of(found: Forecast) -> str:
    keeps, runs = counted(found.kept, "success", "successes"), counted(len(found.tasks), "task")
    return f"The new run keeps {keeps} and runs {runs}: {first_names(found.tasks, len(found.tasks), _SHOWN)}."
