"""`sluice retry`: exit code 0, or 2 if there is nothing to retry."""

from typing import TYPE_CHECKING, Any

import click

from sluice.api import API_VERSION
from sluice.cli import complete
from sluice.cli.cluster import access_options, with_client
from sluice.cli.states import ENDED
from sluice.cli.write import Writing, write_options
from sluice.client.access import Access
from sluice.client.errors import ClientError
from sluice.client.names import Kind, Target, parse
from sluice.client.resources import RUNS

if TYPE_CHECKING:
    from sluice.client.api import Client

_AS_BEFORE = ("workflow", "arguments", "scheduledTime", "intervalStart", "priority")


@click.command("retry")
@click.argument("run", metavar="RUN[/TASK]", shell_complete=complete.runs)
@click.option(
    "--task",
    "tasks",
    multiple=True,
    shell_complete=complete.tasks,
    help="Run this task again whatever became of it, with all after it.",
)
@click.option("--item", "items", help="Of the one --task, a fan-out, only these items, such as 3,7-9.")
@click.option("--name", help="The new run's name.")
@access_options
@write_options
def command(
    run: str, tasks: tuple[str, ...], items: str | None, name: str | None, access: Access, writing: Writing
) -> None:
    """Start a run that keeps what an earlier one has done, and does the rest.

    What is kept: successes whose definition and inputs are unchanged in the Workflow as it is now. RUN is the name of a
    run, or of a Workflow for its newest one; etl/load[17] runs that item again.

    Example: sluice retry etl --task load
    """
    target = parse(run)
    if target.task:
        tasks, items = (*tasks, target.task), items if target.item is None else str(target.item)
    if items is not None and len(tasks) != 1:
        raise click.UsageError("--item goes with one --task, the fan-out that has these items")
    rerun: list[Any] = [{"task": tasks[0], "items": items}] if items is not None else list(tasks)
    with_client(access, lambda client: _retry(client, target, rerun, name, writing))


async def _retry(client: "Client", target: Target, rerun: list[Any], name: str | None, writing: Writing) -> None:
    from sluice.cli.retry.words import outlook  # noqa: PLC0415  # not for --help
    from sluice.client import find  # noqa: PLC0415

    run = await find.run(client, target)
    old, phase = run["metadata"]["name"], run.get("status", {}).get("phase", "Pending")
    if phase not in ENDED:
        raise ClientError(f"{old} has not ended yet ({phase}); to end it: sluice stop {old}")
    if phase == "Succeeded" and not rerun:
        raise ClientError(f"{old} has succeeded; name what is to run again: sluice retry {old} --task TASK")
    workflow = await find.named(client, Kind.WORKFLOW, run["spec"]["workflow"])
    words = await outlook(client, run, workflow, rerun)
    spec = {key: run["spec"][key] for key in _AS_BEFORE if key in run["spec"]}
    spec["resumeFrom"] = {"run": old, **({"rerun": rerun} if rerun else {})}
    metadata = {"name": name} if name else {"generateName": f"{run['spec']['workflow']}-"}
    manifest = {"apiVersion": API_VERSION, "kind": RUNS.kind, "metadata": metadata, "spec": spec}
    created = await writing.create(client, RUNS, manifest)
    created.say(f"{words}\nworkflowrun/{created.name} created")
