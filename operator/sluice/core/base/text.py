"""Parts of messages, and JSON as text."""

import json
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Any


def did_you_mean(word: str, known: Iterable[str], form: str = "'{}'") -> str:
    """The end of a message: `; did you mean 'extract'?`. Empty if no known word is close.

    `form` is how the known word is written, with `{}` in its place.
    """
    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean {form.format(close[0])}?" if close else ""


def first_names(names: Iterable[str], count: int, shown: int) -> str:
    """`a, b and 7 more`: the first `shown` of `count` names."""
    more = f" and {count - shown} more" if count > shown else ""
    return ", ".join(islice(names, shown)) + more


def one_line(text: str, at_most: int) -> str:
    """Its words, cut short."""
    text = " ".join(text.split())
    return text if len(text) <= at_most else text[: at_most - 1] + "…"


def as_told(told: str, words: str, start: str = "") -> str:
    """What was told before, if that begins so and what there is to tell now differs from it in words with digits alone,
    such as times and the numbers of requests: such news would be told without end. Else what there is to tell now.
    """
    same = told.startswith(start) and _without_numbers(told) == _without_numbers(words)
    return told if same else words


def _without_numbers(text: str) -> list[str]:
    return [word for word in text.split() if not any(map(str.isdigit, word))]


def as_json(value: Any) -> str:
    """Compact JSON. Raises ValueError for what JSON in UTF-8 cannot hold: infinity, NaN, a lone surrogate."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text.encode()
    return text


def as_text(value: Any) -> str:
    """What takes the place of a placeholder: a string as it is, any other value as compact JSON.

    Raises ValueError as `as_json` does.
    """
    return value if isinstance(value, str) else as_json(value)
