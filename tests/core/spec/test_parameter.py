"""Typed parameters: what is taken, and what strings, conditions and programs see of it."""

import json

import pytest

from sluice.api.parameter import Parameter
from sluice.core.base.text import as_json
from sluice.core.cel.program import compile_condition
from sluice.core.cel.variables import condition_variables
from sluice.core.pod.builder import build_pod
from sluice.core.spec.definition import Definition
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.parameter import BadValue, ParameterDeclaration, canonical
from sluice.core.validation import run_faults
from tests.core.kubelet import RUN
from tests.core.validation.judged import A, faults


@pytest.mark.parametrize(
    ("kind", "given", "value", "text"),
    [
        ("String", "5", "5", "5"),
        ("String", 5, "5", "5"),
        ("String", 5.0, "5", "5"),
        ("String", 2.5, "2.5", "2.5"),
        ("String", True, "true", "true"),
        ("String", '{"a": 1}', '{"a": 1}', '{"a": 1}'),
        ("Integer", 5, 5, "5"),
        ("Integer", "5", 5, "5"),
        ("Integer", "-5", -5, "-5"),
        ("Integer", 5.0, 5, "5"),
        ("Integer", "1e3", 1000, "1000"),
        ("Integer", str(2**63 - 1), 2**63 - 1, str(2**63 - 1)),
        ("Number", 5, 5.0, "5"),
        ("Number", "2.50", 2.5, "2.5"),
        ("Number", "1e300", 1e300, "1e+300"),
        ("Boolean", True, True, "true"),
        ("Boolean", "false", False, "false"),
        ("Json", [1, {"a": None}], [1, {"a": None}], '[1,{"a":null}]'),
        ("Json", '[1, {"a": null}]', [1, {"a": None}], '[1,{"a":null}]'),
        ("Json", '"x"', "x", "x"),
        ("Json", 5, 5, "5"),
    ],
)
def test_a_value_and_its_string_are_both_taken(kind, given, value, text):
    found = ParameterDeclaration(kind).value(given)
    assert (found, type(found), canonical(found)) == (value, type(value), text)


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("String", ["x"], "must be a string; for a list or a map say type: Json of the parameter"),
        ("String", float("nan"), "must be a string"),
        ("String", "\ud800", "must be a string"),
        ("Integer", "five", "must be a whole number such as 42"),
        ("Integer", "", "must be a whole number such as 42"),
        ("Integer", 2.5, "must be a whole number such as 42"),
        ("Integer", True, "must be a whole number such as 42"),
        ("Integer", "007", "must be a whole number such as 42"),
        ("Integer", 2**63, "must be a whole number such as 42"),
        ("Integer", float("inf"), "must be a whole number such as 42"),
        ("Number", "NaN", "must be a number such as 0.5"),
        ("Number", "1e999", "must be a number such as 0.5"),
        ("Number", 10**400, "must be a number such as 0.5"),
        ("Number", {"a": 1}, "must be a number such as 0.5"),
        ("Boolean", "yes", "must be true or false"),
        ("Boolean", 1, "must be true or false"),
        ("Json", "{", "must be JSON, such as [1, 2] or its text in quotes"),
        ("Json", ["\ud800"], "must be JSON, such as [1, 2] or its text in quotes"),
        ("Json", "[" * 200 + "]" * 200, "must be JSON, such as [1, 2] or its text in quotes"),
    ],
)
def test_what_is_not_of_its_type(kind, given, words):
    with pytest.raises(BadValue, match=f"^{words.replace('[', '.').replace(']', '.')}$"):
        ParameterDeclaration(kind).value(given)


@pytest.mark.parametrize(
    ("kind", "enum", "given", "holds"),
    [
        ("String", ["dev", "prod"], "prod", True),
        ("String", ["1", "2"], 1, True),
        ("String", ["dev"], "dve", False),
        ("Integer", [1, "2"], "1", True),
        ("Integer", [1, "2"], 2.0, True),
        ("Integer", [1, 2], 3, False),
        ("Json", [[1, 2]], "[1,  2]", True),
    ],
)
def test_a_value_is_one_of_the_enum_however_it_is_written(kind, enum, given, holds):
    declared = ParameterDeclaration.of(Parameter(name="p", type=kind, enum=enum))
    if holds:
        declared.value(given)
    else:
        with pytest.raises(BadValue, match="must be one of"):
            declared.value(given)


@pytest.mark.parametrize(
    ("parameter", "fault"),
    [
        ({"type": "Integer", "default": "5"}, ""),
        ({"type": "Integer", "default": "x"}, "default: must be a whole number such as 42"),
        ({"enum": ["dev", "prod"], "default": "prd"}, "default: must be one of dev, prod; did you mean 'prod'?"),
        ({"type": "Integer", "enum": [1, "x"], "default": 1}, "enum[1]: must be a whole number such as 42"),
        ({"type": "Int", "default": 1}, "type: input should be 'String', 'Integer', 'Number', 'Boolean' or 'Json'"),
        ({"enum": [], "default": 1}, "enum: must not be empty"),
        ({"default": "x" * 65537}, "default: has 65537 characters as text; at most 65536 are possible"),
        ({"type": "Json", "default": ["x" * 65540]}, "default: has 65544 characters"),
    ],
)
def test_what_lint_says_of_a_declaration(parameter, fault):
    found = faults(A, parameters=[{"name": "p"} | parameter])
    assert [each.removeprefix("spec.parameters[0].")[: len(fault)] for each in found] == [fault] * bool(fault)


def test_arguments_are_judged_when_the_run_is_accepted_and_not_repeated():
    declared = Definition.of({"tasks": [A], "parameters": [{"name": "n", "type": "Integer"}]}).parameters
    for argument, found in ((5, []), ("5", []), ("hunter2", ["spec.arguments.n: must be a whole number such as 42"])):
        assert list(map(str, run_faults({"workflow": "etl", "arguments": {"n": argument}}, declared))) == found


PARAMETERS = [
    {"name": "n", "type": "Integer", "default": "3"},
    {"name": "rate", "type": "Number", "default": 1},
    {"name": "dry-run", "type": "Boolean", "default": False},
    {"name": "files", "type": "Json", "default": ["a", {"b": 1}]},
    {"name": "day", "default": 5},
]


def identity(**arguments):
    definition = Definition.of({"parameters": PARAMETERS, "tasks": [A | {"bash": "true"}]})
    return definition, RunIdentity(RUN.name, "team", RUN.uid, "etl", definition.values(arguments))


def test_strings_and_the_environment_have_the_text_and_inputs_json_the_value():
    definition, run = identity()
    made = build_pod(run, definition.tasks[0], 1)
    (main,) = made["spec"]["containers"]
    environment = {variable["name"]: variable["value"] for variable in main["env"]}
    seen = {name: environment[f"PARAM_{name}"] for name in ("N", "RATE", "DRY_RUN", "FILES", "DAY")}
    assert seen == {"N": "3", "RATE": "1", "DRY_RUN": "false", "FILES": '["a",{"b":1}]', "DAY": "5"}
    assert run.values["params.files"] == '["a",{"b":1}]'
    told = json.loads(made["metadata"]["annotations"]["sluice.dev/inputs"])["params"]
    assert as_json(told) == '{"n":3,"rate":1.0,"dry-run":false,"files":["a",{"b":1}],"day":"5"}'


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("params.n > 2", True),
        ("params.n + 1 == 4", True),
        ("params.rate < 1.5 && params.rate * 2.0 == 2.0", True),
        ("params['dry-run']", False),
        ("params.files.size() == 2 && params.files[1].b == 1", True),
        ("params.day == '5'", True),
    ],
)
def test_conditions_see_the_type(condition, answer):
    _, run = identity()
    assert compile_condition(condition).answer(condition_variables({}, run.parameters, {})) is answer
    assert faults(A | {"when": condition}, parameters=PARAMETERS) == []


def test_a_frozen_graph_that_does_not_fit_is_text():
    definition = Definition.of({"tasks": [A], "parameters": [{"name": "n", "type": "Integer", "default": "x"}]})
    assert definition.values({}) == {"n": "x"}
    assert definition.values({"n": ["\ud800"]}) == {"n": '["\\ud800"]'}
