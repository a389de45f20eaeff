"""Comparisons of a text with a number in a `when`: such an order is an error, and such an equality never holds.

CEL finds those of parameters itself, by their type. Here it is what the manifest says: of a fan-out's items, of how a
task ended, and of outputs that are written as lines, which are texts.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from sluice.api.for_each import ForEachSpec
from sluice.core.base.faults import Fault
from sluice.core.cel.ast import Node, NodeKind, nodes
from sluice.core.cel.diagnostics import CelError, path_of, path_text
from sluice.core.cel.program import Program
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


def mixed_comparisons(condition: Program, for_each: ForEachSpec | None) -> Iterator[CelError]:
    """Those that are certain. `for_each` says the items of a fan-out."""
    for text, number in _mixed(condition.root, lambda path: _kind_of_path(path, for_each)):
        yield CelError(condition.text, text.position, _words(text, number))


def texts_taken_for_numbers(definition: Definition) -> Iterator[Fault]:
    """Outputs that are texts as far as one can see: a script may write its file in other ways, too."""
    tasks = {task.name: task for task in definition.tasks}

    def kind(path: _Path) -> Kind | None:
        match path:
            case ("tasks", str(name), "outputs", str(key)) if name in tasks and _writes_text(tasks[name], key):
                return "text"
        return None

    for number, task in enumerate(definition.tasks):
        if isinstance(task.when, Program):
            for text, other in _mixed(task.when.root, kind):
                error = CelError(task.when.text, text.position, _words(text, other))
                yield Fault(f"spec.tasks[{number}].when", str(error))


def _mixed(root: Node, kind: Callable[[_Path], Kind | None]) -> Iterator[tuple[Node, Node]]:
    """(the text, the number) of each comparison of the two."""
    for left, right in _compared(root):
        sides = {_kind(left, kind): left, _kind(right, kind): right}
        if "text" in sides and "number" in sides:
            yield sides["text"], sides["number"]


def _compared(root: Node) -> Iterator[tuple[Node, Node]]:
    for node in nodes(root):
        if node.kind is NodeKind.CALL and node.value in _COMPARISONS:
            left, right = node.parts
            yield left, right
        elif node.kind is NodeKind.CALL and node.value == "@in" and node.parts[1].kind is NodeKind.LIST:
            yield from ((node.parts[0], element) for element in node.parts[1].parts)


def _kind(node: Node, kind: Callable[[_Path], Kind | None]) -> Kind | None:
    if node.kind is NodeKind.LITERAL:
        return _kind_of_value(node.value)
    if node.kind is NodeKind.CALL:
        return _CONVERSIONS.get(node.value)
    path = path_of(node) if node.kind is not NodeKind.HAS else None
    return None if path is None else kind(path)


def _kind_of_value(value: Any) -> Kind | None:
    if isinstance(value, str):
        return "text"
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else None


def _kind_of_path(path: _Path, for_each: ForEachSpec | None) -> Kind | None:
    match path:
        case ("tasks", _, field):
            return _ENDS.get(field)
        case ("item", *keys) if for_each is not None and for_each.batch is None:
            return _kind_of_all(_values_of_items(for_each, keys))
    return None


def _values_of_items(for_each: ForEachSpec, keys: list[Any]) -> Iterable[Any]:
    match keys:
        case [] if for_each.range is not None:
            return (for_each.range.start,)
        case []:
            return for_each.items or ()
        case [key] if for_each.matrix is not None:
            return for_each.matrix.get(key, ())
        case [key]:
            return (item.get(key) if isinstance(item, dict) else None for item in for_each.items or ())
    return ()


def _kind_of_all(values: Iterable[Any]) -> Kind | None:
    kinds = {_kind_of_value(value) for value in values}
    return kinds.pop() if len(kinds) == 1 else None


def _writes_text(task: TaskDefinition, key: str) -> bool:
    if isinstance(task.output_defaults.get(key), str):
        return True
    if task.outputs_in_log:
        return False
    line = re.compile(rf"(?:echo|printf)\b[^\n]*\b{re.escape(key)}=")
    given = [task.own.get(field) for field in ("bash", "command", "args")]
    return any(line.search(text) for _, text in strings_in(given, ""))


def _words(text: Node, number: Node) -> str:
    if text.kind is not NodeKind.LITERAL:
        return f"{_shown(text)} is a text and {_shown(number)} a number; write int({_shown(text)})"
    without = f"; write {text.value} without quotes" if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text.value) else ""
    return f"{_shown(number)} is a number and {_shown(text)} a text{without}"


def _shown(node: Node) -> str:
    path = path_of(node)
    if path is not None:
        return path_text(path)
    return repr(node.value) if node.kind is NodeKind.LITERAL else "the other side"
