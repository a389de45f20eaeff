"""Placeholders: `$(params.x)`, `$(tasks.a.outputs.k)` and `$(run.name)` in the strings of a task.

1. They are filled in everywhere but in scripts, where a value could become code. Scripts read the environment instead.
2. In `command`, `args` and `env` the kubelet expands `$(VAR)` afterwards, so there each `$` of a value is doubled:
   https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
3. `$$(params.x)` is the literal `$(params.x)`. Any other `$(...)` belongs to the kubelet or the shell, and stays as it
   is.
4. `$(tasks.b.outputs.r ?? tasks.c.outputs.r ?? 'none')` is the first of these parts that exists. A text exists always,
   and can only be the last part; a time that a run does not have, and what is absent of a task's end, does not exist.
5. A placeholder of a few bytes, written a thousand times, brings a value of 64 KiB as often. So what is filled in is
   counted before it is built, and is never more than FILLED_MAX.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sluice.core import Json
from sluice.core.base.errors import SluiceError

_PART = r"(?:(?:params|run|tasks|item)\.[A-Za-z0-9_.-]+|item)"
_TEXT = r"'[^']*'"
_WORDS = rf"{_PART}(?:\s*\?\?\s*{_PART})*(?:\s*\?\?\s*{_TEXT})?"
PLACEHOLDER = re.compile(rf"(?<!\$)\$\(({_WORDS})\)")
_WITH_LITERALS = re.compile(rf"(?P<literal>\$)?\$\((?P<words>{_WORDS})\)")
PART = re.compile(_PART)
_PARTS = re.compile(rf"{_PART}|{_TEXT}")
_MAY_BE_ABSENT = re.compile(r"run\..*|tasks\.[^.]*\.(?:exitCode|message)")

SCRIPT_FIELDS = frozenset({"bash", "python"})
UNFILLED = SCRIPT_FIELDS | {"when"}  # a condition reads the values as variables
_EXPANDED_BY_KUBELET = frozenset({"command", "args", "env"})

Values = Mapping[str, str]
"""The value of each part of a placeholder: of `params.day`."""

FILLED_MAX = 4 * 2**20
"""Characters that one call fills in, at most: more than any object of Kubernetes can have."""


class TooLong(SluiceError):
    """More would be filled in. Whoever needs it fails with this message."""

    def __init__(self) -> None:
        super().__init__(
            f"its placeholders stand for more than {FILLED_MAX >> 20} MiB in all; let a script read /sluice/inputs.json"
        )


def parts_of(words: str) -> tuple[str, ...]:
    """The parts of a placeholder, given the words between its brackets. Most have one. A text keeps its quotes."""
    return tuple(_PARTS.findall(words)) if "??" in words else (words,)


def chosen(words: str, values: Mapping[str, Any]) -> str | None:
    """The part that a placeholder stands for: the only one, or the first that exists. None if there is none."""
    parts = parts_of(words)
    if len(parts) == 1:
        return words if words in values else None
    return next((part for part in parts if is_text(part) or _exists(part, values)), None)


def _exists(part: str, values: Mapping[str, Any]) -> bool:
    return part in values and (values[part] != "" or not _MAY_BE_ABSENT.fullmatch(part))


def is_text(part: str) -> bool:
    return part.startswith("'")


def text_of(part: str) -> str:
    """What stands between the quotes."""
    return part[1:-1]


def fill(fields: Json, values: Values, *, of_pod: bool = True) -> Json:
    """A copy of a task's fields with the known placeholders replaced. Placeholders inside a value are not. `of_pod`:
    what is in `command`, `args` and `env` is expanded by the kubelet once more.

    Raises TooLong.
    """
    filling = _Filling(values, _EXPANDED_BY_KUBELET if of_pod else frozenset())
    return {
        name: field if name in UNFILLED else filling.filled(field, doubled=name in filling.expanded)
        for name, field in fields.items()
    }


def fill_typed(node: Any, typed: Mapping[str, Any], values: Values) -> Any:
    """A copy of a part of a manifest. A string that is one whole placeholder becomes its value in `typed`, with its
    type; inside a text it is text. Raises TooLong.
    """
    return _Filling(values, frozenset()).typed(node, typed)


class _Filling:
    """One call, and how many characters it may still fill in."""

    def __init__(self, values: Values, expanded: frozenset[str]) -> None:
        self._values, self._left = values, FILLED_MAX
        self.expanded = expanded

    def filled(self, node: Any, *, doubled: bool) -> Any:
        if isinstance(node, str):
            if "$(" not in node:
                return node
            return _WITH_LITERALS.sub(lambda found: self._value(found, doubled=doubled), node)
        if isinstance(node, list):
            return [self.filled(item, doubled=doubled) for item in node]
        if isinstance(node, dict):
            return {key: self.filled(value, doubled=doubled or key in self.expanded) for key, value in node.items()}
        return node

    def typed(self, node: Any, typed: Mapping[str, Any]) -> Any:
        if isinstance(node, str):
            whole = PLACEHOLDER.fullmatch(node)
            part = None if whole is None else chosen(whole[1], self._values)
            if part is None or part not in typed:
                return self.filled(node, doubled=False)
            self._take(self._values.get(part, ""))  # it may be written out as often as it stands there
            return typed[part]
        if isinstance(node, list):
            return [self.typed(each, typed) for each in node]
        if isinstance(node, dict):
            return {key: self.typed(each, typed) for key, each in node.items()}
        return node

    def _value(self, found: re.Match[str], *, doubled: bool) -> str:
        if found["literal"]:
            return found[0] if doubled else found[0][1:]
        if (part := chosen(found["words"], self._values)) is None:
            return "" if "??" in found["words"] else found[0]
        value = self._take(text_of(part) if is_text(part) else self._values[part])
        return kubelet_literal(value) if doubled else value

    def _take(self, value: str) -> str:
        self._left -= len(value)
        if self._left < 0:
            raise TooLong
        return value


def kubelet_literal(value: str) -> str:
    """`value` as it must be written where the kubelet expands variables, so that it stays as it is."""
    return value.replace("$", "$$")


def placeholders_in(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """(path, words between the brackets) of each placeholder in a part of a manifest, once for each text that has it.
    `path` is where the part is.
    """
    for place, text in strings_in(node, path):
        for words in dict.fromkeys(PLACEHOLDER.findall(text)) if "$(" in text else ():
            yield place, words


def placeholders_of(fields: Json, path: str = "") -> Iterator[tuple[str, str]]:
    """The same for those of a task's fields in which placeholders are filled in."""
    for name, field in fields.items():
        if name not in UNFILLED and "$(" in str(field):  # most have none, and paths take time
            yield from placeholders_in(field, f"{path}.{name}")


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
