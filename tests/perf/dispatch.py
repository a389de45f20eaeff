"""How long after the end of its last dependency a pod is asked for, by the API server's own clock: its audit log.

Pods themselves know whole seconds only. The log has microseconds: when the creation of a pod was received, and when the
request that wrote the end into its status had been received and was answered. Somewhere between these two the end is
in etcd and every watch can have it; we count from the first, so that the API server's own writing is in the figure, for
plain pods as for the operator.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from sluice.core.base.naming import LABEL_RUN_UID, LABEL_TASK
from sluice.core.graph.dag import Graph
from tests.perf.scenarios import Json


class Unit(NamedTuple):
    """A task of a run."""

    run: str
    task: str


@dataclass(frozen=True)
class Lives:
    """Of a namespace's pods, by what they are for, in seconds: when each was first asked for, and when it ended."""

    posted: dict[Unit, float]
    ended: dict[Unit, float]


def lives(log: Iterable[bytes], namespace: str) -> Lives:
    found, of_pod = Lives({}, {}), {}
    for line in log:
        event = orjson.loads(line)
        about = event["objectRef"]
        if about["namespace"] != namespace:
            continue
        wanted = event["requestObject"]
        if event["verb"] == "create":
            labels = wanted["metadata"]["labels"]
            of_pod[about["name"]] = unit = Unit(labels[LABEL_RUN_UID], labels[LABEL_TASK])
            found.posted.setdefault(unit, _moment(event))
        elif wanted.get("status", {}).get("phase") in ("Succeeded", "Failed"):
            found.ended.setdefault(of_pod[about["name"]], _moment(event))
    return found


def waits_ms(seen: Lives, names: Sequence[str], graph: Graph) -> list[float]:
    """For each pod that had to wait for others, from the end of the last of them until it was asked for."""
    numbers = {name: number for number, name in enumerate(names)}
    return [
        1000 * (posted - max(seen.ended[unit._replace(task=names[number])] for number in dependencies))
        for unit, posted in seen.posted.items()
        if (dependencies := graph.dependencies[numbers[unit.task]])
    ]


def percentile(values: Sequence[float], per_cent: float) -> float:
    """The smallest of the values that so many per cent of them do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * per_cent / 100) - 1)]


def in_short(waits: Sequence[float]) -> Json:
    return {f"p{per_cent}": round(percentile(waits, per_cent), 1) for per_cent in (50, 99)}


class AuditLog:
    """The part of the log that is written from now on."""

    def __init__(self, path: Path) -> None:
        self._path, self._start = path, path.stat().st_size

    def lines(self) -> list[bytes]:
        with self._path.open("rb") as log:
            log.seek(self._start)
            return [line for line in log if line.endswith(b"\n")]


def _moment(event: Json) -> float:
    return datetime.fromisoformat(event["requestReceivedTimestamp"]).timestamp()
