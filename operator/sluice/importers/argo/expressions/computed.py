"""What is known of an expression at import is computed: operators, functions, and those that go over a list.

Its work is bounded, as a map over a list in a map over a list costs as much as the lists' lengths multiplied.
"""

import operator
from collections.abc import Callable
from typing import Any

from sluice.importers.argo.expressions.functions import FUNCTIONS
from sluice.importers.argo.expressions.tree import Constant, Expression, Operation, Untranslatable

MAX_STEPS = 20_000
MAX_CHARACTERS = 1024 * 1024
OVER_LISTS = ("filter", "map", "all", "any", "none", "one", "count", "find")
_OPERATORS: dict[str, Callable[..., Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "!": operator.not_,
    "&&": lambda a, b: a and b,
    "||": lambda a, b: a or b,
    "??": lambda a, b: b if a is None else a,
    "in": lambda value, values: value in values,
    "contains": operator.contains,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "[]": operator.getitem,
    "list": lambda *values: list(values),
    "{}": lambda *words: dict(zip(words[::2], words[1::2], strict=True)),
}
_OF_NUMBERS = ("-", "*", "/", "%")
_OF_CEL = {"asInt": "int", "asFloat": "double", "float": "double"}
_CASTS = ("int", "double", "string")


class Computer:
    """Of one expression."""

    def __init__(self) -> None:
        self._left = MAX_STEPS

    def apply(self, name: str, *parts: Expression) -> Expression:
        """An operator or a function, applied if all that it needs is known. Raises Untranslatable."""
        self._count(1)
        if name in OVER_LISTS:
            return self._over_list(name, *parts)
        if name not in _OPERATORS and name not in FUNCTIONS and name != "?":
            raise Untranslatable(f"calls {name}(), which has no equal in CEL")
        known = [part.value for part in parts if isinstance(part, Constant)]
        if name == "?" and isinstance(parts[0], Constant):
            return parts[1] if parts[0].value is True else parts[2]
        if name in ("&&", "||") and len(known) == 1:
            other = next(part for part in parts if not isinstance(part, Constant))
            return Constant(name == "||") if known[0] is (name == "||") else other
        if len(known) < len(parts) or name == "?":
            return Operation(_OF_CEL.get(name, name), parts)
        return Constant(_result(name, known))

    def _count(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise Untranslatable(f"takes more than {MAX_STEPS} steps to compute")

    def _over_list(self, name: str, values: Expression, body: Expression) -> Expression:
        if not isinstance(values, Constant):
            return Operation(name, (values, body))
        if not isinstance(values.value, list):
            raise Untranslatable(f"calls {name}() on what is no list")
        self._count(len(values.value))
        answers = [self._with_item(body, Constant(each)) for each in values.value]
        if not all(isinstance(answer, Constant) for answer in answers):
            return Operation(name, (values, body))
        found = [answer.value for answer in answers if isinstance(answer, Constant)]
        kept = [value for value, answer in zip(values.value, found, strict=True) if answer is True]
        match name:
            case "map":
                return Constant(found)
            case "filter":
                return Constant(kept)
            case "find":
                return Constant(kept[0] if kept else None)
            case "count":
                return Constant(len(kept))
        return Constant(
            {"all": len(kept) == len(found), "any": bool(kept), "none": not kept, "one": len(kept) == 1}[name]
        )

    def _with_item(self, node: Expression, item: Constant) -> Expression:
        match node:
            case Operation("#", ()):
                return item
            case Operation(name, (values, body)) if name in OVER_LISTS:  # its `#` is another
                return self.apply(name, self._with_item(values, item), body)
            case Operation(name, parts):
                return self.apply(name, *(self._with_item(part, item) for part in parts))
        return node


def _result(name: str, values: list[Any]) -> Any:
    if name in _OF_NUMBERS and not all(isinstance(each, int | float) for each in values):
        raise Untranslatable(f"applies {name} to what is no number")  # Python's would repeat or format a text
    try:
        result = (_OPERATORS.get(name) or FUNCTIONS[name])(*values)
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError):
        first = f"{values[0]!r}"[:40] if values else "nothing"
        words = f"computes {name} of {first}" if name in _OPERATORS else f"has {name}(), which takes no {first}"
        raise Untranslatable(words) from None
    if isinstance(result, str) and len(result) > MAX_CHARACTERS:
        raise Untranslatable(f"has a value of more than {MAX_CHARACTERS} characters")
    return result
