"""`when` and expressions as CEL conditions."""

# a case reads best in one line

import pytest

from sluice.core.cel.program import Program, compile_condition
from sluice.importers.argo.expressions import Untranslatable, condition, expression
from sluice.importers.argo.text import Ref

KNOWN = {
    "x": (Ref.to("params", "x"),),
    "flip": (Ref.to("tasks", "flip-coin", "outputs", "result"),),
    "code": (Ref.to("tasks", "a", "exitCode", number=True),),
    "phase": (Ref.to("tasks", "a", "phase"),),
    "item": (Ref.to("item", number=True),),
    "yes": ("yes",),
    "five": ("5",),
}


def resolve(words, is_expression):
    assert not is_expression
    return KNOWN[words]


@pytest.mark.parametrize(
    ("written", "cel"),
    [
        ("{{flip}} == heads", "tasks['flip-coin'].outputs.result == 'heads'"),
        ("'{{x}}' != ''", "params.x != ''"),
        ("{{x}} == 1", "params.x == '1'"),  # a parameter is a text
        ("{{x}} > 5", "int(params.x) > 5"),
        ("{{x}} <= 5.5", "double(params.x) <= 5.5"),
        ("{{code}} == 3", "tasks.a.exitCode == 3"),
        ("{{item}} > 3", "item > 3"),
        ("{{phase}} == Error", "tasks.a.phase == 'Failed'"),
        ("{{x}} =~ hea", "params.x.matches('hea')"),
        ("{{x}} !~ hea", "!params.x.matches('hea')"),
        ("{{x}} in ('a', 'b')", "params.x in ['a', 'b']"),
        (
            "({{x}} == a && {{flip}} == b) || !({{x}} == c)",
            "(params.x == 'a' && tasks['flip-coin'].outputs.result == 'b') || !(params.x == 'c')",
        ),
        ("{{x}}", "params.x == 'true'"),
        ("{{x}} == true", "params.x == 'true'"),
        ("'{{x}}-{{yes}}' == 'a-yes'", "params.x + '-yes' == 'a-yes'"),
        ("{{yes}} == yes", "true"),  # known at import
        ("{{five}} > 7 || {{x}} == a", "params.x == 'a'"),
        ("{{=asInt(x) > 5}}", "int(params.x) > 5"),
        ("true", "true"),
    ],
)
def test_condition(written, cel):
    assert condition(written, resolve) == cel
    assert isinstance(compile_condition(cel), Program)


@pytest.mark.parametrize(
    ("written", "cel"),
    [
        ("x == 'a' and not (phase == 'Succeeded')", "params.x == 'a' && !(tasks.a.phase == 'Succeeded')"),
        ("x contains 'b' ? true : x startsWith 'c'", "(params.x.contains('b') ? true : params.x.startsWith('c'))"),
        ("asInt(five) * 2 == 10", "true"),
        ("string(item) == '1'", "string(item) == '1'"),
    ],
)
def test_expression(written, cel):
    assert expression(written, resolve) == cel


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("jsonpath(x, '$.a') == 'b'", r"calls jsonpath\(\)"),
        ("x == 'a' &&", "ends too early"),
        ('x == "a', "is not understood"),
        ("phase == 'Running'", "asks for what goes on"),
        ("five", "neither true nor false"),
        ("(" * 40 + "x" + ")" * 40, "nested deeper than 24"),
        ("x" * 5000, "has 5000 characters"),
    ],
)
def test_untranslatable(written, words):
    with pytest.raises(Untranslatable, match=words):
        expression(written, resolve)
