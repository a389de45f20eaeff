"""Which run is a Workflow's newest, once the operator has read the Workflow as it is now."""

import time
from collections.abc import Iterator

from sluice.cli.watch.api import TABLE, Api, Refused
from sluice.cli.watch.trouble import ConnectionState, Pause, Waiting
from sluice.core import Json
from sluice.core.base.errors import SluiceError, Unanswered

_POLL_S = 1.0


class WorkflowRefused(SluiceError):
    """The operator does not accept the Workflow, so no run will come."""


def newest_run(api: Api, workflow: str, pause: Pause = time.sleep) -> Iterator[Waiting | str]:
    """What is waited for, then the name of the run."""
    trouble = ConnectionState(api.server, workflow, pause)
    while True:
        try:
            found = api.get(api.ours("workflows", workflow))
            run = _newest(api, found) if _is_read(found) else None
        except (Refused, Unanswered) as error:
            yield trouble.judge(error)
            trouble.wait()
            continue
        trouble.over()
        if run is not None:
            yield run
            return
        yield Waiting(_what_is_missing(found))
        pause(_POLL_S)


def _is_read(workflow: Json) -> bool:
    """Has the operator read this very generation? Raises WorkflowRefused if it did and said no."""
    status, generation = workflow.get("status", {}), workflow["metadata"]["generation"]
    for condition in status.get("conditions") or ():
        if (
            condition["type"] == "Accepted"
            and condition["status"] == "False"
            and condition.get("observedGeneration", generation) == generation
        ):
            raise WorkflowRefused(f"Workflow {workflow['metadata']['name']} was refused:\n{condition['message']}")
    return bool(status.get("observedGeneration", -1) >= generation)


def _what_is_missing(workflow: Json) -> str:
    name = workflow["metadata"]["name"]
    if not _is_read(workflow):
        return f"waiting for the operator to read Workflow {name}"
    if workflow["spec"].get("trigger") == "Manual":
        return f"waiting for somebody to create a WorkflowRun of {name}, whose trigger is Manual"
    if others := [other["workflow"] for other in workflow["spec"].get("after", ())]:
        return f"waiting for the first run of Workflow {name}, which comes after a success of {', '.join(others)}"
    return f"waiting for the first run of Workflow {name}"


def _newest(api: Api, workflow: Json) -> str | None:
    """From the table that kubectl prints: it names each run's Workflow and leaves out the statuses."""
    table = api.get(api.ours("workflowruns"), accept=TABLE)
    (column,) = [number for number, each in enumerate(table["columnDefinitions"]) if each["name"] == "Workflow"]
    name, uid = workflow["metadata"]["name"], workflow["metadata"]["uid"]
    runs = [row["object"]["metadata"] for row in table.get("rows") or () if row["cells"][column] == name]
    own = [run for run in runs if "deletionTimestamp" not in run and _owner(run) in (None, uid)]
    newest = max(own, key=lambda run: (run["creationTimestamp"], run["name"]), default=None)
    return newest["name"] if newest else None


def _owner(run: Json) -> str | None:
    """The UID of the Workflow that made a run: perhaps one of the same name that was deleted."""
    owners = (owner for owner in run.get("ownerReferences") or () if owner["kind"] == "Workflow")
    return next((owner["uid"] for owner in owners), None)
