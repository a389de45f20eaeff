"""Whether something can still be changed: asked by the command line and the page alike, before they change it."""

from sluice.cli.states import ENDED
from sluice.client.errors import ClientError
from sluice.core import Json


def check_goes_on(found: Json) -> None:
    """Of a run or a Backfill. Raises ClientError if it has ended."""
    phase = (found.get("status") or {}).get("phase", "")
    if phase in ENDED:
        raise ClientError(f"{found['metadata']['name']} has ended already: {phase}")


def check_not_stopped(run: Json) -> None:
    """Raises ClientError if it has ended, or is to end."""
    check_goes_on(run)
    if run["spec"].get("state") == "Stopped":
        name = run["metadata"]["name"]
        raise ClientError(f"{name} is being stopped; to take up its work again once it has: sluice retry {name}")


def check_undecided(run: str, task: str, entries: Json) -> None:
    """Raises ClientError if the approval has been decided. `entries` are the tasks in the run's status."""
    entry = entries.get(task, {})
    if (phase := entry.get("phase", "Pending")) not in ("Pending", "Running"):
        raise ClientError(f"{task} of {run} has been decided: {phase}; {entry.get('message', '')}".rstrip("; "))
