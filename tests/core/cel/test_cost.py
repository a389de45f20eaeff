"""`when`: what a condition may cost, and what it takes to find that out."""

import pytest

from sluice.core.cel.cost import MAX_COST, Sizes, exceeds, pattern_size
from sluice.core.cel.diagnostics import CelError
from sluice.core.cel.program import compile_condition
from sluice.core.cel.variables import TaskVariable, condition_variables
from tests.core.cel.known import ETL, KNOWN, answer
from tests.core.counting import calls

LONG = "x" * 65536
NUMBERS = list(range(9000))


@pytest.mark.parametrize(
    "text",
    [
        "['ab']" + ".map(x, x + x)" * 26 + " == []",  # twice as long each time
        "[[1]]" + ".map(x, x + x)" * 26 + " == []",
        "[1]" + ".map(x, [x, x])" * 26 + " == []",
        "tasks.a.outputs.numbers.all(n, tasks.a.outputs.long.contains('xy'))",  # 10 s
        "tasks.a.outputs.numbers.all(n, n in tasks.a.outputs.numbers)",
        "tasks.a.outputs.numbers.all(n, tasks.a.outputs.long" + " + tasks.a.outputs.long" * 20 + " == '')",
        "tasks.a.outputs.long.matches(tasks.a.outputs.long)",
        "tasks.a.outputs.long.matches('(a?b?c?){300}(.?){500}z')",  # 1.5 s
        "tasks.a.outputs.many.map(x, x).size() > 1",  # a new list in each round: 2 s
        "tasks.a.outputs.many.filter(x, true).size() > 1",
    ],
)
def test_what_would_hold_up_the_operator_is_not_begun(text):
    outputs = {"long": LONG, "numbers": NUMBERS, "many": [0] * 9_000}
    known = condition_variables(ETL, {}, {"a": TaskVariable("Succeeded", 0, outputs)})
    found = answer(text, known)
    assert isinstance(found, CelError)
    assert found.message == "takes more than 30,000,000 steps; let a task find this out"


def test_rounds_of_loops_are_limited():
    known = condition_variables(ETL, {}, {"a": TaskVariable("Succeeded", 0, {"numbers": list(range(300))})})
    found = answer("tasks.a.outputs.numbers.all(n, tasks.a.outputs.numbers.all(m, n + m >= 0))", known)
    assert str(found).endswith("its loops take more than 10,000 rounds; let a task find this out")


@pytest.mark.parametrize(
    "text",
    [
        "tasks.a.outputs.rows.filter(r, r.rows > 3 && r.name != 'x').size() == 4996",
        "tasks.a.outputs.rows.all(r, r.rows < tasks.a.outputs.rows.size())",
        "tasks.a.outputs.rows.all(r, r.name in tasks.a.outputs.by)",
        "tasks.a.outputs.rows.all(r, tasks.a.outputs.by[r.name] == tasks.a.outputs.rows[r.rows].rows)",
    ],
)
def test_the_outputs_of_a_large_fan_out_can_be_asked_for(text):
    rows = [{"name": f"part-{number}", "rows": number} for number in range(5000)]
    outputs = {"rows": rows, "by": {row["name"]: row["rows"] for row in rows}}
    assert answer(text, condition_variables(ETL, {}, {"a": TaskVariable("Succeeded", 0, outputs)})) is True


@pytest.mark.parametrize(
    ("text", "less_than"),
    [
        ("params.day == 'monday'", 600),
        ("tasks.a.outputs.files.exists(f, f == 'x')", 1_200),
        ("tasks.a.outputs.rows.exists(r, has(r.b) && r.b == 2)", 2_000),
    ],
)
def test_common_conditions_are_far_from_the_limit(text, less_than):
    assert not exceeds(less_than, compile_condition(text).root, KNOWN)
    assert less_than < MAX_COST / 1000


def test_a_pattern_that_is_put_together_of_what_is_known_counts_as_what_it_is():
    root = compile_condition("item.matches('^' + params.prefix + '-.*')").root
    assert not exceeds(1_000, root, {"params": {"prefix": "eu"}, "item": "eu-17"})
    assert exceeds(1_000, root, {"params": {"prefix": "(eu){1000}"}, "item": "eu-17"})


def test_what_all_items_may_read_is_measured_once():
    root = compile_condition("item in tasks.a.outputs.ids || tasks.a.outputs.ids.exists(x, x == item)").root
    known = condition_variables(ETL, {}, {"a": TaskVariable("Succeeded", 0, {"ids": list(range(1000))})})
    sizes = Sizes()
    first, second = (calls(lambda n=n: exceeds(MAX_COST, root, known | {"item": n}, sizes)) for n in (1, 2))
    assert first > 1_000
    assert second < 200


@pytest.mark.parametrize("item", ["a" * 900, ["a" * 900]])
def test_of_each_item_the_size_is_its_own(item):
    root, sizes = compile_condition("item == 'x' || item.exists(i, i == 'x')").root, Sizes()
    assert not exceeds(2_000, root, {"item": item[:0]}, sizes)
    assert exceeds(2_000, root, {"item": item}, sizes)


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("", 1),
        ("abc", 4),
        ("(ab?){10}", 31),
        ("((a{10}){10}){10}", 1001),
        ("[(]{3}\\(x", 6),
        ("a{2,5}{3}", 16),
        ("[^" * 450, 900_000),  # no end of a class is looked for again and again
        ("a" * 2_000, 2_000_000),
    ],
)
def test_what_a_pattern_repeats_is_counted_as_written_out(pattern, size):
    assert pattern_size(pattern) == size


def test_an_index_is_measured_once():
    """26 of them took 80 s."""
    root = compile_condition("params.a" + "[params.i]" * 26 + " == 1").root
    assert calls(lambda: exceeds(MAX_COST, root, {"params": {"a": [1], "i": 0}})) < 2_000
