"""What names of tasks have in common: `load-17` has the stem `load`, and `raw_orders-load` the prefix `raw-orders`."""

import re
from collections.abc import Sequence
from itertools import takewhile

_NUMBER_AT_END = re.compile(r"[-_.]?[0-9]+$")
_SEPARATOR = re.compile(r"[-_.]")


def stem(name: str) -> str:
    """The name without a number at its end, which is what tells one of many like it from the others."""
    return _NUMBER_AT_END.sub("", name)


def prefix(name: str, parts: int) -> str:
    """The first parts of the name."""
    return "-".join(_SEPARATOR.split(name)[:parts])


def label_of(names: Sequence[str]) -> str:
    """Of several tasks in one box: what their names begin with, and how many they are."""
    return names[0] if len(names) == 1 else times(_common(names), len(names))


def times(name: str, count: int) -> str:
    return f"{name} \N{MULTIPLICATION SIGN}{count:,}"


def _common(names: Sequence[str]) -> str:
    stems = {stem(name) for name in names}
    if len(stems) == 1:
        return stems.pop()
    columns = zip(*map(_SEPARATOR.split, names), strict=False)
    same = "-".join(parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, columns))
    return same or f"{names[0]} …"
