"""A one-line builder for run views.

`run("a >> b", a="Succeeded 1-3", b="Running 4")`: a ran from second 1 to 3 of the minute, b has run since second 4.
"""

from __future__ import annotations

from typing import Any

from sluice.cli.watch.order import TaskOrder
from sluice.cli.watch.view import RunView
from sluice.core.base.times import instant

Json = dict[str, Any]


def at(second: int) -> str:
    return f"2026-03-01T12:03:{second:02}Z"


NOW = instant(at(30))


def task(status: str | Json) -> Json:
    """A status entry from text such as `Succeeded 1-3`; an entry is returned as it is."""
    if isinstance(status, dict):
        return status
    phase, _, times = status.partition(" ")
    start, _, end = times.partition("-")
    entry: Json = {"phase": phase}
    if start:
        entry |= {"attempt": 1, "startedAt": at(int(start))}
    if end:
        entry["finishedAt"] = at(int(end))
    return entry


def pending(reason: str, **fields: Any) -> Json:
    return {"phase": "Pending", "reason": reason, **fields}


def plan(graph: str) -> TaskOrder:
    """A plan from text: `a, b >> c; c >> d` reads "a and b, then c; c, then d"."""
    tasks: dict[str, list[str]] = {}
    for chain in graph.split(";"):
        before: list[str] = []
        for group in chain.split(">>"):
            names = [name.strip() for name in group.split(",")]
            for name in names:
                tasks.setdefault(name, []).extend(before)
            before = names
    return TaskOrder.of({"tasks": [{"name": name, "dependsOn": needs} for name, needs in tasks.items()]})


def run(graph: str, status: Json | None = None, **tasks: str | Json) -> RunView:
    entries = {name: task(entry) for name, entry in tasks.items()}
    return RunView.of(manifest({"tasks": entries, **(status or {})}), plan(graph))


def manifest(status: Json, name: str = "etl-g3-4f7a9") -> Json:
    return {
        "metadata": {"name": name, "namespace": "default", "uid": f"uid-of-{name}", "resourceVersion": "1"},
        "spec": {"workflow": "etl"},
        "status": {"phase": "Running", "progress": "", "startedAt": at(0), **status},
    }
