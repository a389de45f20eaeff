"""Finds what is to be drawn: in a file, or on the cluster."""

import time
from typing import TYPE_CHECKING

import click

from sluice.cli.graph.drawing import Drawing
from sluice.cli.graph.read import of_run, of_workflow
from sluice.cli.printable import printable
from sluice.cli.run.file import BadFile, check_names, read
from sluice.client.errors import ClientError, NotFound
from sluice.client.names import BadName, Kind, Target
from sluice.client.resources import WORKFLOWS
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.text import did_you_mean
from sluice.core.explain.seen import RunSeen
from sluice.core.quota.calls import called_by

if TYPE_CHECKING:
    from sluice.client.api import Client


def in_file(name: str, workflow: str | None) -> Drawing:
    """Of several Workflows the one of this name, or the first that no other calls. Raises BadFile with all faults."""
    workflows = [each for each in read(name, chart_has_image=True) if each.resource is WORKFLOWS]
    check_names(name, workflows)
    found = {each.name: each.body for each in workflows}
    if not found:
        raise BadFile(f"{name}: there is no Workflow in this file")
    if workflow is None:
        called = {name for each in found.values() for name in called_by(each["spec"])}
        workflow = next((each for each in found if each not in called), next(iter(found)))
        if len(found) > 1:
            others = ", ".join(each for each in found if each != workflow)
            click.echo(printable(f"This is {workflow}; --workflow draws another one of the file: {others}"), err=True)
    if workflow not in found:
        raise BadFile(f"{name}: no Workflow of this file is called '{workflow}'{did_you_mean(workflow, found)}")
    return of_workflow(workflow, found[workflow]["spec"])


async def on_cluster(client: "Client", target: Target) -> Drawing:
    """A Workflow, or a run. Raises the client's errors, and BadName for what has no graph."""
    from sluice.client import find, graphs  # noqa: PLC0415  # not for files: they need no cluster

    if target.kind in (Kind.POOL, Kind.BACKFILL) or target.task:
        raise BadName("a graph is that of a run or a Workflow; write for example etl, etl~1, run/NAME or workflow/NAME")
    if target.kind is Kind.WORKFLOW and not target.back:
        return _of_workflow(await find.named(client, Kind.WORKFLOW, target.name))
    try:
        run = await find.run(client, target)
    except BadName:
        if target.kind or target.back or not target.name:
            raise
        try:
            return _of_workflow(await client.get(WORKFLOWS, target.name))  # one that has no run yet
        except NotFound:
            pass
        raise
    seen = RunSeen(run, time.time(), graph=await graphs.graph_of_run(client, run))
    if not seen.definitions:
        raise ClientError(
            f"the graph of {seen.name} cannot be read: the run was not accepted, or your account may not read it "
            f"(kubectl auth can-i get controllerrevisions.apps -n {client.namespace}); to draw the Workflow as it is "
            f"now: sluice graph workflow/{foreign.string(run['spec'].get('workflow'))}"
        )
    return of_run(seen)


def _of_workflow(workflow: Json) -> Drawing:
    return of_workflow(workflow["metadata"]["name"], workflow["spec"])
