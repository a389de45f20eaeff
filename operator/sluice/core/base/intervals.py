"""Sets of numbers as text, in the format that indexed Jobs use for their indexes: `0-4711,4713`.

https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

_SPAN = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")


def intervals(numbers: Iterable[int]) -> str:
    """`[0, 1, 2, 5]` as `0-2,5`. The numbers must be ascending and not negative."""
    return _written(_spans(numbers))


def _written(spans: Iterable[tuple[int, int]]) -> str:
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in spans)


def _spans(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = -1
    for number in numbers:
        if last < 0:
            first = last = number
        elif number == last + 1:
            last = number
        else:
            yield first, last
            first = last = number
    if last >= 0:
        yield first, last


class Spans:
    """Numbers that come one by one, in any order, as `intervals` writes them. To add one takes O(log n)."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, number: int) -> None:
        place = bisect_right(self._firsts, number)
        if place and number <= self._lasts[place - 1]:
            return
        after_one = place > 0 and self._lasts[place - 1] == number - 1
        before_one = place < len(self._firsts) and self._firsts[place] == number + 1
        if after_one and before_one:
            del self._firsts[place], self._lasts[place - 1]
        elif after_one:
            self._lasts[place - 1] = number
        elif before_one:
            self._firsts[place] = number
        else:
            self._firsts.insert(place, number)
            self._lasts.insert(place, number)

    def __str__(self) -> str:
        return _written(zip(self._firsts, self._lasts, strict=True))


def members(text: str, below: int) -> Iterator[int]:
    """`0-2,5` as 0, 1, 2, 5. What is not ascending, not below the limit or no number is left out."""
    after = 0
    for span in text.split(","):
        if found := _SPAN.fullmatch(span):
            first, last = int(found[1]), int(found[2] or found[1])
            yield from range(max(first, after), min(last + 1, below))
            after = max(after, last + 1)


def read_intervals(text: str, below: int) -> set[int]:
    """`3,7-9` as a person writes it, in any order. Raises ValueError for what is no number, is not below the limit, or
    is there twice.
    """
    found: set[int] = set()
    for part in text.split(","):
        span = _SPAN.fullmatch(part.strip())
        if span is None:
            raise ValueError(f"'{part[:40]}' is no number and no interval; write for example 3,7-9")
        first, last = int(span[1]), int(span[2] or span[1])
        if last < first:
            raise ValueError(f"'{part}' ends before it begins; write {last}-{first}")
        if last >= below:
            raise ValueError(f"{last} is none of them: there are {below}, counted from 0")
        if not found.isdisjoint(range(first, last + 1)):
            raise ValueError(f"'{part}' has some that are there already; write each once")
        found.update(range(first, last + 1))
    return found
