"""Fan-outs: one task over many items. Each item has its own pod, attempts and retries.

`forEach` gives the items in one of five ways. They are expanded when the task's dependencies let it start. After a
restart they are expanded again, from the same parameters and outputs, and so are the same.

A fan-out ends when all its items have, and succeeds if enough of them did (`minSuccess`, by default all). Skipped items
do not count; if all items are Skipped, so is the task.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sluice.api.for_each import MAX_ITEMS, RANGE, ForEachSpec
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.errors import SluiceError
from sluice.core.base.text import as_json, as_text
from sluice.core.graph.placeholders import TooLong
from sluice.core.spec.numbers import BadNumber, whole_number

_OF_A_MATRIX_MAX = 256 * 1024  # characters of an item: what pods can carry. A text there is one of 10,000 items


class NoItems(SluiceError):
    """The items cannot be expanded. The task fails with this message."""


@dataclass(frozen=True, slots=True)
class ForEach:
    """A task's `forEach`. `spec` gives the items, with placeholders."""

    spec: ForEachSpec
    same_as: str | None = None
    batch: int | None = None
    parallelism: int | None = None
    min_success: int | str | None = None

    @classmethod
    def of(cls, spec: ForEachSpec) -> "ForEach":
        parallelism = spec.parallelism if isinstance(spec.parallelism, int) else None
        return cls(spec, spec.same_as, spec.batch, parallelism, spec.min_success)

    def items(self, fill: Callable[[Json], Json]) -> list[Any]:
        """What each pod gets: one item, or with `batch` a list of items. `fill` replaces the placeholders.

        Raises NoItems if `from` is not a JSON list, an end of the range no number, or there are more than MAX_ITEMS, or
        they are too long.
        """
        try:
            found = self._single_items(fill)
        except TooLong as error:
            raise NoItems(f"forEach: {error}") from error
        if len(found) > MAX_ITEMS:
            raise NoItems(f"forEach has more than {MAX_ITEMS} items; split the task, or give each item more to do")
        if self.batch is not None:
            return [found[start : start + self.batch] for start in range(0, len(found), self.batch)]
        return found

    def _single_items(self, fill: Callable[[Json], Json]) -> list[Any]:
        """At most one more than there may be."""
        spec = self.spec
        if spec.range is not None:
            try:
                start = whole_number("forEach.range.start", spec.range.start, RANGE, fill)
                end = whole_number("forEach.range.end", spec.range.end, RANGE, fill)
            except BadNumber as error:
                raise NoItems(str(error)) from error
            return list(range(start, end, spec.range.step)[: MAX_ITEMS + 1])
        if spec.matrix is not None:
            filled = fill({"matrix": spec.matrix, "exclude": spec.exclude or []})
            size = sum(max(map(len, map(as_text, values)), default=0) for values in filled["matrix"].values())
            if size > _OF_A_MATRIX_MAX:
                words = "hand on a name of what is so long"
                raise NoItems(f"forEach.matrix: an item has {size} characters, and at most {_OF_A_MATRIX_MAX}; {words}")
            return list(itertools.islice(_combinations(filled["matrix"], filled["exclude"]), MAX_ITEMS + 1))
        if spec.from_ is not None:
            return list(_parsed(fill({"from": spec.from_})["from"]))
        found: list[Any] = fill({"items": spec.items or []})["items"]
        return found

    def needed(self, total: int) -> int:
        """How many of `total` items must succeed, at most all of them."""
        match self.min_success:
            case None:
                return total
            case int(number):
                return min(number, total)
            case str(share):
                return math.ceil(total * float(share.removesuffix("%")) / 100)


def _combinations(matrix: Json, exclude: Sequence[Json]) -> Iterator[Json]:
    keys = sorted(matrix)  # the API server keeps no order of keys
    unwanted: defaultdict[tuple[str, ...], set[tuple[Any, ...]]] = defaultdict(set)  # by the keys that are named
    for each in exclude:
        unwanted[tuple(each)].add(_comparable(each, each))
    for values in itertools.product(*(matrix[key] for key in keys)):
        combination = dict(zip(keys, values, strict=True))
        if not any(_comparable(combination, named) in listed for named, listed in unwanted.items()):
            yield combination


def _comparable(combination: Json, keys: Iterable[str]) -> tuple[Any, ...]:
    values = (combination.get(key) for key in keys)
    return tuple(as_json(value) if isinstance(value, dict) else value for value in values)


@lru_cache(maxsize=1)  # 2,000 tasks may go over the same long list
def _parsed(text: str) -> Sequence[Any]:
    try:
        found = foreign.parse(text)
    except ValueError:
        found = None
    if not isinstance(found, list):
        start = text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004  # enough to recognize it
        raise NoItems(f"forEach.from must be a JSON list such as [1, 2], and is: {start or 'empty'}")
    return found


class ItemValues(Mapping[str, str]):
    """The values of $(item) and $(item.FIELD), by the words in the brackets. An item may be large, and each value is
    written out only if it is asked for.
    """

    def __init__(self, item: Any) -> None:
        fields = item if isinstance(item, dict) else {}
        self._values = {"item": item} | {f"item.{name}": value for name, value in fields.items()}

    def __getitem__(self, words: str) -> str:
        return as_text(self._values[words])

    def __contains__(self, words: object) -> bool:
        return words in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
