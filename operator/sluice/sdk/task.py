"""`@task`: outside of a `@workflow` function the plain function; inside, a call adds a task to the graph.

A call has the type of the function's value, though it gives a reference: so type checkers see what the pods will see.
"""

import functools
import inspect
import itertools
import typing
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, Unpack, cast, overload

from sluice.core import Json
from sluice.sdk import types
from sluice.sdk.faults import Place, fault, here
from sluice.sdk.fields import FAN_OUT, TaskFields, task_fields
from sluice.sdk.graph import TaskNode, WorkflowGraph, current
from sluice.sdk.reference import Reference, Step, depend, filled, graph_for, references_in

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
A = TypeVar("A")

_MANY = (AsyncGenerator, AsyncIterator, AsyncIterable, Generator, Iterator)

OUTPUT = "value"
"""The output that a function's return value is."""


class Task(Generic[P, R_co]):
    """A function that runs in a pod."""

    def __init__(
        self,
        function: Callable[P, Any],
        fields: Mapping[str, Any],
        place: Place,
        *,
        name: str = "",
        after: tuple[object, ...] = (),
    ) -> None:
        self._function, self._fields, self.place, self._name, self._after = function, fields, place, name, after
        functools.update_wrapper(self, function)
        self.__name__: str = getattr(function, "__name__", "task")

    @property
    def function(self) -> Callable[P, R_co]:
        """The plain function, also inside of a `@workflow` function."""
        return cast("Callable[P, R_co]", self._function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        graph = current()
        if graph is None:
            return cast("R_co", self._function(*args, **kwargs))
        if lost := [name for name in FAN_OUT if name in self._fields]:
            raise fault(f"{lost[0]} is an option of a fan-out: {self.__name__}.with_({lost[0]}=...).each(...)")
        return cast("R_co", self._add(graph, self._bound(args, kwargs), {}))

    def each(
        self: Callable[Concatenate[A, Q], R],
        items: Iterable[A],
        /,
        *args: Q.args,
        **kwargs: Q.kwargs,
    ) -> list[R]:
        """A pod for each item, which is the function's first argument. The other arguments are the same for all."""
        task = cast("Task[..., Any]", self)
        return cast("list[R]", task._each(graph_for(f"{task.__name__}.each"), items, args, kwargs))

    def zip(self, *lists: Iterable[Any], **kwargs: Any) -> list[R_co]:
        """A pod for each pair: `load.zip(files, days)`. The lists are known now, and stand for the function's first
        arguments; those with a name are the same for all.
        """
        given = [self._known_now("zip", each) for each in lists]
        if len({len(each) for each in given}) > 1:
            raise fault(f"zip wants lists of one length, and these have {', '.join(str(len(each)) for each in given)}")
        return self._tuples(list(zip(*given, strict=True)), len(lists), kwargs)

    def product(self, *lists: Iterable[Any], **kwargs: Any) -> list[R_co]:
        """As `zip`, with a pod for each combination. The last list changes fastest."""
        given = [self._known_now("product", each) for each in lists]
        return self._tuples(list(itertools.product(*given)), len(lists), kwargs)

    def with_(self, *, name: str = "", **fields: Unpack[TaskFields]) -> "Task[P, R_co]":
        """The same function with other options, and under another name."""
        task_fields(fields)
        merged = {**self._fields, **fields}
        return Task(self._function, merged, self.place, name=name or self._name, after=self._after)

    def when(self, condition: str) -> "Task[P, R_co]":
        """Run only if this CEL expression is true."""
        return self.with_(when=condition)

    def after(self, *steps: object) -> "Task[P, R_co]":
        """Wait for these, too."""
        return Task(self._function, self._fields, self.place, name=self._name, after=(*self._after, *steps))

    def _each(self, graph: WorkflowGraph, items: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reference:
        parameters = list(inspect.signature(self._function).parameters)
        if not parameters:
            raise fault(f"{self.__name__} takes no argument that could be an item")
        item: Any = Reference("item", types.hint_of(self._function, parameters[0]))
        if isinstance(items, Reference) and items._each and items._node is not None:
            over: Json = {"sameAs": items._node.name}
            item = Reference(items._path, types.item_of(items._hint), items._node)
        elif isinstance(items, Reference):
            self._handed_on(items)
            over = {"from": items._placeholder}
            item = Reference("item", types.item_of(items._hint))
        else:
            given = [types.encode(each) for each in _static(items)]
            if any(each is None or isinstance(each, list) for each in given):
                given = [{"value": each} for each in given]
                item = Reference("item.value", Any)
            over = {"items": filled(given)}
        return self._add(graph, self._bound((item, *args), kwargs), over)

    def _known_now(self, how: str, items: object) -> list[Any]:
        if isinstance(items, Reference):
            raise fault(
                f"{how} takes lists that are known now, and {items._words} is not; "
                f"pair them in a @task that returns the pairs, and write {self.__name__}.each(...)"
            )
        return _static(items)

    def _tuples(self, items: list[tuple[Any, ...]], width: int, kwargs: Mapping[str, Any]) -> list[R_co]:
        """A pod for each tuple, whose members are the first `width` arguments."""
        names = list(inspect.signature(self._function).parameters)[:width]
        if len(names) < width:
            raise fault(f"{self.__name__} takes {len(names)} arguments, and has no use for {width} lists")
        over = {"items": filled([dict(zip(names, map(types.encode, each), strict=True)) for each in items])}
        members = {name: Reference(f"item.{name}", Any) for name in names}
        graph = graph_for(f"{self.__name__}.zip or .product")
        return cast("list[R_co]", self._add(graph, self._bound((), {**members, **kwargs}), over))

    def _bound(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments by name. Raises WorkflowFault if the function does not take them so."""
        signature = inspect.signature(self._function)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise fault(f"{self.__name__}: {error}") from None
        found: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            kind = signature.parameters[name].kind
            if kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.POSITIONAL_ONLY):
                raise fault(f"{self.__name__}: arguments travel by name, and '{name}' has none; remove the * or the /")
            found |= value if kind is inspect.Parameter.VAR_KEYWORD else {name: value}
        return found

    def _add(self, graph: WorkflowGraph, arguments: dict[str, Any], over: Json) -> Reference:
        for name, value in arguments.items():
            self._check(graph, name, value)
        fields = task_fields(self._fields)
        for_each = over | fields.pop("forEach", {})
        returned = types.hint_of(self._function, "return")
        gives = not types.is_nothing(returned)
        fields |= {"forEach": for_each} if over else {}
        fields["function"] = {"arguments": {name: _argument(value) for name, value in arguments.items()}}
        fields |= {"outputs": [OUTPUT]} if gives else {}
        node = TaskNode(self._name or self.__name__.strip("_").replace("_", "-").lower(), here(), fields, self)
        graph.add(node)
        each = bool(over)
        reference = Reference(f"tasks.{node.name}.outputs.{OUTPUT}", _value(returned, each=each), node, each=each)
        depend(reference, list(self._after))
        return reference

    def _check(self, graph: WorkflowGraph, name: str, value: Any) -> None:
        """That what goes into an argument is handed on, and is of its type."""
        for reference in references_in(value):
            self._handed_on(reference)
        taken = types.hint_of(self._function, name)
        if isinstance(value, Reference) and not types.fits(value._hint, taken):
            if value._path.startswith("item"):
                given = f"an item is {types.shown(value._hint)}"
            else:
                given = f"{value._words} is {types.shown(value._hint)}"
            graph.mistake(f"{self.__name__} takes {types.shown(taken)} as {name}, and {given}")

    def _handed_on(self, reference: Reference) -> None:
        node = reference._node
        if node is not None and node.function is not None and "outputs" not in node.fields:
            raise fault(
                f"task '{node.name}' returns None, so it hands nothing on to {self.__name__}; "
                f"for the order alone: {self.__name__}.after(...)"
            )


def _value(returned: Any, *, each: bool) -> Any:
    """The type of what a call gives: of a generator and of a fan-out a list."""
    if typing.get_origin(returned) in _MANY:
        returned = list[types.item_of(returned)]  # type: ignore[misc]
    return list[returned] if each and returned is not Any else returned


def _static(items: Any) -> list[Any]:
    if isinstance(items, str | bytes) or not isinstance(items, Iterable):
        raise fault(f"each wants a list, and this is none: {items!r:.80}")
    return list(items)


def _argument(value: Any) -> Any:
    """JSON with placeholders. References have no type that JSON knows, so they are filled in first."""
    if isinstance(value, Reference | str):
        return filled(value)
    if isinstance(value, dict):
        return dict(zip(types.keys_of(value), map(_argument, value.values()), strict=True))
    if isinstance(value, list | tuple):
        return [_argument(each) for each in value]
    return filled(types.encode(value))


class Decorator(Protocol):
    """What `@task(...)` is."""

    @overload
    def __call__(self, function: Callable[P, None], /) -> Task[P, Step]: ...
    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> Task[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, AsyncIterator[R]], /) -> Task[P, list[R]]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Task[P, R]: ...


@overload
def task(function: Callable[P, None], /) -> Task[P, Step]: ...
@overload
def task(function: Callable[P, Coroutine[Any, Any, R]], /) -> Task[P, R]: ...
@overload
def task(function: Callable[P, AsyncIterator[R]], /) -> Task[P, list[R]]: ...
@overload
def task(function: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(**fields: Unpack[TaskFields]) -> Decorator: ...
def task(function: Any = None, /, **fields: Any) -> Any:
    """Make a function a task. Raises WorkflowFault for an unknown option, and inside of a `@workflow` function."""
    task_fields(fields)
    place = here()
    if current() is not None:
        raise fault("a pod finds no function that is defined in here; define this task at the top of the file")
    if function is None:
        return lambda decorated: Task(decorated, fields, place)
    return Task(function, fields, place)
