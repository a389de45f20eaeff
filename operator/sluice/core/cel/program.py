"""`when`: a condition in CEL that is asked once the trigger rule says run.

The language is that of Kubernetes' own validation rules: https://github.com/google/cel-spec/blob/master/doc/langdef.md.
The library is Google's, over its implementation in C++. It checks types as far as they are known: parameters are
strings, what tasks hand on is anything.

What is asked is asked of ended tasks only, so the answer is the same whenever it is asked again, after a restart too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

from sluice.core import Json
from sluice.core.cel.ast import Node, NodeKind, parse_tree
from sluice.core.cel.cost import MAX_COST, cost
from sluice.core.cel.diagnostics import CelError, compile_error, evaluation_error, not_boolean
from sluice.core.cel.variables import ROOTS

_ANYTHING_BY_NAME = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
_TEXT_BY_NAME = cel.Type.Map(cel.Type.STRING, cel.Type.STRING)
_VARIABLES = {"params": _TEXT_BY_NAME, "tasks": _ANYTHING_BY_NAME, "item": cel.Type.DYN, "run": _TEXT_BY_NAME}
_ENVIRONMENT = cel.NewEnv(variables=_VARIABLES)


@dataclass(frozen=True, slots=True)
class Read:
    """Where an expression reads a variable: `tasks.a.outputs[0]` is `tasks` and (a, outputs, 0).

    `keys` end before the first that is computed.
    """

    root: str
    keys: tuple[Any, ...]
    position: int


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A sound expression, compiled."""

    text: str
    root: Node
    reads: tuple[Read, ...]
    _program: Any = field(repr=False)

    def answer(self, values: Json) -> bool | CelError:
        """`values` are what `condition_variables` makes of the tasks that it reads."""
        if cost(self.root, values) > MAX_COST:
            return CelError(
                self.text, self.root.position, f"takes more than {MAX_COST:,} steps; let a task find this out"
            )
        try:
            found = self._program.eval(data=values)
        except (RuntimeError, ValueError, TypeError) as error:
            return evaluation_error(self.text, self.root, values, str(error))
        if found.type() == cel.Type.BOOL:
            return bool(found.value())
        if found.type() == cel.Type.ERROR:
            return evaluation_error(self.text, self.root, values, str(found.plain_value()))
        return not_boolean(self.text, self.root, found.type().name())


@lru_cache(maxsize=2048)
def compile_condition(text: str) -> Program | CelError:
    """Once for each text: whoever judges a Workflow asks several times, and so does whoever runs it."""
    try:
        program = _ENVIRONMENT.compile(text)
    except (RuntimeError, ValueError, TypeError) as error:
        return compile_error(text, str(error))
    root = parse_tree(program.serialize())
    if program.return_type() not in (cel.Type.BOOL, cel.Type.DYN):
        return not_boolean(text, root, program.return_type().name())
    return Program(text, root, tuple(_reads(root)), program)


def tasks_read(condition: Program | CelError | None) -> tuple[str, ...]:
    """The names of the tasks that a condition asks about."""
    if not isinstance(condition, Program):
        return ()
    names = (read.keys[0] for read in condition.reads if read.root == "tasks" and read.keys)
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def reads_item(condition: Program | CelError) -> bool:
    """Is it about the item of a fan-out?"""
    return isinstance(condition, Program) and any(read.root == "item" for read in condition.reads)


def outputs_read(condition: Program | CelError) -> tuple[str, ...]:
    """The names of the tasks whose outputs it asks about."""
    if not isinstance(condition, Program):
        return ()
    asked = (read.keys for read in condition.reads if read.root == "tasks" and len(read.keys) > 1)
    return tuple(dict.fromkeys(str(name) for name, field, *_ in asked if field == "outputs"))


def _reads(node: Node, hidden: frozenset[str] = frozenset()) -> Iterator[Read]:
    """`hidden` are the variables of the loops around it."""
    keys: list[Any] = []
    at = node
    while at.kind in (NodeKind.FIELD, NodeKind.HAS) or (at.kind is NodeKind.CALL and at.value == "_[_]"):
        if at.kind is NodeKind.CALL:
            yield from _reads(at.parts[1], hidden)
            keys = []
        else:
            keys.append(at.value)
        at = at.parts[0]
    if at.kind is NodeKind.NAME:
        if at.value in ROOTS and at.value not in hidden:
            yield Read(at.value, tuple(reversed(keys)), at.position)
    elif at.kind is NodeKind.LOOP:
        yield from _reads(at.parts[0], hidden)
        for part in at.parts[1:]:
            yield from _reads(part, hidden | set(at.value))
    else:
        for part in at.parts:
            yield from _reads(part, hidden)
