"""The frozen graph of a run: what its ControllerRevision holds."""

from sluice.client.api import Client
from sluice.client.errors import Forbidden, NotFound
from sluice.client.resources import REVISIONS
from sluice.core import Json
from sluice.core.base.naming import revision_name


async def graph_of_run(client: Client, run: Json) -> Json | None:
    """The graph as it is written in the Workflow.

    None if the run has none yet, if it is gone or may not be read, or if it is not the one that the name stands for.
    """
    name = run.get("status", {}).get("revision")
    if not name:
        return None
    try:
        found = await client.get(REVISIONS, name, run["metadata"]["namespace"])
    except (NotFound, Forbidden):
        return None
    graph: Json = found.get("data") or {}
    owners = (owner for owner in found["metadata"].get("ownerReferences") or () if owner["kind"] == "Workflow")
    return graph if any(name == revision_name(owner["name"], owner["uid"], graph) for owner in owners) else None
