"""Placeholders: `$(params.x)`, `$(tasks.a.outputs.k)` and `$(run.name)` in the strings of a task.

1. They are filled in everywhere but in scripts, where a value could become code. Scripts read the environment instead.
2. In `command`, `args` and `env` the kubelet expands `$(VAR)` afterwards, so there each `$` of a value is doubled:
   https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
3. `$$(params.x)` is the literal `$(params.x)`. Any other `$(...)` belongs to the kubelet or the shell, and stays as it
   is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sluice.core import Json

_WORDS = r"((?:params|run|tasks|item)\.[A-Za-z0-9_.-]+|item)"
PLACEHOLDER = re.compile(rf"(?<!\$)\$\({_WORDS}\)")
_WITH_LITERALS = re.compile(rf"(?P<literal>\$)?\$\((?P<words>{_WORDS})\)")

SCRIPT_FIELDS = frozenset({"bash", "python"})
UNFILLED = SCRIPT_FIELDS | {"when"}  # a condition reads the values as variables
_EXPANDED_BY_KUBELET = frozenset({"command", "args", "env"})

Values = Mapping[str, str]
"""The value of each placeholder, by the words between its brackets: `params.day`."""


def fill(fields: Json, values: Values) -> Json:
    """A copy of a task's fields with the known placeholders replaced. Placeholders inside a value are not."""
    return {
        name: field if name in UNFILLED else _filled(field, values, doubled=name in _EXPANDED_BY_KUBELET)
        for name, field in fields.items()
    }


def _filled(node: Any, values: Values, *, doubled: bool) -> Any:
    if isinstance(node, str):
        if "$(" not in node:
            return node
        return _WITH_LITERALS.sub(lambda found: _value(found, values, doubled=doubled), node)
    if isinstance(node, list):
        return [_filled(item, values, doubled=doubled) for item in node]
    if isinstance(node, dict):
        return {
            key: _filled(value, values, doubled=doubled or key in _EXPANDED_BY_KUBELET) for key, value in node.items()
        }
    return node


def fill_typed(node: Any, typed: Mapping[str, Any], values: Values) -> Any:
    """A copy of a part of a manifest. A string that is one whole placeholder becomes its value in `typed`, with its
    type; inside a text it is text.
    """
    if isinstance(node, str):
        whole = PLACEHOLDER.fullmatch(node)
        return typed[whole[1]] if whole and whole[1] in typed else _filled(node, values, doubled=False)
    if isinstance(node, list):
        return [fill_typed(each, typed, values) for each in node]
    if isinstance(node, dict):
        return {key: fill_typed(each, typed, values) for key, each in node.items()}
    return node


def _value(found: re.Match[str], values: Values, *, doubled: bool) -> str:
    if found["literal"]:
        return found[0] if doubled else found[0][1:]
    if found["words"] not in values:
        return found[0]
    value = values[found["words"]]
    return kubelet_literal(value) if doubled else value


def kubelet_literal(value: str) -> str:
    """`value` as it must be written where the kubelet expands variables, so that it stays as it is."""
    return value.replace("$", "$$")


def placeholders_in(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """(path, words between the brackets) of each placeholder in a part of a manifest. `path` is where the part is."""
    for place, text in strings_in(node, path):
        for found in PLACEHOLDER.finditer(text) if "$(" in text else ():
            yield place, found[1]


def strings_in(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """(path, text) of each string in a part of a manifest."""
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from strings_in(item, f"{path}[{index}]")
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from strings_in(value, f"{path}.{key}")
