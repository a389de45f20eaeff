"""Earlier runs of a Workflow, from which it is guessed how long the next one takes."""

from sluice.client import find
from sluice.client.api import Client
from sluice.client.errors import ClientError, Forbidden
from sluice.client.names import newest_first
from sluice.client.resources import RUNS
from sluice.client.table import Row
from sluice.core import Json
from sluice.core.base import foreign

_AT_MOST = 10


async def succeeded_runs(client: Client, workflow: str) -> tuple[Json, ...] | None:
    """The newest that succeeded: `name`, `startedAt`, `finishedAt`, and of the very newest `tasks`, as they stand in
    its status. None if runs may not be listed.
    """
    try:
        rows = await find.runs_of(client, workflow)
    except Forbidden:
        return None
    good = [row for row in newest_first(rows) if row.cell("Phase") == "Succeeded"][:_AT_MOST]
    found = [_times(row) for row in good]
    if found:
        try:
            newest = await client.get(RUNS, good[0].name)
        except ClientError:  # deleted meanwhile
            return tuple(found)
        found[0]["tasks"] = foreign.mapping(foreign.mapping(newest.get("status")).get("tasks"))
    return tuple(found)


def _times(row: Row) -> Json:
    return {"name": row.name, "startedAt": row.cell("Started At"), "finishedAt": row.cell("Finished At")}
