"""`when` and expressions as CEL conditions."""

import pytest

from sluice.core.cel.program import Program, compile_condition
from sluice.importers.argo.documents.text import Ref
from sluice.importers.argo.expressions.conditions import condition, expression
from sluice.importers.argo.expressions.parser import parse
from sluice.importers.argo.expressions.tree import Constant, Untranslatable, go_text

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
        ("1 ?? 2 == 3", "false"),  # `??` binds closest
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


CONFIG = '{"a": {"b-c": [10, 20, 30]}, "people": [{"name": "Jo", "age": 43}, {"name": "Mo", "age": 42}]}'
COMPUTED = {"config": (CONFIG,), "week": ('{"days": [3, 1, 2]}',), "flip": KNOWN["flip"]}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("jsonpath(config, '$.a.b-c[0]')", "10"),
        ("jsonpath(config, '$.a[\"b-c\"][-1]')", "30"),
        ("jsonpath(config, '$.people[*].name')", "[Jo Mo]"),
        ("jsonpath(config, '$.people[0:1]')", "[map[age:43 name:Jo]]"),
        ("jsonpath(config, '$.people[?(@.age > 42 && @.name == \"Jo\")].age')", "[43]"),
        ("toJson(filter([1, 2, 3], {# > 1}))", "[2,3]"),
        ("toJson(map([1, 2], {{b: #, a: 'x'}}))", '[{"a":"x","b":1},{"a":"x","b":2}]'),
        ("map([jsonpath(week, '$.days')], {sprig.max(#[0], #[1], #[2]) / 2})[0]", "1.5"),
        ("all([1, 2], # > 0) && none([1, 2], {# > 2})", "true"),
        ("count([1, 2, 3], {# != 2})", "2"),
        ("asInt('5') * 10 + len('abc')", "53"),
        ("1000000.0 * 10", "1e+07"),
        ("fromJSON('{\"a\": [1]}').a[0]", "1"),
        ("sprig.trimSuffix('.py', 'job.py') + sprig.b64dec('IQ==')", "job!"),
        ("nil ?? 'none'", "none"),
    ],
)
def test_what_is_known_is_computed_and_printed_as_by_go(written, value):
    node = parse(written, lambda words, _: COMPUTED[words])
    assert isinstance(node, Constant)
    assert go_text(node.value) == value


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("jsonpath(config, '$.none')", r"has jsonpath\(\), which takes no"),
        ("jsonpath(config, '.a')", r"has jsonpath\(\), which takes no"),
        ("asInt('x')", r"has asInt\(\), which takes no 'x'"),
        ("1 / 0", "computes / of 1"),
        ("'a' * 1000000000", r"applies \* to what is no number"),
        ("'%1000000000d' % 5", "applies % to what is no number"),
        ("sprig.env('HOME')", r"calls sprig.env\(\)"),
        ("map(1, {#})", r"calls map\(\) on what is no list"),
        ("len(map(fromJson(long), {#}))", "takes more than 20000 steps"),
    ],
)
def test_what_cannot_be_computed(written, words):
    known = COMPUTED | {"long": (str(list(range(30_000))),)}
    with pytest.raises(Untranslatable, match=words):
        parse(written, lambda words, _: known[words])
