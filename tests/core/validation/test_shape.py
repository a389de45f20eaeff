"""The words of faults that pydantic finds."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field, TypeAdapter, create_model

from sluice.api.backfill import BackfillSpec
from sluice.api.base import Duration, ObjectName, ParameterName, TaskName
from sluice.api.chart import TaskDefaults
from sluice.api.for_each import ItemValue
from sluice.api.pool import PoolSpec
from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSpec
from sluice.core.validation.shape import parse_model

LABEL = "must be lower-case letters and digits, with '-' between them"
PARAMETER = "must be letters, digits, '_' and '-', with a letter or '_' at the start"
OBJECT = "must be lower-case letters and digits, with '-' between them, in parts divided by '.'"
DURATION = "must be a duration such as 90s or 1h30m"


def words(kind, text):
    faults = []
    parse_model(create_model("Only", field=(kind, ...)), {"field": text}, "spec", faults)
    return [str(fault) for fault in faults]


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (TaskName, "Load", LABEL),
        (TaskName, "load_data", LABEL),
        (TaskName, "-load", LABEL),
        (TaskName, "load-", LABEL),
        (TaskName, "load-2", None),
        (ParameterName, "1k", PARAMETER),
        (ParameterName, "-k", PARAMETER),
        (ParameterName, "a.b", PARAMETER),
        (ParameterName, "_Max-cost2", None),
        (ObjectName, "a..b", OBJECT),
        (ObjectName, "a-.b", OBJECT),
        (ObjectName, "Etl", OBJECT),
        (ObjectName, "etl.v2", None),
        (Duration, "1.5h", DURATION),
        (Duration, "90", DURATION),
        (Duration, "1h 30m", DURATION),
        (Duration, "1h30m", None),
    ],
)
def test_a_text_of_a_wrong_form_is_told_in_words(kind, text, said):
    assert words(kind, text) == ([f"spec.field: {said}, not {text!r}"] if said else [])


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (Duration, 90, f"{DURATION}, not 90; write 90s"),
        (Duration, 1e3, f"{DURATION}, not 1000; write 1000s"),
        (Duration, 1.5, f"{DURATION}, not 1.5"),
        (Duration, -5, f"{DURATION}, not -5"),
        (Duration, True, f"{DURATION}, not true"),
        (Duration, "9", f"{DURATION}, not '9'; write 9s"),
        (ParameterName, 5, f"{PARAMETER}, not 5"),
        (TaskName, 3.1, f"{LABEL}, not 3.1"),
        (TaskName, 5, "must be a string; put it in quotes"),
        (TaskName, None, "must be a string; put it in quotes"),
        (TaskName, [1], "must be a string; put it in quotes"),
        (Duration, 10**400, "must be a string; put it in quotes"),
        (ItemValue, [1], "must be a string, a number, a boolean or a map"),
        (ItemValue, None, "must be a string; put it in quotes"),
    ],
)
def test_quotes_are_advised_only_where_they_help(kind, given, said):
    assert words(kind, given) == [f"spec.field: {said}"]


def patterns(schema):
    """All patterns in a JSON schema."""
    if isinstance(schema, dict) and isinstance(schema.get("pattern"), str):
        yield schema["pattern"]
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from patterns(part)


@pytest.mark.parametrize("model", [WorkflowSpec, WorkflowRunSpec, PoolSpec, BackfillSpec, TaskDefaults])
def test_every_pattern_of_a_manifest_has_words(model):
    for pattern in patterns(TypeAdapter(model).json_schema()):
        (said,) = words(Annotated[str, Field(pattern=pattern)], "!")
        assert said.startswith("spec.field: must be")
