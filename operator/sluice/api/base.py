"""What every model shares: camelCase names as in Kubernetes, unknown fields refused, docstrings as field
descriptions.
"""

import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from sluice.api import Json


class Model(BaseModel):
    """A part of our API.

    `model_validate` is for a manifest: an unknown field is an error. `read` and `read_usable` are for what the API
    server has accepted already, perhaps under another version of the CRDs: unknown fields are ignored.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        defer_build=True,  # a command uses few of them
        strict=True,
        hide_input_in_errors=True,  # scripts and parameters may hold secrets, and errors are logged
    )

    @classmethod
    def read(cls, stored: Json) -> Self:
        """Raises pydantic's ValidationError."""
        return cls.model_validate(stored, extra="ignore")

    @classmethod
    def read_usable(cls, stored: Json) -> Self:
        """As `read`, but a field that does not validate counts as absent. Raises ValidationError if it is required."""
        try:
            return cls.read(stored)
        except ValidationError:
            return cls.read(cls.usable(stored))

    @classmethod
    def usable(cls, stored: Json) -> Json:
        """Without the fields that do not validate."""
        try:
            cls.read(stored)
        except ValidationError as error:
            unusable = {detail["loc"][0] for detail in error.errors() if detail["loc"]}
            return {name: value for name, value in stored.items() if name not in unusable}
        return stored


_M = TypeVar("_M", bound=Model)


def layered(base: _M | None, over: _M | None) -> _M | None:
    """`over` on top of `base`, field by field. A field that is None in `over` is that of `base`; lists are replaced."""
    if base is None or over is None:
        return base if over is None else over
    said = {name: getattr(over, name) for name in over.model_fields_set}
    merged = {
        name: layered(getattr(base, name), value) if isinstance(value, Model) else value
        for name, value in said.items()
        if value is not None
    }
    return base.model_copy(update=merged)


_DNS_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"

TaskName = Annotated[str, Field(min_length=1, max_length=63, pattern=_DNS_LABEL)]
ParameterName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z_][-A-Za-z0-9_]*$")]
ObjectName = Annotated[
    str,
    Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"),
]
ObjectNamePrefix = Annotated[
    str, Field(max_length=253, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(-*|\.-)$")
]
"""Of a name to which the API server adds letters: a dash may stand at its end."""
Text = Annotated[str, Field(max_length=32768)]
Time = Annotated[str, Field(max_length=64, json_schema_extra={"format": "date-time"})]
Script = Annotated[str, Field(max_length=262144)]
Expression = Annotated[str, Field(min_length=1, max_length=1024)]
Word = Annotated[str, Field(max_length=253)]
Sentence = Annotated[str, Field(max_length=1024)]
Priority = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]

# No field of Kubernetes' own types is checked twice: the API server judges the pod when it is created.
Verbatim = Annotated[dict[str, Any], Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})]
# A structural schema's int-or-string refuses `cpu: 0.5`, which a Pod takes.
Quantity = Annotated[int | float | str, Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})]

_VALUE_MAX = 65536


def _short(value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > _VALUE_MAX:
        raise ValueError(f"has {len(text)} characters as text; at most {_VALUE_MAX} are possible")
    return value


# Of any type, which is judged by the parameter's own.
ParameterValue = Annotated[
    str | int | float | bool | list[Any] | dict[str, Any],
    Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True}),
    AfterValidator(_short),
]

# A map whose values have no type in the schema could not be compared by the rules of the CRD.
Arguments = Annotated[
    dict[str, ParameterValue],
    Field(
        max_length=256,
        json_schema_extra={"additionalProperties": True, "x-kubernetes-preserve-unknown-fields": True},
    ),
]

BY_NAME = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
"""How server-side apply merges a list: item by item, as their names say. No name can be there twice."""

_DURATION = r"^([0-9]+(s|m|h|d))+$"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_DURATION = "3650d"


def seconds(duration: str) -> int:
    """The length in seconds of a `Duration` such as `90s` or `1h30m`. Raises ValueError if it is none: `1.5h`."""
    if not re.fullmatch(_DURATION, duration):
        raise ValueError(f"'{duration}' is no duration; write for example 90s or 1h30m")
    return sum(int(count) * _SECONDS[unit] for count, unit in re.findall(r"([0-9]+)([smhd])", duration))


def bounded_seconds(duration: str) -> int:
    """As `seconds`. Raises ValueError also if it is too long."""
    if (found := seconds(duration)) > seconds(_LONGEST_DURATION):
        raise ValueError(f"'{duration}' is longer than {_LONGEST_DURATION}")
    return found


def _bounded(duration: str) -> str:
    if not duration.startswith("$("):
        bounded_seconds(duration)
    return duration


Duration = Annotated[str, Field(min_length=2, max_length=32, pattern=_DURATION), AfterValidator(_bounded)]

_PLACEHOLDER_MAX = 512
_ONE_PLACEHOLDER = r"\$\([^()]+\)"
DurationOrPlaceholder = Annotated[
    str,
    Field(min_length=2, max_length=_PLACEHOLDER_MAX, pattern=rf"^(([0-9]+(s|m|h|d))+|{_ONE_PLACEHOLDER})$"),
    AfterValidator(_bounded),
]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of a whole number that may be said by one whole placeholder. The API server does not judge it."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"a whole number from {self.low} to {self.high}"

    def check(self, said: int | str) -> int | str:
        """Raises ValueError."""
        if isinstance(said, str) and not re.fullmatch(_ONE_PLACEHOLDER, said):
            raise ValueError(f"must be {self}, or one placeholder such as $(params.NAME)")
        if isinstance(said, int) and not self.low <= said <= self.high:
            raise ValueError(f"must be {self}")
        return said


INT_OR_PLACEHOLDER = Field(json_schema_extra={"x-kubernetes-int-or-string": True, "maxLength": _PLACEHOLDER_MAX})
