"""`sluice retry`: exit code 0, or 2 if there is nothing to retry."""

from dataclasses import dataclass
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
from sluice.core import Json

if TYPE_CHECKING:
    from sluice.client.api import Client

_AS_BEFORE = ("workflow", "arguments", "scheduledTime", "intervalStart", "priority")


@click.command("retry", short_help="Do again what a run has not done.")
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
    if items is not None and len(tasks) > 1:
        raise click.UsageError("--item goes with one --task, the fan-out that has these items")
    with_client(access, lambda client: _retry(client, run, _Again(tasks, items), name, writing))


@dataclass(frozen=True, slots=True)
class _Again:
    """What is to run again, as the flags say."""

    tasks: tuple[str, ...]
    items: str | None

    def written(self, target: Target) -> list[Any]:
        """As in `spec.resumeFrom.rerun`. Raises ClientError."""
        tasks = (*self.tasks, target.task) if target.task else self.tasks
        items = self.items if target.item is None else str(target.item)
        if items is None:
            return list(tasks)
        if len(tasks) != 1:
            raise ClientError("items are of one task; write for example: sluice retry etl --task load --item 3,7-9")
        return [{"task": tasks[0], "items": items}]


async def _retry(client: "Client", named: str, again: _Again, name: str | None, writing: Writing) -> None:
    from sluice.cli.retry.words import outlook  # noqa: PLC0415  # not for --help
    from sluice.client import find  # noqa: PLC0415

    target = parse(named)
    rerun = again.written(target)
    run = await find.run(client, target)
    check(run, rerun)
    workflow = await find.named(client, Kind.WORKFLOW, run["spec"]["workflow"])
    words = await outlook(client, run, workflow, rerun)
    created = await writing.create(client, RUNS, retried(run, rerun, name))
    created.say(f"{words}\nworkflowrun/{created.name} created")


def check(run: Json, rerun: list[Any]) -> None:
    """Raises ClientError if there is nothing to retry. `rerun` is as in `spec.resumeFrom`."""
    old, phase = run["metadata"]["name"], run.get("status", {}).get("phase", "Pending")
    if phase not in ENDED:
        raise ClientError(f"{old} has not ended yet ({phase}); to end it: sluice stop {old}")
    if phase == "Succeeded" and not rerun:
        raise ClientError(f"{old} has succeeded; name what is to run again: sluice retry {old} --task TASK")


def retried(run: Json, rerun: list[Any], name: str | None = None) -> Json:
    """The manifest of the new run."""
    spec = {key: run["spec"][key] for key in _AS_BEFORE if key in run["spec"]}
    spec["resumeFrom"] = {"run": run["metadata"]["name"], **({"rerun": rerun} if rerun else {})}
    metadata = {"name": name} if name else {"generateName": f"{run['spec']['workflow']}-"}
    return {"apiVersion": API_VERSION, "kind": RUNS.kind, "metadata": metadata, "spec": spec}
