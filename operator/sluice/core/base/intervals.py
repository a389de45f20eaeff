"""Sets of numbers as text, in the format that indexed Jobs use for their indexes: `0-4711,4713`.

https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
"""

from collections.abc import Iterable, Iterator


def intervals(numbers: Iterable[int]) -> str:
    """`[0, 1, 2, 5]` as `0-2,5`. The numbers must be ascending and not negative."""
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in _spans(numbers))


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


def members(text: str) -> Iterator[int]:
    """`0-2,5` as 0, 1, 2, 5. Raises ValueError on reaching anything else."""
    for span in filter(None, text.split(",")):
        first, _, last = span.partition("-")
        yield from range(int(first), int(last or first) + 1)
