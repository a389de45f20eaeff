"""JSONPath as far as workflows use it: `$.a['b'][0][-1][1:3][*][?(@.age > 42 && @.name == "Mo")]`.

A path without `*`, a slice or a filter finds one value, else a list. https://goessner.net/articles/JsonPath/
"""

import json
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

_STEP = re.compile(
    r"\.(?P<name>[\w-]+)|\['(?P<quoted>[^']*)'\]|\[\"(?P<double>[^\"]*)\"\]|\[(?P<index>-?\d+)\]"
    r"|(?P<every>\.\*|\[\*\])|\[(?P<start>-?\d*):(?P<stop>-?\d*)\]|\[\?\((?P<filter>.*?)\)\]"
)
_TEST = re.compile(r"\s*@(?P<path>(?:\.[\w-]+)*)\s*(?:(?P<sign>==|!=|<=|>=|<|>)\s*(?P<value>\S.*?))?\s*")
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def find(value: Any, path: str) -> Any:
    """Raises ValueError for a path that is not understood, LookupError for one value that is not there."""
    if not path.startswith("$"):
        raise ValueError(path)
    found, several, end = [value], False, 1
    while end < len(path):
        step = _STEP.match(path, end)
        if step is None:
            raise ValueError(path)
        several = several or step["every"] is not None or step["stop"] is not None or step["filter"] is not None
        found = [each for one in found for each in _next(one, step, needed=not several)]
        end = step.end()
    return found if several else found[0]


def _next(value: Any, step: re.Match[str], *, needed: bool) -> Iterator[Any]:
    if step["every"] is not None or step["filter"] is not None:
        values = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        yield from (each for each in values if step["filter"] is None or _holds(each, step["filter"]))
    elif step["stop"] is not None:
        ends = [int(each) if each else None for each in (step["start"], step["stop"])]
        yield from value[slice(*ends)] if isinstance(value, list) else []
    else:
        key = int(step["index"]) if step["index"] else step["name"] or step["quoted"] or step["double"]
        try:
            yield value[key]
        except (LookupError, TypeError):
            if needed:
                raise LookupError(key) from None


def _holds(value: Any, written: str) -> bool:
    """`||` of `&&` of tests, without brackets."""
    return any(all(_passes(value, test) for test in each.split("&&")) for each in written.split("||"))


def _passes(value: Any, written: str) -> bool:
    test = _TEST.fullmatch(written)
    if test is None:
        raise ValueError(written)
    try:
        found = find(value, f"${test['path']}")
        if test["sign"] is None:
            return True
        literal = test["value"]
        wanted = literal[1:-1] if literal[0] == literal[-1] == "'" else json.loads(literal)
        return _COMPARED[test["sign"]](found, wanted)
    except (LookupError, TypeError):
        return False
