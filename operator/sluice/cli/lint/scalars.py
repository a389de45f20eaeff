"""What kubectl makes of a scalar without quotes: YAML 1.1 as go-yaml v2 reads it, then JSON.

`y`, `on` and `no` are booleans, `010` and `0x1F` numbers with a base, `1_000` is 1000. Times and numbers of base 60,
such as `2026-01-01` and `12:30`, are strings. JSON has no zeros at the end: `3.10` arrives as 3.1, `1.0` as 1.
"""

import json
import re

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **{sign + word: float(sign + word[1:]) for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?(0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DIGITS_AT_MOST = 200  # of an integer with a base; such a number fits into a float
_INT64 = range(-(2**63), 2**63)


def plain(text: str) -> Scalar:
    """The value of a scalar without quotes. It may be infinite or no number, which JSON cannot say."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    digits = re.sub(r"(?<=[0-9])_(?=[0-9])", "", text) if text.startswith(".") else text.replace("_", "")
    integer = _integer(digits)
    if integer is not None and integer in _INT64:
        return integer
    if _FLOAT.fullmatch(digits):
        number = float(digits)
    elif integer is not None:
        number = float(integer)
    else:
        return text
    if number in (float("inf"), float("-inf")):
        return text
    return int(number) if number.is_integer() and int(number) in _INT64 else number


def _integer(digits: str) -> int | None:
    if len(digits) > _DIGITS_AT_MOST or not _INTEGER.fullmatch(digits):
        return None
    return int(re.sub(r"^([-+]?)0(?=[0-7])", r"\g<1>0o", digits), 0)


def key(text: str) -> str | None:
    """The JSON key that a key without quotes becomes. None if kubectl refuses it."""
    value = plain(text)
    if value is None or isinstance(value, str):
        return value
    return f"{value:g}" if isinstance(value, float) else shown(value)


def shown(value: Scalar) -> str:
    """A value as it arrives, in JSON's notation; a string as it is."""
    return value if isinstance(value, str) else json.dumps(value)
