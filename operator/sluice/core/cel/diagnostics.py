"""Errors in CEL expressions: what is wrong, where, and what to write instead.

The library's own messages name places for some errors only, and speak of its implementation. Those that users meet are
put into plain words here; the others pass as they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sluice.core import Json
from sluice.core.cel.ast import Expr, ExprKind, nodes
from sluice.core.cel.variables import ROOTS

_ERROR = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_PLAIN = re.compile(r"(?!(?:in|true|false|null)$)[A-Za-z_][A-Za-z0-9_]*")
_INFIX = {"and": "&&", "or": "||", "not": "!"}


@dataclass(frozen=True, slots=True)
class CelError:
    """`text` is the whole expression, `position` the place of the error in characters from 0."""

    text: str
    position: int
    message: str

    def __str__(self) -> str:
        before = self.text[: self.position]
        line, column = before.count("\n") + 1, self.position - before.rfind("\n")
        return f"line {line}, column {column}: {self.message}"


def path_text(path: tuple[Any, ...]) -> str:
    """`(tasks, load-data, phase)` as it is written in an expression: `tasks['load-data'].phase`."""
    steps = (f".{step}" if isinstance(step, str) and _PLAIN.fullmatch(step) else f"[{step!r}]" for step in path[1:])
    return f"{path[0]}{''.join(steps)}"


def compile_error(text: str, library_message: str) -> CelError:
    """For an expression that the library does not compile."""
    found = _ERROR.search(library_message)
    if found is None or int(found[1]) < 1:
        deep = "recursion" in library_message
        words = "is nested more than 32 deep; split the condition" if deep else library_message.partition("\n")[0]
        return CelError(text, 0, words)
    lines = text.split("\n")
    position = sum(len(line) + 1 for line in lines[: int(found[1]) - 1]) + int(found[2]) - 1
    message = re.sub(r",? expecting .*| \(in container ''\)| \[INVALID_ARGUMENT\]$|^Syntax error: ", "", found[3])
    if unknown := re.fullmatch(r"undeclared reference to '([^'.]*).*'", message):
        return _unknown(text, position, unknown[1])
    return CelError(text, position, _in_plain_words(message))


_METHODS = ("startsWith", "endsWith", "contains", "matches", "size", "all", "exists", "exists_one", "filter", "map")
"""Of texts and lists. Those of times and durations are not listed: few conditions have one."""
_FUNCTIONS = ("size", "matches", "has", "int", "uint", "double", "string", "bool", "timestamp", "duration", "type")


def _unknown(text: str, position: int, name: str) -> CelError:
    """The library gives the position behind the name."""
    start = max(0, text.rfind(name, 0, position + len(name)))
    if text[start + len(name) :].lstrip().startswith("("):
        return CelError(text, start, _unknown_call(name, is_method=text[:start].rstrip().endswith(".")))
    close = get_close_matches(name, ROOTS, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known are {', '.join(ROOTS)}, and a text needs quotes"
    return CelError(text, start, f"nothing is called '{name}'; {hint}")


def _unknown_call(name: str, *, is_method: bool) -> str:
    kind, known, others = ("method", _METHODS, _FUNCTIONS) if is_method else ("function", _FUNCTIONS, _METHODS)
    if name in known:
        return f"the {kind} '{name}' takes another number of arguments"
    if name in others:
        return f"CEL has no {kind} '{name}'; write {f'{name}(…)' if is_method else f'VALUE.{name}(…)'}"
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"it has {', '.join(known)}"
    return f"CEL has no {kind} '{name}'; {hint}"


def not_boolean(text: str, root: Expr, type_name: str) -> CelError:
    """For an expression with a value of this type, in the library's name for it."""
    names = {"MAP": "a map", "LIST": "a list", "STRING": "a string", "INT": "a number", "DOUBLE": "a number"}
    name = names.get(type_name.partition("<")[0], type_name.lower())
    return CelError(text, root.position, f"this is {name}, not true or false; compare it with something")


def evaluation_error(text: str, root: Expr, values: Json, library_message: str) -> CelError:
    """For an expression whose evaluation failed. The library does not say where, so the likeliest place is looked for:
    `root` is the expression's tree, `values` its variables by name.
    """
    message = re.sub(r"^[A-Z_]+: |\s\[[A-Z_]+\]$", "", library_message)
    if "budget" in message:
        return CelError(text, root.position, "its loops take more than 10,000 rounds; let a task find this out")
    if missing := next(_missing(root, values, message), None):
        return CelError(text, *missing)
    if overload := re.search(r"No matching overloads found : (\S+?)\((.*)\)", message):
        words = f"{_operator(overload[1])} does not take ({overload[2]}); convert with int(), double() or string()"
        return CelError(text, _call(root, overload[1]), words)
    suspects = next((names for words, names in _SUSPECTS.items() if words in message), ())
    return CelError(text, _call(root, *suspects), message)


_SUSPECTS = {
    "divide by zero": ("_/_",),
    "modulus by zero": ("_%_",),
    "overflow": ("_+_", "_-_", "_*_", "-_"),
    "to int": ("int",),
    "to double": ("double",),
    "Timestamp": ("timestamp",),
    "Duration": ("duration",),
    "regular expression": ("matches",),
}
"""The functions that fail with a message that has these words."""


def _call(root: Expr, *functions: str) -> int:
    """The position of the first call of one of these functions; that of the root if there is none."""
    calls = (node.position for node in nodes(root) if node.kind is ExprKind.CALL and node.value in functions)
    return next(calls, root.position)


def _in_plain_words(message: str) -> str:
    if overload := re.fullmatch(r"found no matching overload for '([^']*)' applied to '(.*)'", message):
        return f"{_operator(overload[1])} does not take {overload[2]}{_number_hint(overload[2])}"
    if "'<EOF>'" in message:
        return f"the expression ends too early{': ' + message.partition(' at ')[0] if 'missing' in message else ''}"
    if "token recognition error at: '= '" in message:
        return "`=` is no operator; to compare, write `==`"
    if unexpected := re.search(r"(?:mismatched input|extraneous input|no viable alternative at input) '(.*)'", message):
        word = unexpected[1]
        return f"'{word}' cannot stand here{f'; write `{_INFIX[word]}`' if word in _INFIX else ''}"
    return message


def _number_hint(types: str) -> str:
    number = next((name for name in ("int", "double") if re.search(rf"\b{name}\b", types)), None)
    return f"; parameters are strings, so write {number}(params.NAME)" if number and "string" in types else ""


def _operator(function: str) -> str:
    """The function `_==_` as it is written: `==`, in backquotes."""
    return f"`{function.strip('_@')}`"


def _missing(root: Expr, values: Json, message: str) -> Iterator[tuple[int, str]]:
    """Positions where something may be read that does not exist, the likeliest first, each with what to do about it."""
    key = re.search(r'Key not found in map : "?(.*?)"?$', message)
    index = re.search(r"Index error: index=(-?\d+) size=(\d+)", message)
    if key is None and index is None and "SELECT" not in message:
        return
    fields = [node for node in nodes(root) if node.kind in (ExprKind.FIELD, ExprKind.HAS)]
    for node in fields:
        if (path := path_of(node)) is not None and _breaks_at(path, values):
            yield node.position, _what_to_do(path, values)
    if key is not None:
        for node in fields:  # inside a comprehension
            if node.value == key[1] and path_of(node) is None:
                yield node.position, f"there is no '{key[1]}' in one of them; ask for it with has(…) first"
        yield root.position, f"there is no '{key[1]}'; ask whether it is there first, with `in`"
    elif index is not None:
        words = f"there is no element {index[1]} in a list of {index[2]}; ask for its size() first"
        yield _call(root, "_[_]"), words


def path_of(node: Expr) -> tuple[Any, ...] | None:
    """`tasks.a.outputs` as `(tasks, a, outputs)`. None if the node is no path from one of the `ROOTS`."""
    if node.kind is ExprKind.IDENTIFIER:
        return (node.value,) if node.value in ROOTS else None
    before = path_of(node.parts[0]) if node.kind in (ExprKind.FIELD, ExprKind.HAS) else None
    return None if before is None else (*before, node.value)


def _breaks_at(path: tuple[Any, ...], values: Any) -> bool:
    """Does all of the path exist but its last step?"""
    for step in path[:-1]:
        if not _leads_on(values, step):
            return False
        values = values[step]
    return not _leads_on(values, path[-1])


def _leads_on(value: Any, step: Any) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and 0 <= step < len(value)
    return isinstance(value, dict) and step in value


def _what_to_do(path: tuple[Any, ...], values: Json) -> str:
    asked = path_text(path)
    if isinstance(path[-1], int):
        return f"there is no {asked}; ask for the size() of {path_text(path[:-1])} first"
    match path:
        case ("tasks", str(task), "outputs", str(key)):
            return f"{_ended(task, values)} and handed on no '{key}'; ask for it with has({asked}) first"
        case ("tasks", str(task), "exitCode"):
            return f"{_ended(task, values)} and has no exit code; ask for it with has({asked}) first"
    return f"there is no {asked}; ask for it with has({asked}) first"


def _ended(task: str, values: Json) -> str:
    return f"'{task}' ended {values['tasks'][task]['phase']}"
