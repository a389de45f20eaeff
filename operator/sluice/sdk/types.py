"""Types of values: which parameter of a Workflow has which, and what fits where."""

import collections.abc
import dataclasses
import enum
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, cast

from sluice.core import Json
from sluice.sdk.faults import fault
from sluice.stub import call as stub

_LISTS = (list, tuple, set, frozenset, collections.abc.Iterable)
_KINDS = {bool: "Boolean", int: "Integer", float: "Number"}


def hint_of(function: Any, name: str) -> Any:
    """The annotation of a parameter, or of `return`; Any without one, or if it cannot be resolved."""
    return stub.hint_of(function, name)  # type: ignore[no-untyped-call]


def encode(value: Any) -> Any:
    """As JSON has it. Raises WorkflowFault for what JSON has no word for, and for what kubectl would change."""
    found = _in_json(stub.encode, value)
    if _has_large_number(found):
        raise fault("this value has a number that is beyond 64 bits; hand it on as text")
    return found


def keys_of(value: Mapping[Any, Any]) -> list[str]:
    """The keys of a map in JSON. Raises WorkflowFault for those that JSON has no word for, or one for two."""
    return cast("list[str]", _in_json(stub.keys_of, value))


def _in_json(encode: Callable[[Any], Any], value: Any) -> Any:
    try:
        return encode(value)
    except stub.Fault:
        raise fault(f"JSON has no word for this value: {value!r:.80}") from None


def _has_large_number(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_large_number, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def is_nothing(hint: Any) -> bool:
    return hint is None or hint is type(None)


def item_of(hint: Any) -> Any:
    """The type of a list's items."""
    inner = typing.get_args(hint)
    return inner[0] if inner and not _is_map(hint) else Any


def parameter(name: str, hint: Any, default: Any) -> Json:
    """How the Workflow declares a parameter of its function. Raises WorkflowFault."""
    found: Json = {"name": name}
    hint = _unnamed(_without_none(hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        found["enum"] = [encode(member) for member in hint]
        hint = type(found["enum"][0]) if found["enum"] else str
    elif typing.get_origin(hint) is typing.Literal:
        found["enum"] = list(typing.get_args(hint))
        hint = type(found["enum"][0])
    if hint in _KINDS:
        found["type"] = _KINDS[hint]
    elif _is_list(hint) or _is_map(hint):
        found["type"] = "Json"
    if default is None:
        raise fault(
            f"parameter {name}: a Workflow cannot have None as a default; leave the default out, or name a value"
        )
    if default is not inspect.Parameter.empty:
        found["default"] = encode(default)
    return found


def fits(given: Any, taken: Any) -> bool:
    """May a value of one type go where the other is taken? True where it cannot be told."""
    given, taken = _unnamed(given), _unnamed(taken)
    if Any in (given, taken) or given == taken or isinstance(taken, typing.TypeVar):
        return True
    if _is_union(given):
        return all(fits(each, taken) for each in typing.get_args(given))
    if _is_union(taken):
        return any(fits(given, each) for each in typing.get_args(taken))
    if _is_list(given) and _is_list(taken):
        return fits(item_of(given), item_of(taken))
    if _is_list(given) != _is_list(taken):
        return _is_open(given) or _is_open(taken)
    if _is_map(given) and _is_map(taken):
        return dict in (_kind(given), _kind(taken)) or _kind(given) is _kind(taken)
    if is_nothing(given) or is_nothing(taken):
        return is_nothing(given) and is_nothing(taken)
    one, other = _kind(given), _kind(taken)
    if not isinstance(one, type) or not isinstance(other, type):
        return True
    return issubclass(one, other) or (one is int and other is float)


def shown(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint)


def _unnamed(hint: Any) -> Any:
    """What a NewType is at run time."""
    return _unnamed(hint.__supertype__) if isinstance(hint, typing.NewType) else hint


def _kind(hint: Any) -> Any:
    return typing.get_origin(hint) or hint


def _is_open(hint: Any) -> bool:
    """No plain class: a Literal, an alias, Annotated."""
    return not isinstance(_kind(hint), type)


def _is_list(hint: Any) -> bool:
    kind = _kind(hint)
    return (
        isinstance(kind, type)
        and issubclass(kind, _LISTS)
        and not issubclass(kind, str | bytes | enum.Enum)
        and not _is_map(hint)
    )


def _is_map(hint: Any) -> bool:
    kind = _kind(hint)
    return isinstance(kind, type) and (
        issubclass(kind, collections.abc.Mapping) or dataclasses.is_dataclass(kind) or hasattr(kind, "_fields")
    )


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _without_none(hint: Any) -> Any:
    inner = [each for each in typing.get_args(hint) if not is_nothing(each)] if _is_union(hint) else []
    return inner[0] if len(inner) == 1 else hint
