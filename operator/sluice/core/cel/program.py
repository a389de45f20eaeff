"""`when`: a condition in CEL, evaluated once a task's trigger rule says run.

CEL is the language of Kubernetes' own validation rules: https://github.com/google/cel-spec/blob/master/doc/langdef.md.
The library wraps Google's implementation in C++. It checks types as far as they are known: parameters and outputs of
tasks are of any type; `misused_strings` knows better where all parameters that are read are strings.

A condition reads only tasks that have ended, so it has the same answer whenever it is evaluated, after a restart too.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sluice.core import Json
from sluice.core.cel.ast import Expr, ExprKind, parse_tree
from sluice.core.cel.cost import MAX_COST, Sizes, exceeds
from sluice.core.cel.diagnostics import CelError, compile_error, evaluation_error, not_boolean
from sluice.core.cel.variables import ROOTS


class _Library:
    """7 MB, so it is loaded with the first condition: most Workflows have none."""

    def __init__(self) -> None:
        from cel_expr_python import cel  # noqa: PLC0415

        anything_by_name = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
        text_by_name = cel.Type.Map(cel.Type.STRING, cel.Type.STRING)
        variables = {
            "params": anything_by_name,
            "tasks": anything_by_name,
            "item": cel.Type.DYN,
            "run": text_by_name,
        }
        self.types = cel.Type
        self.environment = cel.NewEnv(variables=variables)
        self.of_strings = cel.NewEnv(variables=variables | {"params": text_by_name})

    def may_be_boolean(self, program: Any) -> bool:
        return program.return_type() in (self.types.BOOL, self.types.DYN)


@cache
def _library() -> _Library:
    return _Library()


@dataclass(frozen=True, slots=True)
class VariableRead:
    """One place where an expression reads a variable. For `tasks.a.outputs[0]` the root is `tasks` and the keys are
    `(a, outputs, 0)`; the keys end before the first that is computed. `position` counts characters from 0.
    """

    root: str
    keys: tuple[Any, ...]
    position: int


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A valid expression, compiled: `root` is its tree, `reads` are all the places where it reads a variable."""

    text: str
    root: Expr
    reads: tuple[VariableRead, ...]
    _program: Any = field(repr=False)

    def answer(self, values: Json, limit: int = MAX_COST, sizes: Sizes | None = None) -> bool | CelError:
        """`values` are the variables by name, as `condition_variables` returns them. The others are as in `exceeds`."""
        if exceeds(limit, self.root, values, sizes):
            return CelError(self.text, self.root.position, f"takes more than {limit:,} steps; let a task find this out")
        try:
            found = self._program.eval(data=values)
        except (RuntimeError, ValueError, TypeError) as error:
            return evaluation_error(self.text, self.root, values, str(error))
        types = _library().types
        if found.type() == types.BOOL:
            return bool(found.value())
        if found.type() == types.ERROR:
            return evaluation_error(self.text, self.root, values, str(found.plain_value()))
        return not_boolean(self.text, self.root, found.type().name())


OF_A_LOOP = 60
_LOOP = re.compile(r"\b(?:all|exists|exists_one|map|filter)\b")


def size_of_condition(text: str) -> int:
    """Its characters. A loop is short to write and long when compiled (6 KB), so each counts for some more."""
    return len(text) + OF_A_LOOP * len(_LOOP.findall(text))


class _Compiled:
    """What was compiled last, up to 60 MB at most: a condition is needed several times, by validation, by lint and by
    each run of the Workflow.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, Program | CelError] = OrderedDict()
        self._size = 0

    def get(self, text: str) -> Program | CelError:
        found = self._known.pop(text, None)  # and so the last one again; a plan may be made in another thread
        if found is not None:
            self._known[text] = found
            return found
        found = _compile(text)
        if text not in self._known:
            self._size += size_of_condition(text)
        self._known[text] = found
        while self._size > _KEPT_SIZE and len(self._known) > 1:
            oldest, _ = self._known.popitem(last=False)
            self._size -= size_of_condition(oldest)
        return found


_KEPT_SIZE = 512 * 1024
_COMPILED = _Compiled()


def compile_condition(text: str) -> Program | CelError:
    return _COMPILED.get(text)


def _compile(text: str) -> Program | CelError:
    library = _library()
    try:
        program = library.environment.compile(text)
    except (RuntimeError, ValueError, TypeError) as error:
        return compile_error(text, str(error))
    root = parse_tree(program.serialize())
    if not library.may_be_boolean(program):
        return not_boolean(text, root, program.return_type().name())
    return Program(text, root, tuple(_reads(root)), program)


def misused_strings(condition: Program) -> CelError | None:
    """Its error if it reads only parameters of type String, and takes one for something else; None if it has none."""
    library = _library()
    try:
        program = library.of_strings.compile(condition.text)
    except (RuntimeError, ValueError, TypeError) as error:
        return compile_error(condition.text, str(error))
    if library.may_be_boolean(program):
        return None
    return not_boolean(condition.text, condition.root, program.return_type().name())


def tasks_read(condition: Program | CelError | None) -> tuple[str, ...]:
    """The names of the tasks that a condition reads. Empty if it has an error, or there is none."""
    if not isinstance(condition, Program):
        return ()
    names = (read.keys[0] for read in condition.reads if read.root == "tasks" and read.keys)
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def reads_item(condition: Program | CelError) -> bool:
    """Does it read the item of a fan-out?"""
    return isinstance(condition, Program) and any(read.root == "item" for read in condition.reads)


def parameters_read(condition: Program) -> frozenset[str] | None:
    """The names of the parameters that it may read; None for all."""
    names = [read.keys[0] if read.keys else None for read in condition.reads if read.root == "params"]
    return None if None in names else frozenset(map(str, names))


def output_keys_read(condition: Program) -> dict[str, frozenset[str] | None]:
    """By the name of each task that it asks about the keys of the outputs that it may read; None for all."""
    found: dict[str, frozenset[str] | None] = {}
    for read in condition.reads:
        if read.root != "tasks" or not read.keys:
            continue
        name, field_, key = (str(part) for part in (*read.keys, "", "")[:3])
        known = found.setdefault(name, frozenset())
        if not field_ or (field_ == "outputs" and not key):
            found[name] = None
        elif field_ == "outputs" and known is not None:
            found[name] = known | {key}
    return found


def outputs_read(condition: Program | CelError) -> tuple[str, ...]:
    """The names of the tasks whose outputs a condition reads. Empty if it has an error."""
    if not isinstance(condition, Program):
        return ()
    asked = (read.keys for read in condition.reads if read.root == "tasks" and len(read.keys) > 1)
    return tuple(dict.fromkeys(str(name) for name, field, *_ in asked if field == "outputs"))


def _reads(node: Expr, hidden: frozenset[str] = frozenset()) -> Iterator[VariableRead]:
    """`hidden` are the names that the comprehensions around the node declare."""
    keys: list[Any] = []
    at = node
    while at.kind in (ExprKind.FIELD, ExprKind.HAS) or (at.kind is ExprKind.CALL and at.value == "_[_]"):
        if at.kind is ExprKind.CALL:
            yield from _reads(at.parts[1], hidden)
            keys = []
        else:
            keys.append(at.value)
        at = at.parts[0]
    if at.kind is ExprKind.IDENTIFIER:
        if at.value in ROOTS and at.value not in hidden:
            yield VariableRead(at.value, tuple(reversed(keys)), at.position)
    elif at.kind is ExprKind.COMPREHENSION:
        yield from _reads(at.parts[0], hidden)
        for part in at.parts[1:]:
            yield from _reads(part, hidden | set(at.value))
    else:
        for part in at.parts:
            yield from _reads(part, hidden)
