"""Outputs that choose between tasks, and values that are computed by the defaults of parameters."""

import textwrap

import pytest

from tests.importers.argo.documents import call, imported, lost, spec, steps, tasks, workflow

FLIP = call("flip", "flip")
HEADS = call("heads", "flip", when="{{steps.flip.outputs.result}} == heads")
TAILS = call("tails", "flip", when="{{steps.flip.outputs.result}} == tails")


def choosing(expression, *layer):
    output = f'  outputs: {{parameters: [{{name: side, valueFrom: {{expression: "{expression}"}}}}]}}\n'
    return workflow(steps([FLIP], layer) + output)


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        (
            "steps.flip.outputs.result == 'heads' ? steps.heads.outputs.result : steps.tails.outputs.result",
            "$(tasks.heads.outputs.result ?? tasks.tails.outputs.result)",
        ),
        (
            "steps.flip.outputs.result == 'x' ? 'none' : steps.heads.outputs.result",
            "$(tasks.heads.outputs.result ?? 'none')",
        ),
        ("true ? steps.flip.outputs.result : 'none'", "$(tasks.flip.outputs.result)"),
    ],
)
def test_an_output_is_that_of_the_task_that_ran(expression, output):
    assert spec(choosing(expression, HEADS, TAILS))["outputs"] == {"side": output}


def test_a_choice_between_values_that_both_exist_is_told():
    expression = "steps.flip.outputs.result == 'x' ? steps.a.outputs.result : steps.b.outputs.result"
    result = imported(choosing(expression, call("a", "flip"), call("b", "flip")))
    assert result.objects[-1].manifest["spec"]["outputs"] == {"side": "FILL_IN"}
    assert [what for _, what in lost(result)] == ["the output 'side'"]


def test_a_condition_on_a_choice_asks_for_the_task_that_ran():
    expression = "steps.flip.outputs.result == 'heads' ? steps.heads.outputs.result : 'none'"
    condition = "{{steps.pick.outputs.parameters.side}} == heads"
    top = steps([call("pick", "main")], [call("go", when=condition)], name="top")
    text = choosing(expression, HEADS).replace("entrypoint: main", "entrypoint: top")
    found = tasks(text + textwrap.indent(top, "  "))
    phase, result = ("tasks['pick-heads']." + key for key in ("phase", "outputs.result"))
    assert found["go"]["when"] == f"({phase} == 'Succeeded' ? {result} : 'none') == 'heads'"


@pytest.mark.parametrize(
    ("value", "argument"),
    [
        ("{{=jsonpath(workflow.parameters.config, '$.a')}}", "1"),
        ("{{workflow.parameters.json}}", '[{"name":"config","value":"{\\"a\\": 1}"}]'),
        ("{{=asInt(jsonpath(workflow.parameters.config, '$.a')) + 1}}", "2"),
    ],
)
def test_what_has_to_be_computed_of_a_parameter_is_computed_by_its_default(value, argument):
    given = call("a", arguments={"parameters": [{"name": "message", "value": value}]})
    result = imported(workflow(steps([given]), arguments="{parameters: [{name: config, value: '{\"a\": 1}'}]}"))
    assert result.objects[-1].manifest["spec"]["tasks"][0]["args"] == [argument]
    assert [what for _, what in lost(result)] == ["the value of 'message'"]
