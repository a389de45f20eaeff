"""Follows a run until it ends, and hands each change to the display."""

from sluice.cli.watch.display import Display
from sluice.cli.watch.order import TaskOrder
from sluice.cli.watch.view import RunView
from sluice.client.api import Client
from sluice.client.follow import follow_object
from sluice.client.graphs import graph_of_run
from sluice.client.history import times_of_runs
from sluice.client.resources import RUNS
from sluice.core.explain.durations import whole_run_s


async def watch(
    client: Client, name: str, display: Display, *, guesses: bool = False, to_come: bool = False
) -> RunView:
    """The last view of the run. `guesses`: it is said how long it may still take; `to_come`: it need not exist yet.

    Raises the client's errors, Deleted among them.
    """
    revision, plan, earlier_s = "", None, None
    changes = follow_object(
        client, RUNS, name, to_come=to_come, lost=lambda error: display.say(f"{error}, still trying")
    )
    async for run in changes:
        if guesses and earlier_s is None:
            earlier_s = await times_of_runs(client, run["spec"]["workflow"]) or ()
        if revision != (revision := run.get("status", {}).get("revision", "")):
            graph = await graph_of_run(client, run)
            plan = None if graph is None else TaskOrder.of(graph)
        view = RunView.of(run, plan, whole_run_s(earlier_s or ()))
        display.show(view)
        if view.ended:
            return view
    raise AssertionError("following a run has no end of its own")
