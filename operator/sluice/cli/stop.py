"""`sluice stop`: exit code 0, or 2 if the run could not be stopped."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from sluice.cli import complete
from sluice.cli.cluster import access_options, with_client
from sluice.cli.states import ENDED
from sluice.cli.words import counted
from sluice.cli.write import Writing, write_options
from sluice.client.access import Access
from sluice.client.errors import ClientError, Forbidden
from sluice.client.names import newest_first, parse
from sluice.client.resources import PODS, RUNS
from sluice.core import Json
from sluice.core.base.naming import LABEL_RUN
from sluice.core.base.text import first_names

if TYPE_CHECKING:
    from sluice.client.api import Client

_GRACE_S = 30  # a pod's own default
_SHOWN = 3


@click.command("stop", short_help="End a run; its finally tasks still run.")
@click.argument("run", metavar="RUN", shell_complete=complete.runs)
@access_options
@write_options
def command(run: str, access: Access, writing: Writing) -> None:
    """End a run: its pods are deleted, its finally tasks still run, and the run is Stopped.

    RUN is the name of a run, or of a Workflow for its newest one; etl~1 is the one before that.

    Example: sluice stop etl
    """
    with_client(access, lambda client: _stop(client, run, writing))


async def _stop(client: "Client", named: str, writing: Writing) -> None:
    from sluice.client import find, graphs  # noqa: PLC0415  # not for --help

    run = await find.run(client, parse(named))
    name, status = run["metadata"]["name"], run.get("status", {})
    if status.get("phase") in ENDED:
        raise ClientError(await _ended(client, run))
    pods, graph = await _pods(client, name), await graphs.graph_of_run(client, run)
    changed = await writing.patch(client, RUNS, name, {"spec": {"state": "Stopped"}})
    changed.say(f"{name}: stopping{_ends(pods)}{_finally((graph or {}).get('tasks', ()), status.get('tasks') or {})}")


async def _ended(client: "Client", run: Json) -> str:
    from sluice.client import find  # noqa: PLC0415

    name, workflow = run["metadata"]["name"], run["spec"]["workflow"]
    others = newest_first(await find.runs_of(client, workflow))
    going = [other.name for other in others if other.cell("Phase") not in ENDED]
    more = f"; still going: {first_names(going, len(going), _SHOWN)}" if going else ""
    return f"{name} has ended already: {run['status']['phase']}{more}"


async def _pods(client: "Client", run: str) -> list[Json]:
    """Those that have not ended; none where they may not be listed."""
    try:
        pods = await client.objects(PODS, labelSelector=f"{LABEL_RUN}={run}")
    except Forbidden:
        return []
    return [pod for pod in pods if pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")]


def _ends(pods: list[Json]) -> str:
    if not pods:
        return ""
    longest = max(pod["spec"].get("terminationGracePeriodSeconds", _GRACE_S) for pod in pods)
    return f"; {counted(len(pods), 'pod ends', 'pods end')} within {longest}s"


def _finally(tasks: Iterable[Json], entries: Json) -> str:
    left = [
        task["name"]
        for task in tasks
        if task.get("finally") and entries.get(task["name"], {}).get("phase", "Pending") in ("Pending", "Running")
    ]
    if not left:
        return ""
    names = first_names(left, len(left), _SHOWN)
    return f", the finally {'task' if len(left) == 1 else 'tasks'} {names} still {'runs' if len(left) == 1 else 'run'}"
