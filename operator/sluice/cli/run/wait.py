"""`--wait` and `--follow`: until the run ends, in silence or with a line for each change."""

import time

import click

from sluice.cli.durations import lasting
from sluice.cli.printable import printable
from sluice.cli.states import SUCCEEDED, state_of
from sluice.cli.watch.plain import changes
from sluice.cli.watch.plan import Plan
from sluice.cli.watch.view import RunView
from sluice.client import graphs
from sluice.client.api import Client
from sluice.client.follow import follow_object
from sluice.client.resources import RUNS
from sluice.core import Json


async def wait(client: Client, run: str, *, lines: bool) -> bool:
    """Did it succeed? It may not exist yet. The last line says how it ended; with `lines` all before that, too."""
    plan: Plan | None = None
    before: RunView | None = None
    async for found in follow_object(client, RUNS, run, to_come=True):
        if plan is None and lines and (graph := await graphs.graph_of_run(client, found)) is not None:
            plan = Plan.of(graph)
        view = RunView.of(found, plan)
        if lines:
            for line in changes(before, view, time.time()):
                click.echo(line)
        before = view
        if view.ended:
            if not lines:
                click.echo(_end(found, view))
            return view.state is SUCCEEDED
    raise AssertionError("following a run has no end of its own")


def _end(found: Json, view: RunView) -> str:
    status = found["status"]
    state = state_of(status["phase"])
    words = (
        f"{state.sign} {view.name}  {state.word}",
        printable(status.get("progress", "")),
        lasting(view.elapsed(time.time())),
        "" if state is SUCCEEDED else printable(status.get("message", "").partition("\n")[0]),
    )
    return "  ".join(filter(None, words))
