"""Placeholders: `$(params.x)`, `$(tasks.a.outputs.k)` and `$(run.name)` in the strings of a task.

1. They are filled in everywhere but in scripts, where a value could become code. Scripts read the environment instead.
2. In `command`, `args` and `env` the kubelet expands `$(VAR)` afterwards, so there each `$` of a value is doubled:
   https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
3. Any other `$(...)` belongs to the kubelet or the shell, and stays as it is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sluice.core import Json

PLACEHOLDER = re.compile(r"\$\(((?:params|run|tasks|item)\.[A-Za-z0-9_.-]+|item)\)")

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
        return PLACEHOLDER.sub(lambda found: _value(found, values, doubled=doubled), node)
    if isinstance(node, list):
        return [_filled(item, values, doubled=doubled) for item in node]
    if isinstance(node, dict):
        return {
            key: _filled(value, values, doubled=doubled or key in _EXPANDED_BY_KUBELET) for key, value in node.items()
        }
    return node


def _value(found: re.Match[str], values: Values, *, doubled: bool) -> str:
    value = values.get(found[1], found[0])
    return kubelet_literal(value) if doubled else value


def kubelet_literal(value: str) -> str:
    """`value` as it must be written where the kubelet expands variables, so that it stays as it is."""
    return value.replace("$", "$$")


def placeholders_in(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """(path, words between the brackets) of each placeholder in a part of a manifest. `path` is where the part is."""
    if isinstance(node, str):
        for found in PLACEHOLDER.finditer(node):
            yield path, found[1]
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from placeholders_in(item, f"{path}[{index}]")
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from placeholders_in(value, f"{path}.{key}")
