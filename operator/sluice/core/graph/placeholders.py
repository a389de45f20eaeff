"""Placeholders: `$(params.x)`, `$(tasks.a.outputs.k)` and `$(run.name)` in the strings of a task.

They are filled in everywhere except in scripts, where a value could become code; scripts read the environment instead.
The kubelet expands `$(VAR)` in `command`, `args` and `env` once more, so there a `$` inside a value is doubled.
https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/

Any other `$(...)` is left as it stands: it is the kubelet's or the shell's.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sluice.core import Json

PLACEHOLDER = re.compile(r"\$\(((?:params|run|tasks|item)\.[A-Za-z0-9_.-]+|item)\)")

SCRIPT_FIELDS = frozenset({"bash", "python"})
UNFILLED = SCRIPT_FIELDS | {"when"}  # a condition knows the values by name
_EXPANDED_BY_KUBELET = frozenset({"command", "args", "env"})

Values = Mapping[str, str]
"""What each placeholder stands for, by the words between its brackets: `params.day`."""


def fill(fields: Json, values: Values) -> Json:
    """A task's fields with every placeholder replaced."""
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
    """`value` as it must be written where the kubelet expands variables."""
    return value.replace("$", "$$")


def placeholders_in(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """(path, words between the brackets) of each placeholder in a piece of a manifest."""
    if isinstance(node, str):
        for found in PLACEHOLDER.finditer(node):
            yield path, found[1]
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from placeholders_in(item, f"{path}[{index}]")
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from placeholders_in(value, f"{path}.{key}")
