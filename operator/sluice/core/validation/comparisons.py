"""Comparisons of a text with a number in a `when`: such an order is an error, and such an equality never holds.

CEL finds those of parameters itself, by their type. Here it is what the manifest says: of a fan-out's items, of how a
task ended, and of outputs that are written as lines, which are texts.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from sluice.api.for_each import ForEachSpec
from sluice.core.base.faults import Fault
from sluice.core.cel.ast import Expr, ExprKind, nodes
from sluice.core.cel.diagnostics import CelError, path_of, path_text
from sluice.core.cel.program import Program, tasks_read
from sluice.core.graph.placeholders import strings_in
from sluice.core.spec.definition import Definition
from sluice.core.spec.task import TaskDefinition

Kind = Literal["text", "number"]
_Path = tuple[Any, ...]
_COMPARISONS = ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_")
_CONVERSIONS: dict[Any, Kind] = {
    "int": "number",
    "uint": "number",
    "double": "number",
    "size": "number",
    "string": "text",
}
_ENDS: dict[Any, Kind] = {"phase": "text", "message": "text", "exitCode": "number"}


def mixed_comparisons(condition: Program, items: "KindsOfItems") -> Iterator[CelError]:
    """Those that are certain."""

    def kind(path: _Path) -> Kind | None:
        match path:
            case ("tasks", _, field):
                return _ENDS.get(field)
            case ("item", *keys):
                return items.get(tuple(keys))
        return None

    for text, number in _mixed(condition.root, kind):
        yield CelError(condition.text, text.position, _words(text, number))


KindsOfItems = Mapping[_Path, Kind]
"""What all items of a fan-out are, as far as they are alike: by `()` the items, by `(key,)` their fields."""


def kinds_of_items(for_each: ForEachSpec) -> KindsOfItems:
    if for_each.batch is not None:
        return {}
    if for_each.range is not None:
        return {(): "number"}
    if for_each.matrix is not None:
        return _alike({(key,): listed for key, listed in for_each.matrix.items()})
    items = for_each.items or []
    if not any(isinstance(item, dict) for item in items):
        return _alike({(): items})
    fields: defaultdict[_Path, list[Any]] = defaultdict(list)
    for item in items:
        for key, value in item.items() if isinstance(item, dict) else ():
            fields[key,].append(value)
    return _alike({path: values for path, values in fields.items() if len(values) == len(items)})


def _alike(values: Mapping[_Path, Sequence[Any]]) -> KindsOfItems:
    kinds = {path: {*map(_kind_of_value, those)} for path, those in values.items()}
    return {path: kind for path, found in kinds.items() if len(found) == 1 and (kind := found.pop()) is not None}


def texts_taken_for_numbers(definition: Definition) -> Iterator[Fault]:
    """Outputs that are texts as far as one can see: a script may write its file in other ways, too."""
    conditions = {number: task.when for number, task in enumerate(definition.tasks) if isinstance(task.when, Program)}
    asked = {name for condition in conditions.values() for name in tasks_read(condition)}
    texts = {task.name: _written_as_text(task) for task in definition.tasks if task.name in asked}

    def kind(path: _Path) -> Kind | None:
        match path:
            case ("tasks", name, "outputs", key) if key in texts.get(name, ()):
                return "text"
        return None

    for number, condition in conditions.items():
        for text, other in _mixed(condition.root, kind):
            error = CelError(condition.text, text.position, _words(text, other))
            yield Fault(f"spec.tasks[{number}].when", str(error))


def _mixed(root: Expr, kind: Callable[[_Path], Kind | None]) -> Iterator[tuple[Expr, Expr]]:
    """(the text, the number) of each comparison of the two."""
    for left, right in _compared(root):
        sides = {_kind(left, kind): left, _kind(right, kind): right}
        if "text" in sides and "number" in sides:
            yield sides["text"], sides["number"]


def _compared(root: Expr) -> Iterator[tuple[Expr, Expr]]:
    for node in nodes(root):
        if node.kind is ExprKind.CALL and node.value in _COMPARISONS:
            left, right = node.parts
            yield left, right
        elif node.kind is ExprKind.CALL and node.value == "@in" and node.parts[1].kind is ExprKind.LIST:
            yield from ((node.parts[0], element) for element in node.parts[1].parts)


def _kind(node: Expr, kind: Callable[[_Path], Kind | None]) -> Kind | None:
    if node.kind is ExprKind.LITERAL:
        return _kind_of_value(node.value)
    if node.kind is ExprKind.CALL:
        return _CONVERSIONS.get(node.value)
    path = path_of(node) if node.kind is not ExprKind.HAS else None
    return None if path is None else kind(path)


def _kind_of_value(value: Any) -> Kind | None:
    if isinstance(value, str):
        return "text"
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else None


_KEY = re.compile(r"\b([A-Za-z_][-A-Za-z0-9_]{0,62})=")
"""As long as the name of an output at most, so that a script is read once."""
_PRINTS = re.compile(r"\b(?:echo|printf)\b(.*)")


def _written_as_text(task: TaskDefinition) -> set[str]:
    """The outputs that have a text as their default, or that a shell prints as `key=value`."""
    texts = {key for key, value in task.output_defaults.items() if isinstance(value, str)}
    if not task.outputs_in_log:
        for _, text in strings_in([task.own.get(field) for field in ("bash", "command", "args")], ""):
            for printed in _PRINTS.finditer(text):
                texts |= {*_KEY.findall(printed[1])}
    return texts & {*task.outputs}


def _words(text: Expr, number: Expr) -> str:
    if text.kind is not ExprKind.LITERAL:
        return f"{_shown(text)} is a text and {_shown(number)} a number; write int({_shown(text)})"
    without = f"; write {text.value} without quotes" if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text.value) else ""
    return f"{_shown(number)} is a number and {_shown(text)} a text{without}"


def _shown(node: Expr) -> str:
    path = path_of(node)
    if path is not None:
        return path_text(path)
    return repr(node.value) if node.kind is ExprKind.LITERAL else "the other side"
