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
from dataclasses import dataclass
from typing import Any

from sluice.api.for_each import MAX_ITEMS, ForEachSpec
from sluice.core import Json
from sluice.core.base.errors import SluiceError
from sluice.core.base.text import as_text


class NoItems(SluiceError):
    """A fan-out whose items cannot be counted. The task fails with these words."""


@dataclass(frozen=True, slots=True)
class ForEach:
    """A task's `forEach`. `spec` says the items, placeholders not yet filled in."""

    spec: ForEachSpec
    same_as: str | None = None
    batch: int | None = None
    parallelism: int | None = None
    min_success: int | str | None = None

    @classmethod
    def of(cls, spec: ForEachSpec) -> "ForEach":
        return cls(spec, spec.same_as, spec.batch, spec.parallelism, spec.min_success)

    def items(self, fill: Callable[[Json], Json]) -> list[Any]:
        """What each pod gets: an item, or with `batch` a list of them. `fill` replaces placeholders.

        Raises NoItems.
        """
        spec = self.spec
        if spec.range is not None:
            numbers = range(spec.range.start, spec.range.end, spec.range.step)
            found: list[Any] = list(map(str, numbers[: MAX_ITEMS + 1]))
        elif spec.matrix is not None:
            filled = fill({"matrix": spec.matrix, "exclude": spec.exclude or []})
            found = list(itertools.islice(_combinations(filled["matrix"], filled["exclude"]), MAX_ITEMS + 1))
        elif spec.from_ is not None:
            found = _parsed(fill({"from": spec.from_})["from"])
        else:
            found = fill({"items": spec.items or []})["items"]
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


def item_values(item: Any) -> dict[str, str]:
    """What $(item) and $(item.FIELD) stand for."""
    fields = item if isinstance(item, dict) else {}
    return {"item": as_text(item)} | {f"item.{name}": as_text(value) for name, value in fields.items()}
