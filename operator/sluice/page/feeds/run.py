"""One run: its graph once it is frozen, how each task stands, and the longest way; after that only what has changed."""

import time
from asyncio import TaskGroup

from sluice.cli.graph.read import of_run
from sluice.cli.graph.subject import Subject
from sluice.client import graphs
from sluice.client.api import Client
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
    subject: Subject | None = None
    sent: dict[str, Json] = {}
    way: tuple[str, ...] = ()
    async for run in latest.told(channel):
        if graph is None and (graph := await graphs.graph_of_run(client, run)) is not None:
            seen = RunSeen(run, time.time(), graph)
            await channel.send("graph", {"tasks": _tasks(seen)})
            subject = of_run(seen)
        seen = RunSeen(run, time.time(), graph)
        entries = {task: _small(entry) for task, entry in seen.entries.items()}
        changed = {task: entry for task, entry in entries.items() if sent.get(task) != entry}
        gone = [task for task in sent if task not in entries]
        sent = entries
        await channel.send("run", {"run": _head(run), "changed": changed, "gone": gone})
        before, way = way, _longest_way(subject, seen) if subject else ()
        if way != before:
            await channel.send("way", way)


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


def _longest_way(subject: Subject, seen: RunSeen) -> tuple[str, ...]:
    """As `sluice graph` has it: by how long each task took so far, else by how long it is expected to take."""

    def lasts_s(task: str) -> float:
        took_s = seen.took_s(seen.entries.get(task, {}))
        return subject.expected_s.get(task, 0.0) if took_s is None else took_s

    return longest_way({task.name: task.depends_on for task in subject.tasks}, lasts_s)


def _small(entry: Json) -> Json:
    return {key: value for key, value in entry.items() if key not in _LARGE}


def _head(run: Json) -> Json:
    """All but the tasks."""
    status = {key: value for key, value in (run.get("status") or {}).items() if key != "tasks"}
    metadata = {key: value for key, value in run["metadata"].items() if key != "managedFields"}
    return {"metadata": metadata, "spec": run.get("spec") or {}, "status": status}
