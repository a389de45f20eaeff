"""What a call gives inside of a `@workflow` function: a step, or a reference to a value that does not exist yet.

A reference in an f-string leaves a mark, which becomes a placeholder where the text goes to a task, and the name of a
variable where it goes to a condition.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any, NoReturn, TypeVar

from sluice.sdk.faults import fault
from sluice.sdk.graph import TaskNode, WorkflowGraph, current

_T = TypeVar("_T")
_MARK = re.compile("\0([^\0]+)\0")
_LOOKS_LIKE_ONE = re.compile(r"\$\((?=(?:params|run|tasks|item)\b)")


class Step:
    """A task that hands on no value: `bash`, `container`, `join`, a `@task` that returns None."""

    def __init__(self, node: TaskNode | None) -> None:
        """`node` is None for what is no task's: a parameter, what a run knows of itself, an item."""
        self._node = node

    def __rshift__(self, other: _T) -> _T:
        """`a >> b`, `a >> [b, c]`: b waits for a."""
        depend(other, self)
        return other

    def __rrshift__(self, other: object) -> "Step":
        """`[a, b] >> c`."""
        depend(self, other)
        return self

    def when(self, condition: str) -> "Step":
        """Run only if this CEL expression is true."""
        for node in nodes_of(self):
            node.fields["when"] = as_condition(condition)
        return self


def nodes_of(steps: object) -> Iterator[TaskNode]:
    """Of a step, of a reference, of a list of such. Raises WorkflowFault for anything else."""
    if isinstance(steps, Step) and steps._node is not None:
        yield steps._node
    elif isinstance(steps, list | tuple):
        for each in steps:
            yield from nodes_of(each)
    else:
        raise fault(f"only tasks have an order, and this is none: {describe(steps)}")


def depend(later: object, earlier: object) -> None:
    before = list(nodes_of(earlier))
    for node in nodes_of(later):
        node.depends_on |= {each.name: None for each in before}


def chain(*steps: object) -> None:
    """`chain(a, [b, c], d)`: b and c wait for a, and d for both."""
    for earlier, later in pairwise(steps):
        depend(later, earlier)


def describe(value: object) -> str:
    return value._words if isinstance(value, Reference) else repr(value)[:80]


class Reference(Step):
    """The value of a task, of a parameter, or of the run itself, which only a run has."""

    def __init__(self, path: str, hint: Any, node: TaskNode | None = None, *, each: bool = False) -> None:
        """`path`: the words of its placeholder. `each`: the list of what a fan-out's items return."""
        super().__init__(node)
        self._path, self._hint, self._each = path, hint, each

    @property
    def _words(self) -> str:
        if self._node is not None:
            return f"what task '{self._node.name}' returns"
        kind, _, name = self._path.partition(".")
        return f"the parameter {name}" if kind == "params" else self._path

    @property
    def _placeholder(self) -> str:
        return f"$({self._path})"

    def __str__(self) -> str:
        return f"\0{self._path}\0"

    def __format__(self, spec: str) -> str:
        if spec:
            self._refuse(f"formatted as {spec!r}")
        return str(self)

    def __repr__(self) -> str:
        return f"<{self._words}>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse(f"asked for .{name}")

    __hash__ = object.__hash__

    def _refuse(self, how: str) -> NoReturn:
        raise fault(
            f"{self._words} is known only when the workflow runs, and is {how} here, while it is built; "
            "do this in a @task that takes it as an argument"
        )


def _refusing(how: str) -> Callable[..., NoReturn]:
    def refuse(self: Reference, *_: object) -> NoReturn:
        self._refuse(how)

    return refuse


_USES = {
    "used as a condition": ["bool"],
    "counted": ["len"],
    "iterated over": ["iter", "next", "reversed", "contains"],
    "taken apart": ["getitem", "setitem", "delitem"],
    "compared": ["eq", "ne", "lt", "le", "gt", "ge"],
    "called": ["call"],
    "used as a number": ["int", "float", "index", "complex", "round", "neg", "pos", "abs", "invert"]
    + [
        side + name
        for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "lshift", "and", "or", "xor")
        for side in ("", "r")
    ],
}
for _how, _names in _USES.items():
    for _name in _names:
        setattr(Reference, f"__{_name}__", _refusing(_how))


def filled(value: Any) -> Any:
    """JSON for a task's strings: references are placeholders, and what only looks like a placeholder is none."""
    if isinstance(value, Reference):
        return value._placeholder
    if isinstance(value, str):
        return _MARK.sub(r"$(\1)", _LOOKS_LIKE_ONE.sub("$$(", value))
    if isinstance(value, dict):
        return {key: filled(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [filled(each) for each in value]
    return value


def references_in(value: Any) -> Iterator[Reference]:
    """In a value and in the lists and maps that it is made of."""
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, dict):
        yield from _all(value.values())
    elif isinstance(value, list | tuple):
        yield from _all(value)


def _all(values: Iterable[Any]) -> Iterator[Reference]:
    for each in values:
        yield from references_in(each)


def as_condition(condition: str) -> str:
    """CEL, in which a reference is a variable."""
    return _MARK.sub(lambda found: _variable(found[1]), condition)


def _variable(path: str) -> str:
    kind, name, *rest = path.split(".")
    return ".".join([f"{kind}['{name}']" if "-" in name else f"{kind}.{name}", *rest])


def script(text: str) -> str:
    """A script as it stands. Raises WorkflowFault if a reference is in it, which could become code."""
    if (found := _MARK.search(text)) is not None:
        name = re.sub(r"\W", "_", found[1].split(".")[1]).upper()
        raise fault(
            f"a value in a script could become code; write env={{'{name}': ...}}, and \"${name}\" in the script"
        )
    return text


def graph_for(what: str) -> WorkflowGraph:
    """The graph that is being built. Raises WorkflowFault outside of a `@workflow` function."""
    if (graph := current()) is None:
        raise fault(f"{what} belongs into a function with @workflow")
    return graph
