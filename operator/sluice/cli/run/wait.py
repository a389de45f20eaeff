"""`--wait`: in silence until the run ends."""

import time

import click

from sluice.cli.durations import lasting
from sluice.cli.printable import printable
from sluice.cli.states import ENDED, SUCCEEDED, state_of
from sluice.cli.watch.view import RunView
from sluice.client.api import Client
from sluice.client.follow import follow_object
from sluice.client.resources import RUNS
from sluice.core import Json


async def wait(client: Client, run: str) -> bool:
    """Did it succeed? It may not exist yet. The line that is printed says how it ended."""
    async for found in follow_object(client, RUNS, run, to_come=True):
        state = state_of(found.get("status", {}).get("phase", "Pending"))
        if state.word in ENDED:
            click.echo(_end(found))
            return state is SUCCEEDED
    raise AssertionError("following a run has no end of its own")


def _end(run: Json) -> str:
    view = RunView.of(run, None)
    words = (
        f"{view.state.sign} {view.name}  {view.state.word}",
        view.progress,
        lasting(view.elapsed(time.time())),
        "" if view.state is SUCCEEDED else printable(run["status"].get("message", "").partition("\n")[0]),
    )
    return "  ".join(filter(None, words))
