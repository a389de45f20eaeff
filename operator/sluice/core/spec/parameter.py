"""Parameters of a Workflow: what their values may be, and what becomes of those that are given.

A value is taken as it is or as a string: 5 and "5" are the same Integer, true and "true" the same Boolean, and both are
the text "5" or "true" where a String is asked for. Json takes any JSON, or a string that is JSON. Whatever was written,
a task's strings and its environment have the canonical text, conditions and `inputs.json` the typed value.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sluice.api.parameter import Parameter, ParameterType
from sluice.core import Json
from sluice.core.base import foreign
from sluice.core.base.text import as_json, as_text, first_names

_SHOWN = 40  # values of an enum, and characters of each
_LARGEST = 1.7976931348623157e308  # no float is larger
_EXACT = 2**53  # up to here each whole number is a float of its own
_INT64 = range(-(2**63), 2**63)
_MUST_BE: dict[ParameterType, str] = {
    "String": "must be a string",
    "Integer": "must be a whole number such as 42",
    "Number": "must be a number such as 0.5",
    "Boolean": "must be true or false",
    "Json": "must be JSON, such as [1, 2] or its text in quotes",
}


class BadValue(ValueError):
    """A value that the parameter cannot have, in words that follow its path."""


@dataclass(frozen=True, slots=True)
class ParameterDeclaration:
    """One parameter. `default` is as it is written, None if each run must give a value; `enum` are canonical texts,
    None for any value.
    """

    type: ParameterType = "String"
    default: Any = None
    enum: tuple[str, ...] | None = None

    @classmethod
    def of(cls, spec: Parameter) -> "ParameterDeclaration":
        kind = spec.type or "String"
        allowed = None if spec.enum is None else tuple(canonical(_leniently(kind, value)) for value in spec.enum)
        return cls(kind, spec.default, allowed)

    def value(self, given: Any) -> Any:
        """The typed value. Raises BadValue."""
        found = typed(self.type, given)
        if self.enum is not None and canonical(found) not in self.enum:
            shown = (text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…" for text in self.enum)
            raise BadValue(f"must be one of {first_names(shown, len(self.enum), _SHOWN)}")
        return found

    def of_run(self, given: Any) -> Any:
        """The typed value of a run: the argument, else the default, else the empty text. A frozen graph is not judged
        again: what does not fit is text.
        """
        written = self.default if given is None else given
        return "" if written is None else _leniently(self.type, written)


def declarations(parameters: Iterable[Parameter] | None) -> dict[str, ParameterDeclaration]:
    """By the parameter's name."""
    return {parameter.name: ParameterDeclaration.of(parameter) for parameter in parameters or ()}


def stored_declarations(spec: Json) -> dict[str, ParameterDeclaration]:
    """Those of a Workflow's spec as the API server has it; none that cannot be read."""

    def read() -> Iterator[Parameter]:
        for each in foreign.mappings(spec.get("parameters")):
            with suppress(ValidationError):
                yield Parameter.read(each)

    return declarations(read())


def values_of_run(declared: Mapping[str, ParameterDeclaration], given: Mapping[str, Any]) -> dict[str, Any]:
    """The typed value of each parameter."""
    return {name: parameter.of_run(given.get(name)) for name, parameter in declared.items()}


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """The canonical text of each typed value."""
    return {name: canonical(value) for name, value in values.items()}


def canonical(value: Any) -> str:
    """The text of a typed value: 5 whether it was written 5, 5.0 or "5"; compact JSON of what is no string."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return as_text(value)


def typed(kind: ParameterType, given: Any) -> Any:
    """Raises BadValue."""
    if kind == "String":
        if isinstance(given, dict | list):
            raise BadValue(f"{_MUST_BE[kind]}; for a list or a map say type: Json of the parameter")
        if not _can_be_written(given):
            raise BadValue(_MUST_BE[kind])
        return canonical(given)
    try:
        found = foreign.parse(given) if isinstance(given, str) else given
    except ValueError:
        raise BadValue(_MUST_BE[kind]) from None
    number = isinstance(found, int | float) and not isinstance(found, bool) and -_LARGEST <= found <= _LARGEST
    match kind:
        case "Integer" if number and found == int(found) and int(found) in _INT64:
            return int(found)
        case "Number" if number:
            return float(found)
        case "Boolean" if isinstance(found, bool):
            return found
        case "Json" if _can_be_written(found):
            return found
    raise BadValue(_MUST_BE[kind])


def _can_be_written(value: Any) -> bool:
    try:
        as_json(value)
    except ValueError:  # half of a surrogate pair
        return False
    return True


def _leniently(kind: ParameterType, given: Any) -> Any:
    try:
        return typed(kind, given)
    except BadValue:
        text = given if isinstance(given, str) else json.dumps(given)
        return text.encode(errors="replace").decode()  # half of a surrogate pair can be written nowhere
