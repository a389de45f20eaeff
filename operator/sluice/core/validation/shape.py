"""The shape of a manifest: pydantic's errors as faults, in our words."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from sluice.api.base import Duration, DurationOrPlaceholder, ObjectName, ObjectNamePrefix, ParameterName, TaskName
from sluice.core import Json
from sluice.core.base.faults import FOUND_AT_MOST, Fault, Hint

_Read = TypeVar("_Read", bound=BaseModel)


def parse_model(model: type[_Read], raw: Any, path: str, faults: list[Fault]) -> _Read | None:
    """The model, or None if it does not parse. Then its faults are added to `faults`, unless there are plenty already.

    `path` is where `raw` stands.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found = (_shape_fault(detail, path, model) for detail in _one_per_place(error.errors(include_url=False)))
        faults += islice(found, max(0, FOUND_AT_MOST - len(faults)))
        return None


def _one_per_place(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """The first error of each path: pydantic reports one for each member of a union."""
    places: set[tuple[int | str, ...]] = set()
    for error in errors:
        if error["type"] != "extra_forbidden" and error["loc"][-1:] and error["loc"][-1] in _UNION_MEMBERS:
            error["loc"] = error["loc"][:-1]
        error["loc"] = tuple(part for part in error["loc"] if part not in _UNION_TAGS)
        if error["loc"] not in places:
            yield error
        places.add(error["loc"])


_UNION_MEMBERS = ("int", "float", "str", "bool", "list[any]", "dict[str,any]")
_UNION_TAGS = ("OutputName", "OutputSpec")
NOT_A_STRING = "must be a string; put it in quotes"
_WORDS = {
    "too_short": "must not be empty",
    "missing": "is required",
    "string_type": NOT_A_STRING,
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a map",
    "model_type": "must be a map",
}

_OBJECT_NAME = "must be lower-case letters and digits, with '-' between them, in parts divided by '.'"
_PATTERNS = {
    TypeAdapter(kind).json_schema()["pattern"]: words
    for kind, words in {
        TaskName: "must be lower-case letters and digits, with '-' between them",
        ParameterName: "must be letters, digits, '_' and '-', with a letter or '_' at the start",
        ObjectName: _OBJECT_NAME,
        ObjectNamePrefix: _OBJECT_NAME,
        Duration: "must be a duration such as 90s or 1h30m",
        DurationOrPlaceholder: "must be a duration such as 90s or 1h30m, or one placeholder such as $(params.NAME)",
    }.items()
}
"""What a text must be that has to match a pattern."""


def _shape_fault(error: ErrorDetails, path: str, model: type[BaseModel]) -> Fault:
    where = path + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    kind = error["type"]
    if error["loc"][-2:-1] in (("requests",), ("limits",)):
        return Fault(where, "must be a quantity; write for example 500m or 64Mi")
    if kind == "extra_forbidden":
        fields = _fields_at(model, error["loc"][:-1])
        return Fault(where, "there is no such field", Hint(str(error["loc"][-1]), fields))
    if kind == "string_pattern_mismatch":
        return Fault(where, f"{_PATTERNS[error['ctx']['pattern']]}, not {error['input']!r}")
    if kind == "value_error":
        return Fault(where, str(error["ctx"]["error"]))
    return Fault(where, _WORDS.get(kind) or error["msg"][:1].lower() + error["msg"][1:])


@lru_cache
def _schema(model: type[BaseModel]) -> Json:
    return model.model_json_schema(by_alias=True)


def _fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The fields that a manifest may have at a pydantic location inside the model."""
    schema = _schema(model)
    node = schema
    for part in loc:
        node = node["items"] if isinstance(part, int) else node.get("properties", {}).get(part, {})
        options = [each for each in node.get("anyOf") or node.get("oneOf") or () if each.get("type") != "null"]
        node = next((each for each in options if "$ref" in each), options[0] if options else node)
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return list(node.get("properties", ()))
