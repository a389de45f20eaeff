"""Reads JSON that others wrote. Whatever it is, reading takes time in proportion to its length, and fails with
ValueError only. What has been read can be written again. A value of another type than it should have counts as absent.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

MAX_DEPTH = 100
"""Levels of lists and objects. Python itself gives up at about a thousand, some steps of ours before that."""

MAX_LEVELS = 200
"""Of a whole object: far above what anybody writes, far below what orjson (1,024) and Python's recursion take."""

_MAX_INT = 2**63 - 1

_STRINGS_AND_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+\\?(?:"|\Z)|[\[\]{}]', re.DOTALL)


def parse(text: str) -> Any:
    """The value of a JSON text. Raises ValueError if it is none, is nested deeper than MAX_DEPTH, or has what cannot be
    written as JSON again: NaN, infinity, half of a surrogate pair. A key that is there twice is an error, too: one of
    the two values would be dropped.
    """
    if depth(text) > MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
    found = json.loads(text, parse_constant=_no_number, parse_float=_float, object_pairs_hook=_object)
    if "\\u" in text:
        json.dumps(found, ensure_ascii=False).encode()  # raises UnicodeEncodeError, which is a ValueError
    return found


def mapping(value: Any) -> dict[str, Any]:
    """Empty if it is none."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """Those in a list, which is empty if it is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def string(value: Any) -> str:
    """Empty if it is none."""
    return value if isinstance(value, str) else ""


def integer(value: Any) -> int | None:
    """None if it is none, or beyond 64 bits."""
    return value if type(value) is int and -_MAX_INT <= value <= _MAX_INT else None


def depth(text: str) -> int:
    """Levels of lists and objects in a JSON text."""
    level = deepest = 0
    for bracket, _ in brackets(text):
        level += 1 if bracket in "[{" else -1
        deepest = max(deepest, level)
    return deepest


def brackets(text: str) -> Iterator[tuple[str, int]]:
    """Each bracket of a JSON text outside its strings, and where it stands."""
    return ((match[0], match.start()) for match in _STRINGS_AND_BRACKETS.finditer(text) if match[0][0] != '"')


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice[:40]!r} is there twice")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:20]} is too large for a number; write it as a string")
    return number
