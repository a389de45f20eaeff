"""An expression that has been read."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sluice.importers.argo.documents.text import Text, UnknownTag


class Untranslatable(Exception):
    """An expression that has no equal in CEL, and cannot be computed."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is known at import: a number, a text, a list, ..."""

    value: Any


@dataclass(frozen=True, slots=True)
class Value:
    """A text of which a run decides some parts."""

    text: Text


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or a function, and what it is applied to.

    `#`, applied to nothing, is the item of the function around it: `filter(values, {# > 1})`.
    """

    name: str
    parts: tuple["Expression", ...]


Expression = Constant | Value | Operation


def reason(error: Exception) -> str:
    """Why a value is UnknownTag or Untranslatable, as the end of a sentence."""
    return f"{error} is not known here" if isinstance(error, UnknownTag) else f"it {error}"


def value_of(text: Text) -> Expression:
    """A text as an expression: a literal if it has no reference."""
    if all(isinstance(part, str) for part in text):
        return Constant("".join(map(str, text)))
    return Value(text)


def go_text(value: Any) -> str:
    """A value as Go's `%v` prints it, which is what Argo puts in the place of `{{=…}}`."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return str(value).lower()
        case float():
            return _number(value)
        case list():
            return f"[{' '.join(map(go_text, value))}]"
        case dict():
            return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    return str(value)


_EXPONENTS = range(-4, 6)  # of numbers that Go prints without one


def _number(value: float) -> str:
    if not math.isfinite(value) or value == int(value) == 0:
        return {math.inf: "+Inf", -math.inf: "-Inf", 0: "0"}.get(value, "NaN")
    number = Decimal(repr(value)).normalize()
    return f"{number:f}" if number.adjusted() in _EXPONENTS else f"{value:.{len(number.as_tuple().digits) - 1}e}"
