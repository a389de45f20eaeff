"""A parameter of a Workflow."""

from typing import Annotated, Literal

from pydantic import Field

from sluice.api.base import Model, ParameterName, ParameterValue

ParameterType = Literal["String", "Integer", "Number", "Boolean", "Json"]


class Parameter(Model):
    """A value that a run can set."""

    name: ParameterName
    """Its name: $(params.NAME) in the tasks' strings, PARAM_NAME in their environment."""
    type: ParameterType | None = None
    """What its values are: String (the default), Integer, Number, Boolean or Json. A value may be written as it is or
    as a string, 5 or "5". Strings and the environment have it as text, conditions and inputs.json have its type."""
    enum: Annotated[list[ParameterValue] | None, Field(min_length=1, max_length=256)] = None
    """The values that it may have. Default: any of its type."""
    default: ParameterValue | None = None
    """The value of runs that give none. Without a default, each run must give one."""
    description: Annotated[str | None, Field(max_length=1024)] = None
    """What it is for."""
