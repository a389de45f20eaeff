"""Dispatch latency: from the end of a pod's last dependency to the request that creates it, by the audit log's clock.

Pods have times in whole seconds only. The API server's audit log has microseconds for when each request was received:
the creation of a pod, and the status patch that ends it. The end reaches etcd and the watches somewhat after the patch
was received, so the figure includes the API server's own write, for plain pods and the operator alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from sluice.core.base.naming import LABEL_INDEX, LABEL_RUN_UID, LABEL_TASK
from sluice.core.graph.dag import Graph
from tests.perf.scenarios import Json


class Unit(NamedTuple):
    """A task of a run, or an item of it. The index is a text, and empty where there is no fan-out."""

    run: str
    task: str
    index: str = ""


@dataclass(frozen=True)
class PodTimes:
    """For each pod of a namespace, in Unix seconds: when it was first posted, and when it ended."""

    posted: dict[Unit, float]
    ended: dict[Unit, float]


def pod_times(log: Iterable[bytes], namespace: str) -> PodTimes:
    times, units = PodTimes({}, {}), {}
    for line in log:
        event = orjson.loads(line)
        ref = event["objectRef"]
        if ref["namespace"] != namespace or ref["resource"] != "pods" or event["verb"] == "delete":
            continue
        body = event["requestObject"]
        if event["verb"] == "create":
            labels = body["metadata"]["labels"]
            units[ref["name"]] = unit = Unit(labels[LABEL_RUN_UID], labels[LABEL_TASK], labels.get(LABEL_INDEX, ""))
            times.posted.setdefault(unit, _received_at(event))
        elif body.get("status", {}).get("phase") in ("Succeeded", "Failed"):
            times.ended.setdefault(units[ref["name"]], _received_at(event))
    return times


def waits_ms(times: PodTimes, names: Sequence[str], graph: Graph) -> list[float]:
    """The dispatch latency of each pod with dependencies. `names` are the graph's tasks in order.

    An item comes after the same item of the dependencies.
    """
    numbers = {name: number for number, name in enumerate(names)}
    return [
        1000 * (posted - max(times.ended[unit._replace(task=names[number])] for number in dependencies))
        for unit, posted in times.posted.items()
        if (dependencies := graph.dependencies[numbers[unit.task]])
    ]


def percentile(values: Sequence[float], per_cent: float) -> float:
    """The nearest-rank percentile: the smallest value that at least `per_cent` of the values do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * per_cent / 100) - 1)]


def summary(waits: Sequence[float]) -> Json:
    return {f"p{per_cent}": round(percentile(waits, per_cent), 1) for per_cent in (50, 99)}


class AuditLog:
    """The part of the audit log that is written after this object is made."""

    def __init__(self, path: Path) -> None:
        self._path, self._start = path, path.stat().st_size

    def lines(self) -> list[bytes]:
        with self._path.open("rb") as log:
            log.seek(self._start)
            return [line for line in log if line.endswith(b"\n")]


def _received_at(event: Json) -> float:
    return datetime.fromisoformat(event["requestReceivedTimestamp"]).timestamp()
