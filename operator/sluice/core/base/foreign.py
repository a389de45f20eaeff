"""Reads JSON that others wrote. Whatever it is, reading takes time in proportion to its length, and fails with
ValueError only. What has been read can be written again.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

MAX_DEPTH = 100
"""Levels of lists and objects. Python itself gives up at about a thousand, some steps of ours before that."""

_STRINGS_AND_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+\\?(?:"|\Z)|[\[\]{}]', re.DOTALL)


def parse(text: str) -> Any:
    """The value of a JSON text. Raises ValueError if it is none, is nested deeper than MAX_DEPTH, or has what cannot be
    written as JSON again: NaN, infinity, half of a surrogate pair.
    """
    if depth(text) > MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
    found = json.loads(text, parse_constant=_no_number, parse_float=_float)
    if "\\u" in text:
        json.dumps(found, ensure_ascii=False).encode()  # raises UnicodeEncodeError, which is a ValueError
    return found


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


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits[:20]} is too large for a number; write it as a string")
    return number
