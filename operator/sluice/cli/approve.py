"""`sluice approve`: exit code 0, or 2 if the decision was not taken down."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from sluice.cli import complete
from sluice.cli.changeable import check_goes_on, check_undecided
from sluice.cli.cluster import access_options, with_client
from sluice.cli.write import Writing, write_options
from sluice.client.access import Access
from sluice.client.errors import ClientError
from sluice.client.names import check_task, parse
from sluice.client.resources import RUNS
from sluice.core import Json
from sluice.core.base.text import first_names

if TYPE_CHECKING:
    from sluice.client.api import Client

_WORDS = {"Approve": "approved", "Reject": "rejected"}
_SHOWN = 5


@click.command("approve")
@click.argument("task", metavar="RUN[/TASK]", shell_complete=complete.runs)
@click.option("-m", "--message", help="Why.")
@click.option("--reject", is_flag=True, help="Say no.")
@access_options
@write_options
def command(task: str, message: str | None, access: Access, writing: Writing, *, reject: bool) -> None:
    """Decide about an approval task, in your own name.

    RUN is the name of a run, or of a Workflow for its newest one. Without a TASK it is the one that asks. A decision
    may be given before the task asks for it.

    Example: sluice approve release/deploy -m "checked staging"
    """
    verdict = "Reject" if reject else "Approve"
    with_client(access, lambda client: _decide(client, task, verdict, message, writing))


async def _decide(client: "Client", named: str, verdict: str, comment: str | None, writing: Writing) -> None:
    from sluice.client import find, graphs  # noqa: PLC0415  # not for --help
    from sluice.core.status.stored_entries import usable_entries  # noqa: PLC0415

    target = parse(named)
    run = await find.run(client, target)
    name = run["metadata"]["name"]
    check_goes_on(run)
    entries = usable_entries(run.get("status", {}))
    graph = await graphs.graph_of_run(client, run)
    task = _task(name, target.task, entries, graph)
    check_undecided(name, task, entries)
    by = await client.whoami()
    changed = await writing.patch(client, RUNS, name, approval(task, verdict, by, comment))
    changed.say(f"{task} of {name}: {_WORDS[verdict]} by {by}.{_goes_on(task, entries, graph, verdict)}")


def approval(task: str, verdict: str, by: str, comment: str | None) -> Json:
    """The change of the run. `verdict` is Approve or Reject, `by` the user's own name."""
    decision = {"decision": verdict, "by": by} | ({"comment": comment} if comment else {})
    return {"spec": {"approvals": {task: decision}}}


def _task(run: str, asked: str, entries: Json, graph: Json | None) -> str:
    """The approval that is meant. Raises BadName or ClientError."""
    approvals: list[str] = [task["name"] for task in (graph or {}).get("tasks", ()) if "approval" in task]
    if asked:
        return check_task(asked, approvals) if graph is not None else asked
    asking = [name for name in approvals if str(entries.get(name, {}).get("reason", "")).startswith("Approval")]
    if len(asking) == 1:
        return asking[0]
    if not asking:
        known = f"; its approvals are {first_names(approvals, len(approvals), _SHOWN)}" if approvals else ""
        raise ClientError(f"no task of {run} asks for a decision{known}")
    raise ClientError(f"several tasks of {run} ask: {first_names(asking, len(asking), _SHOWN)}; name one as {run}/TASK")


def _goes_on(task: str, entries: Json, graph: Json | None, verdict: str) -> str:
    """How many tasks have waited for an approval."""
    if graph is None or verdict == "Reject":
        return ""
    if not str(entries.get(task, {}).get("reason", "")).startswith("Approval"):
        return " It counts as soon as the task asks."
    count = sum(
        1 for name in _after(task, graph["tasks"]) if entries.get(name, {}).get("phase", "Pending") == "Pending"
    )
    return f" {count} {'task goes' if count == 1 else 'tasks go'} on." if count else ""


def _after(task: str, tasks: list[Json]) -> Iterable[str]:
    """The tasks that depend on it, directly or not."""
    from sluice.core.graph.dag import Graph  # noqa: PLC0415  # not for --help
    from sluice.core.graph.references import dependencies  # noqa: PLC0415

    names = [each["name"] for each in tasks]
    graph = Graph.of(names, dependencies(tasks))
    found: dict[int, None] = {}
    front = [names.index(task)]
    for number in front:  # grows while it is read
        for dependent in graph.dependents[number]:
            if dependent not in found:
                found[dependent] = None
                front.append(dependent)
    return [names[number] for number in found]
