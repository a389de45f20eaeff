"""Finds the newest run of a Workflow, once the operator has seen the Workflow's current generation."""

import time
from collections.abc import Iterator

from sluice.cli.watch.api import TABLE, Api, Refused
from sluice.cli.watch.trouble import ConnectionState, Pause, Waiting
from sluice.core import Json
from sluice.core.base.errors import SluiceError, Unanswered

_POLL_S = 1.0


class WorkflowRefused(SluiceError):
    """The operator refused the Workflow, so no run will start."""


def newest_run(api: Api, workflow: str, pause: Pause = time.sleep) -> Iterator[Waiting | str]:
    """A Waiting before each retry, then the name of the run. Raises WorkflowRefused, and errors as `follow` does."""
    connection = ConnectionState(api.server, workflow, pause)
    while True:
        try:
            current = api.get(api.ours("workflows", workflow))
            run = _newest(api, current) if _is_observed(current) else None
        except (Refused, Unanswered) as error:
            yield connection.judge(error)
            connection.wait()
            continue
        connection.over()
        if run is not None:
            yield run
            return
        yield Waiting(_pending_reason(current))
        pause(_POLL_S)


def _is_observed(workflow: Json) -> bool:
    """Whether the operator has observed this generation. Raises WorkflowRefused if it refused it."""
    status, generation = workflow.get("status", {}), workflow["metadata"]["generation"]
    for condition in status.get("conditions") or ():
        if (
            condition["type"] == "Accepted"
            and condition["status"] == "False"
            and condition.get("observedGeneration", generation) == generation
        ):
            raise WorkflowRefused(f"Workflow {workflow['metadata']['name']} was refused:\n{condition['message']}")
    return bool(status.get("observedGeneration", -1) >= generation)


def _pending_reason(workflow: Json) -> str:
    name = workflow["metadata"]["name"]
    if not _is_observed(workflow):
        return f"waiting for the operator to read Workflow {name}"
    if workflow["spec"].get("trigger") == "Manual":
        return f"waiting for somebody to create a WorkflowRun of {name}, whose trigger is Manual"
    if upstream := [other["workflow"] for other in workflow["spec"].get("after", ())]:
        return f"waiting for the first run of Workflow {name}, which comes after a success of {', '.join(upstream)}"
    return f"waiting for the first run of Workflow {name}"


def _newest(api: Api, workflow: Json) -> str | None:
    """From the server-side table: it has each run's Workflow, without the large statuses."""
    table = api.get(api.ours("workflowruns"), accept=TABLE)
    (column,) = [index for index, header in enumerate(table["columnDefinitions"]) if header["name"] == "Workflow"]
    name, uid = workflow["metadata"]["name"], workflow["metadata"]["uid"]
    runs = [row["object"]["metadata"] for row in table.get("rows") or () if row["cells"][column] == name]
    own = [run for run in runs if "deletionTimestamp" not in run and _owner(run) in (None, uid)]
    newest = max(own, key=lambda run: (run["creationTimestamp"], run["name"]), default=None)
    return newest["name"] if newest else None


def _owner(run: Json) -> str | None:
    """The UID of the Workflow that created the run: possibly a deleted one of the same name."""
    owners = (owner for owner in run.get("ownerReferences") or () if owner["kind"] == "Workflow")
    return next((owner["uid"] for owner in owners), None)
