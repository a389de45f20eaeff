"""Functions of values that are known at import: those of expr-lang, and of Sprig what workflows use.

https://expr-lang.org/docs/language-definition, https://masterminds.github.io/sprig/
"""

import base64
import json
from collections.abc import Callable
from typing import Any

from sluice.importers.argo.expressions import jsonpath
from sluice.importers.argo.expressions.tree import go_text

_Function = Callable[..., Any]


def to_json(value: Any) -> str:
    """As Go writes it: without blanks, keys in order."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _whole(value: Any) -> int:
    return int(value) if not isinstance(value, float) or value == int(value) else int(value // 1)


def _numbers(function: Callable[[list[int]], int]) -> _Function:
    return lambda *values: function([_whole(value) for value in values])


def _product(numbers: list[int]) -> int:
    made = 1
    for number in numbers:
        made *= number
    return made


_EXPR: dict[str, _Function] = {
    "asInt": _whole,
    "int": _whole,
    "asFloat": float,
    "float": float,
    "string": go_text,
    "len": len,
    "toJson": to_json,
    "toJSON": to_json,
    "fromJson": json.loads,
    "fromJSON": json.loads,
    "jsonpath": lambda text, path: jsonpath.find(json.loads(text), path),
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
    "keys": sorted,
    "sum": sum,
    "min": min,
    "max": max,
    "join": lambda values, between="": between.join(values),
    "split": lambda text, between: text.split(between),
    "trim": lambda text, letters=None: text.strip(letters),
    "trimPrefix": lambda text, start: text.removeprefix(start),
    "trimSuffix": lambda text, end: text.removesuffix(end),
    "hasPrefix": lambda text, start: text.startswith(start),
    "hasSuffix": lambda text, end: text.endswith(end),
    "replace": lambda text, old, new: text.replace(old, new),
    "upper": lambda text: text.upper(),
    "lower": lambda text: text.lower(),
}
_SPRIG: dict[str, _Function] = {
    "add": _numbers(sum),
    "add1": _numbers(lambda numbers: numbers[0] + 1),
    "sub": _numbers(lambda numbers: numbers[0] - numbers[1]),
    "mul": _numbers(_product),
    "div": _numbers(lambda numbers: int(numbers[0] / numbers[1])),
    "min": _numbers(min),
    "max": _numbers(max),
    "int": _whole,
    "atoi": int,
    "toString": go_text,
    "toJson": to_json,
    "fromJson": json.loads,
    "list": lambda *values: list(values),
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
    "join": lambda between, values: between.join(map(go_text, values)),
    "splitList": lambda between, text: text.split(between),
    "trim": lambda text: text.strip(),
    "trimPrefix": lambda start, text: text.removeprefix(start),
    "trimSuffix": lambda end, text: text.removesuffix(end),
    "trimAll": lambda letters, text: text.strip(letters),
    "hasPrefix": lambda start, text: text.startswith(start),
    "hasSuffix": lambda end, text: text.endswith(end),
    "contains": lambda part, text: part in text,
    "replace": lambda old, new, text: text.replace(old, new),
    "upper": lambda text: text.upper(),
    "lower": lambda text: text.lower(),
    "title": lambda text: text.title(),
    "quote": to_json,
    "b64enc": lambda text: base64.b64encode(text.encode()).decode(),
    "b64dec": lambda text: base64.b64decode(text).decode(),
    "default": lambda otherwise, value=None: value or otherwise,
    "ternary": lambda yes, no, asked: yes if asked else no,
}
FUNCTIONS = _EXPR | {f"sprig.{name}": function for name, function in _SPRIG.items()}
