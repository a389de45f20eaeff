"""One run: how each task stands, its graph once it is frozen, and the longest way; after that only what has changed. Of
child runs that are drawn in its graph the same, without the longest way.
"""

import time
from asyncio import TaskGroup
from collections.abc import AsyncIterator
from contextlib import suppress

from sluice.cli.graph.read import expected
from sluice.client import graphs
from sluice.client.api import Client
from sluice.client.errors import Deleted, NotFound
from sluice.client.follow import follow_object
from sluice.client.resources import RUNS
from sluice.core import Json
from sluice.core.explain.seen import RunSeen
from sluice.core.graph.critical_path import longest_way
from sluice.page.channel import Channel
from sluice.page.feeds.latest import Latest

_KINDS = ("bash", "python", "function", "workflow", "approval", "wait", "join", "command", "image")
"""What a task does, the first that it has."""
_LARGE = ("outputs",)
"""What of a task's status is shown only on request."""


def feed_run(channel: Channel, client: Client, name: str, group: TaskGroup) -> None:
    group.create_task(_feed(channel, client, name, group))


async def _feed(channel: Channel, client: Client, name: str, group: TaskGroup) -> None:
    latest: Latest[Json] = Latest("run")
    group.create_task(latest.keep(follow_object(client, RUNS, name, lost=latest.lost)))
    graph: Json | None = None
    longest: _LongestWay | None = None
    entries = _Entries()
    way: tuple[str, ...] = ()
    async for run in latest.updates(channel):
        graph = graph or await graphs.graph_of_run(client, run)
        seen = RunSeen(run, time.time(), graph)
        await channel.send("run", {"run": _head(run), **entries.changes(seen)})
        if graph is not None and longest is None:
            await channel.send("graph", {"tasks": _tasks(seen)})
            longest = _LongestWay(seen)
        before, way = way, longest.of(seen) if longest else ()
        if way != before:
            await channel.send("way", way)


def feed_child(channel: Channel, client: Client, path: str, name: str, group: TaskGroup) -> None:
    """A child run of the one that is shown. `path` is the task that called it: `load`, or in its run `load/clean`."""
    group.create_task(_feed_child(channel, client, path, name, group))


async def _feed_child(channel: Channel, client: Client, path: str, name: str, group: TaskGroup) -> None:
    latest: Latest[Json] = Latest(path)
    group.create_task(_keep(latest, follow_object(client, RUNS, name, lost=latest.lost)))
    graph: Json | None = None
    entries = _Entries()
    async for run in latest.updates(channel):
        known, graph = graph, graph or await graphs.graph_of_run(client, run)
        seen = RunSeen(run, 0.0, graph)
        tasks = {} if graph is None or known is not None else {"tasks": _tasks(seen)}
        await channel.send("child", {"path": path, **tasks, **entries.changes(seen)})


async def _keep(latest: Latest[Json], following: AsyncIterator[Json]) -> None:
    """Until the child run is gone: its parent goes on."""
    with suppress(Deleted, NotFound):
        await latest.keep(following)


class _Entries:
    """How tasks stand, as far as it has changed since it was last asked for."""

    def __init__(self) -> None:
        self._sent: dict[str, Json] = {}

    def changes(self, seen: RunSeen) -> Json:
        sent, self._sent = self._sent, {task: _small(entry) for task, entry in seen.entries.items()}
        changed = {task: entry for task, entry in self._sent.items() if sent.get(task) != entry}
        return {"changed": changed, "gone": [task for task in sent if task not in self._sent]}


def _tasks(seen: RunSeen) -> list[Json]:
    """In the Workflow's order."""
    return [
        {
            "name": name,
            "kind": next((kind for kind in _KINDS if kind in fields), ""),
            "group": str(fields.get("group", "")),
            "final": fields.get("finally") is True,
            "fanOut": "forEach" in fields,
            "dependsOn": seen.depends_on[name],
        }
        for name, fields in seen.definitions.items()
    ]


class _LongestWay:
    """As `sluice graph` has it: by how long each task took so far, else by how long it is expected to take."""

    def __init__(self, seen: RunSeen) -> None:
        self._expected_s = expected(seen.definitions)
        self._finals = {name for name, fields in seen.definitions.items() if fields.get("finally") is True}
        self._depends_on = {
            name: [before for before in needs if before in seen.definitions] for name, needs in seen.depends_on.items()
        }

    def of(self, seen: RunSeen) -> tuple[str, ...]:
        """The names of the tasks on it, as they stand."""

        def lasts_s(task: str) -> float:
            took_s = seen.took_s(seen.entries.get(task, {}))
            return self._expected_s.get(task, 0.0) if took_s is None else took_s

        return longest_way(self._depends_on, lasts_s, self._finals)


def _small(entry: Json) -> Json:
    return {key: value for key, value in entry.items() if key not in _LARGE}


def _head(run: Json) -> Json:
    """All but the tasks."""
    status = {key: value for key, value in (run.get("status") or {}).items() if key != "tasks"}
    metadata = {key: value for key, value in run["metadata"].items() if key != "managedFields"}
    return {"metadata": metadata, "spec": run.get("spec") or {}, "status": status}
