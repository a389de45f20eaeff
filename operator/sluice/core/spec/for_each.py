"""Fan-outs: one task over many items, each item an attempt, a pod and retries of its own.

A `forEach` says the items in one of five ways. They are counted once, when the task's dependencies let it start, and
are the same whenever they are counted again: after a restart the items come from the same parameters and outputs.

A fan-out ends when all its items have ended. It has succeeded if enough of them have (`minSuccess`, all by default).
Items with nothing to do are Skipped; they count for nothing, and if all are, so is the task.
"""

import itertools
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sluice.api.for_each import MAX_ITEMS
from sluice.api.run import TaskPhase
from sluice.core import Instant, Json
from sluice.core.base.errors import SluiceError
from sluice.core.pod.outcome import Outcome
from sluice.core.spec.outputs import as_text

_FAILURES_SHOWN = 5
_FAILURE_MAX = 256


class NoItems(SluiceError):
    """A fan-out whose items cannot be counted. The task fails with these words."""


@dataclass(frozen=True, slots=True)
class ForEach:
    """A task's `forEach`. `fields` are the manifest's."""

    fields: Json
    same_as: str | None = None
    batch: int | None = None
    parallelism: int | None = None
    min_success: int | str | None = None

    @classmethod
    def of(cls, fields: Json) -> "ForEach":
        return cls(
            fields, fields.get("sameAs"), fields.get("batch"), fields.get("parallelism"), fields.get("minSuccess")
        )

    def items(self, fill: Callable[[Json], Json]) -> list[Any]:
        """What each pod gets: an item, or with `batch` a list of them. `fill` replaces placeholders.

        Raises NoItems.
        """
        fields = fill(self.fields)
        if "range" in fields:
            bounds = fields["range"]
            numbers = range(bounds.get("start", 0), bounds["end"], bounds.get("step", 1))
            found: list[Any] = list(map(str, numbers[: MAX_ITEMS + 1]))
        elif "matrix" in fields:
            found = list(itertools.islice(_combinations(fields["matrix"], fields.get("exclude", ())), MAX_ITEMS + 1))
        elif "from" in fields:
            found = _parsed(fields["from"])
        else:
            found = fields["items"]
        if len(found) > MAX_ITEMS:
            raise NoItems(f"forEach has more than {MAX_ITEMS} items; split the task, or give each item more to do")
        if self.batch is not None:
            return [found[start : start + self.batch] for start in range(0, len(found), self.batch)]
        return found

    def needed(self, total: int) -> int:
        """How many of `total` items must succeed."""
        match self.min_success:
            case None:
                return total
            case int(number):
                return min(number, total)
            case str(share):
                return math.ceil(total * float(share.removesuffix("%")) / 100)


def _combinations(matrix: Json, exclude: Any) -> Iterator[Json]:
    keys = sorted(matrix)  # the API server keeps no order of keys
    for values in itertools.product(*(matrix[key] for key in keys)):
        combination = dict(zip(keys, values, strict=True))
        if not any(unwanted.items() <= combination.items() for unwanted in exclude):
            yield combination


def _parsed(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list):
        start = text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004  # enough to recognize it
        raise NoItems(f"forEach.from must be a JSON list such as [1, 2], and is: {start or 'empty'}")
    return found


def placeholders(item: Any) -> dict[str, str]:
    """What $(item) and $(item.FIELD) stand for."""
    fields = item if isinstance(item, dict) else {}
    return {"item": as_text(item)} | {f"item.{name}": as_text(value) for name, value in fields.items()}


@dataclass(slots=True)
class Group:
    """A fan-out whose items are counted. Item i is the unit `first + i` of the run."""

    first: int
    items: list[Any]
    needed: Callable[[int], int]
    """Of so many items, how many must succeed."""
    parallelism: int | None = None
    recorded: bool = False
    """Does the run's status have the items? No pod is made before: after a restart it would belong to nobody."""
    live: int = 0
    """Items that hold a slot of the run."""
    output_bytes: int = 0
    """Of what its items have handed on."""
    known: Json | None = None
    """What its condition sees, once an item was asked."""
    counts: dict[TaskPhase, int] = field(default_factory=dict)
    """Ended items by phase."""
    failures: list[Json] = field(default_factory=list)
    """The first few that failed: index and message."""
    started_at: Instant | None = None
    """When the first container started."""
    finished_at: Instant | None = None
    """When the last one so far ended."""

    @property
    def units(self) -> range:
        return range(self.first, self.first + len(self.items))

    @property
    def full(self) -> bool:
        return self.parallelism is not None and self.live >= self.parallelism

    @property
    def failing(self) -> bool:
        """Is it certain that too few will succeed?"""
        bad = sum(self.counts.get(phase, 0) for phase in ("Failed", "UpstreamFailed"))
        return bad > self._counting - self.needed(self._counting)

    @property
    def fails(self) -> bool:
        """Is that for the items' own failures, so that the task will be Failed?"""
        return self.failing and bool(self.counts.get("Failed"))

    @property
    def _counting(self) -> int:
        """Skipped items count for nothing."""
        return len(self.items) - self.counts.get("Skipped", 0)

    def ended(self, index: int, phase: TaskPhase, last: Outcome | None) -> None:
        """An item has ended; `last` is how its last attempt did."""
        self.counts[phase] = self.counts.get(phase, 0) + 1
        if last is not None and last.finished_at is not None:
            self.finished_at = max(last.finished_at, self.finished_at or 0.0)
        if phase == "Failed" and len(self.failures) < _FAILURES_SHOWN:
            message = last.message if last is not None else ""
            self.failures.append({"index": index, "message": message[:_FAILURE_MAX]})

    def phase(self) -> TaskPhase | None:
        """How the fan-out has ended, None while it has not."""
        if sum(self.counts.values()) < len(self.items):
            return None
        if self.items and not self._counting:
            return "Skipped"
        if self.counts.get("Succeeded", 0) >= self.needed(self._counting):
            return "Succeeded"
        if self.counts.get("Stopped") and not self.failing:
            return "Stopped"
        return "Failed" if self.counts.get("Failed") else "UpstreamFailed"

    def message(self) -> str:
        """Why it has failed."""
        failed = self.counts.get("Failed", 0)
        if not failed:
            return ""
        first = self.failures[0]
        return f"{failed} of {len(self.items)} items failed; item {first['index']}: {first['message']}"
