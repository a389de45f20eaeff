"""The shape of a manifest: pydantic's errors as faults, in our words."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from sluice.api.base import Duration, DurationOrPlaceholder, ObjectName, ObjectNamePrefix, ParameterName, TaskName
from sluice.core import Json
from sluice.core.base.faults import FOUND_AT_MOST, Fault, Hint
from sluice.core.base.foreign import integer

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

_DURATION = "must be a duration such as 90s or 1h30m"
_OBJECT_NAME = "must be lower-case letters and digits, with '-' between them, in parts divided by '.'"
_PATTERNS = {
    TypeAdapter(kind).json_schema()["pattern"]: words
    for kind, words in {
        TaskName: "must be lower-case letters and digits, with '-' between them",
        ParameterName: "must be letters, digits, '_' and '-', with a letter or '_' at the start",
        ObjectName: _OBJECT_NAME,
        ObjectNamePrefix: _OBJECT_NAME,
        Duration: _DURATION,
        DurationOrPlaceholder: f"{_DURATION}, or one placeholder such as $(params.NAME)",
    }.items()
}
"""What a text must be that has to match a pattern."""


def _shape_fault(error: ErrorDetails, path: str, model: type[BaseModel]) -> Fault:
    where = path + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    kind = error["type"]
    if error["loc"][-2:-1] in (("requests",), ("limits",)):
        return Fault(where, "must be a quantity; write for example 500m or 64Mi")
    if kind == "extra_forbidden":
        fields = [field for part in _allowed_at(model, error["loc"][:-1]) for field in part.get("properties", ())]
        return Fault(where, "there is no such field", Hint(str(error["loc"][-1]), fields))
    if kind == "string_pattern_mismatch":
        return Fault(where, f"{_PATTERNS[error['ctx']['pattern']]}, not {error['input']!r}")
    if kind in ("string_type", "string_too_short") and (words := _no_such_text(error, model)):
        return Fault(where, words)
    if kind == "value_error":
        return Fault(where, str(error["ctx"]["error"]))
    return Fault(where, _WORDS.get(kind) or error["msg"][:1].lower() + error["msg"][1:])


def _no_such_text(error: ErrorDetails, model: type[BaseModel]) -> str:
    """What must stand in place of something that is no text, or too short. Empty if quotes are all that is missing."""
    given, allowed = error["input"], _allowed_at(model, error["loc"])
    if isinstance(given, list | dict):
        types = dict.fromkeys(_TYPES[each["type"]] for each in allowed if each.get("type") in _TYPES)
        *first, last = types or ("a string",)
        return f"must be {', '.join(first)} or {last}" if first else ""
    pattern = next((each["pattern"] for each in allowed if "pattern" in each), None)
    scalar = isinstance(given, str | float | bool) or integer(given) is not None
    if not scalar or pattern is None or re.fullmatch(pattern, _text(given)):
        return ""
    words = _PATTERNS[pattern]
    seconds = f"; write {_text(given)}s" if words.startswith(_DURATION) and _text(given).isdecimal() else ""
    return f"{words}, not {repr(given) if isinstance(given, str) else _text(given)}{seconds}"


_TYPES = {
    "string": "a string",
    "integer": "a number",
    "number": "a number",
    "boolean": "a boolean",
    "array": "a list",
    "object": "a map",
}


def _text(given: Any) -> str:
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    return given if isinstance(given, str) else json.dumps(given)


@lru_cache
def _schema(model: type[BaseModel]) -> Json:
    return model.model_json_schema(by_alias=True)


def _allowed_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[Json]:
    """The schemas of what a manifest may have at a pydantic location inside the model."""
    schema = _schema(model)
    allowed = [schema]
    for part in loc:
        inner = [found for each in allowed if (found := _inside(each, part))]
        options = [option for each in inner for option in each.get("anyOf") or each.get("oneOf") or (each,)]
        refs = [each.get("$ref", "").removeprefix("#/$defs/") for each in options]
        allowed = [schema["$defs"][ref] if ref else each for each, ref in zip(options, refs, strict=True)]
    return [each for each in allowed if each.get("type") != "null"]


def _inside(schema: Json, part: int | str) -> Json | None:
    others = schema.get("additionalProperties")
    named = schema.get("properties", {}).get(part, others if isinstance(others, dict) else None)
    found: Json | None = schema.get("items") if isinstance(part, int) else named
    return found
