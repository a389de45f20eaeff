"""`when`: what the language knows, what goes wrong and where, and what a condition asks about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.core.cel.diagnostics import CelError
from sluice.core.cel.program import Program, compile_condition, output_keys_read, tasks_read
from tests.core.cel.known import answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("params.day == 'monday'", True),
        ("params['max-cost'] == '3'", True),
        ("int(params['max-cost']) > 2", True),
        ("'day' in params && !('night' in params)", True),
        ("tasks['load-data'].phase == 'Skipped'", True),
        ("tasks.b.phase in ['Failed', 'UpstreamFailed']", True),
        ("tasks.b.exitCode == 3", True),
        ("has(tasks['load-data'].exitCode)", False),
        ("tasks.b.message.contains('no space')", True),
        ("tasks.a.message == ''", True),  # it is always there
        ("run.name == 'etl-1' && run.phase == 'Failed'", True),
        ("item.name == 'eu'", True),
        ("tasks.a.outputs.files.size() > 0", True),
        ("size(tasks.a.outputs.files) == 2", True),
        ("'x' in tasks.a.outputs.files", True),
        ("tasks.a.outputs.files == ['x', 'y'] && tasks.a.outputs.files[1] == 'y'", True),
        ("tasks.a.outputs.by.k == 'v' && tasks.a.outputs.by['k'] == 'v' && 'k' in tasks.a.outputs.by", True),
        ("tasks.a.outputs.none == null", True),
        ("tasks.a.outputs.yes", True),
        ("tasks.a.outputs.huge > 3", True),  # more than 64 bits
        ("tasks.a.outputs.n == 3 && tasks.a.outputs.n == 3.0 && tasks.a.outputs.n > 2.5", True),
        ("tasks.a.outputs.share > 1 && tasks.a.outputs.share == 1.5", True),
        ("tasks.a.outputs.n == '3'", False),
        ("7 / 2 == 3 && -7 / 2 == -3 && -7 % 2 == -1", True),
        ("has(tasks.a.outputs.files)", True),
        ("has(tasks.a.outputs.nothing)", False),
        ("has(tasks['load-data'].outputs.n) && tasks['load-data'].outputs.n > 1", False),
        ("tasks.a.outputs.nothing == 1 || params.day == 'monday'", True),  # what decides is known
        ("tasks.a.outputs.nothing == 1 && false", False),
        ("params.day == 'x' ? tasks.a.outputs.nothing : true", True),
        ("tasks.a.outputs.files.exists(f, f == 'y')", True),
        ("tasks.a.outputs.files.all(f, f.startsWith('x'))", False),
        ("tasks.a.outputs.files.exists_one(f, f == 'x')", True),
        ("tasks.a.outputs.files.filter(f, f != 'x') == ['y']", True),
        ("tasks.a.outputs.files.map(f, f + '1') == ['x1', 'y1']", True),
        ("tasks.a.outputs.rows.exists(r, has(r.b) && r.b == 2)", True),
        ("[[1, 2], [3]].exists(l, l.exists(i, i == 3))", True),
        ("tasks.a.outputs.files.all(params, params != '')", True),  # its own params
        (r"'a\nb' == 'a\n' + 'b' && r'\n' == '\\n' && 'it\'s'.size() == 4", True),
        ("'é😀'.size() == 2 && '\\u00e9' == 'é'", True),
        ("params.day.matches('^m.*y$') && params.day.contains('ond') && params.day.endsWith('day')", True),
        ("timestamp('2026-01-01T00:00:00Z') + duration('24h') == timestamp('2026-01-02T00:00:00Z')", True),
        ("params.day == 'monday' // the first\n && true", True),
    ],
)
def test_answer(text, expected):
    assert answer(text) is expected


# What goes wrong.

QUOTES = "known are params, tasks, item, run, and a text needs quotes"
METHODS = "it has startsWith, endsWith, contains, matches, size, all, exists, exists_one, filter, map"
FUNCTIONS = "it has size, matches, has, int, uint, double, string, bool, timestamp, duration, type"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("params.day == monday", f"line 1, column 15: nothing is called 'monday'; {QUOTES}"),
        ("true &&\n  nope(1)", f"line 2, column 3: CEL has no function 'nope'; {FUNCTIONS}"),
        ("params.day.split('-')[0] == 'x'", f"line 1, column 12: CEL has no method 'split'; {METHODS}"),
        ("params.x.split(',').join() == ''", f"line 1, column 10: CEL has no method 'split'; {METHODS}"),
        ("params.day .\n lower () == ''", f"line 2, column 2: CEL has no method 'lower'; {METHODS}"),
        ("params.day.startswith('x')", "line 1, column 12: CEL has no method 'startswith'; did you mean 'startsWith'?"),
        ("sizeof(params.day) > 1", "line 1, column 1: CEL has no function 'sizeof'; did you mean 'size'?"),
        ("params.day.int() > 3", "line 1, column 12: CEL has no method 'int'; write int(…)"),
        (
            "startsWith(params.day, 'm')",
            "line 1, column 1: CEL has no function 'startsWith'; write VALUE.startsWith(…)",
        ),
        ("params.day.contains()", "line 1, column 12: the method 'contains' takes another number of arguments"),
        ("int() == 1", "line 1, column 1: the function 'int' takes another number of arguments"),
        ("strings.split(params.day) == []", f"line 1, column 1: nothing is called 'strings'; {QUOTES}"),
        ("true && task.a.phase == 'x'", "line 1, column 9: nothing is called 'task'; did you mean 'tasks'?"),
        ("'é' == params.day && nope", f"line 1, column 22: nothing is called 'nope'; {QUOTES}"),
        ("params.day = 'x'", "line 1, column 12: `=` is no operator; to compare, write `==`"),
        ("params.day == 'x' and true", "line 1, column 19: 'and' cannot stand here; write `&&`"),
        ("params.day == ", "line 1, column 15: the expression ends too early"),
        ("(1 + 2", "line 1, column 7: the expression ends too early: missing ')'"),
        ("['x']", "line 1, column 1: this is a list, not true or false; compare it with something"),
        ("[" * 33 + "]" * 33 + " == []", "line 1, column 1: is nested more than 32 deep; split the condition"),
    ],
)
def test_not_sound(text, words):
    found = compile_condition(text)
    assert isinstance(found, CelError)
    assert str(found) == words


@pytest.mark.parametrize("method", METHODS.removeprefix("it has ").split(", "))
def test_method_that_is_named_in_the_words_is_one(method):
    calls = (f"item.{method}({', '.join(arguments)})" for arguments in ([], ["'x'"], ["each", "true"]))
    assert any(isinstance(compile_condition(f"{call} == item"), Program) for call in calls)


@pytest.mark.parametrize("function", FUNCTIONS.removeprefix("it has ").split(", "))
def test_function_that_is_named_in_the_words_is_one(function):
    calls = (f"{function}({arguments})" for arguments in ("item", "item.x", "item, 'x'"))
    assert any(isinstance(compile_condition(f"dyn({call}) == item"), Program) for call in calls)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "tasks.a.outputs.nothing == 1",
            (
                "line 1, column 16: 'a' ended Succeeded and handed on no 'nothing'; "
                "ask for it with has(tasks.a.outputs.nothing) first"
            ),
        ),
        (
            "true &&\n tasks['load-data'].exitCode == 0",
            (
                "line 2, column 20: 'load-data' ended Skipped and has no exit code; "
                "ask for it with has(tasks['load-data'].exitCode) first"
            ),
        ),
        (
            "tasks.a.outputs.by.x == 1",
            "line 1, column 19: there is no tasks.a.outputs.by.x; ask for it with has(tasks.a.outputs.by.x) first",
        ),
        (
            "tasks.a.outputs.n.x == 1",
            "line 1, column 18: there is no tasks.a.outputs.n.x; ask for it with has(tasks.a.outputs.n.x) first",
        ),
        ("item.nome == 'x'", "line 1, column 5: there is no item.nome; ask for it with has(item.nome) first"),
        (
            "tasks.a.outputs.rows.all(r, r.a > 0)",
            "line 1, column 30: there is no 'a' in one of them; ask for it with has(…) first",
        ),
        (
            "tasks.a.outputs.files[2] == 'z'",
            (
                "line 1, column 22: there is no tasks.a.outputs.files[2]; "
                "ask for the size() of tasks.a.outputs.files first"
            ),
        ),
        (
            "tasks.a.outputs.files[tasks.a.outputs.n] == 'z'",
            "line 1, column 22: there is no element 3 in a list of 2; ask for its size() first",
        ),
        (
            "params[item.name] == 'x'",
            "line 1, column 19: there is no 'eu'; ask whether it is there first, with `in`",
        ),
        (
            "tasks.a.outputs.n + 1.5 > 1.0",
            "line 1, column 19: `+` does not take (int64, double); convert with int(), double() or string()",
        ),
        ("tasks.a.outputs.n / 0 == 1", "line 1, column 19: divide by zero"),
        ("9223372036854775807 + tasks.a.outputs.n > 0", "line 1, column 21: integer overflow"),
        ("int(params.day) == 1", "line 1, column 4: cannot convert string to int"),
        ("tasks.a.outputs.n", "line 1, column 16: this is a number, not true or false; compare it with something"),
        ("'x'.matches(params.day + '(')", "line 1, column 12: invalid regular expression: missing ): monday("),
    ],
)
def test_no_answer(text, words):
    found = answer(text)
    assert isinstance(found, CelError)
    assert str(found) == words


@given(st.text(max_size=40) | st.text("atskprm.()[]'\"=&|! 019,{}?:-+", max_size=40))
def test_no_text_is_too_odd_to_be_judged(text):
    found = answer(text)
    assert isinstance(found, bool) or found.message


# What it asks about.


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("tasks.a.phase == 'Failed' && tasks['load-data'].outputs.x == tasks.a.outputs.y", ("a", "load-data")),
        ("has(tasks.a.outputs.x)", ("a",)),
        ("params[tasks.a.outputs.x] == '1'", ("a",)),
        ("[1].exists(n, tasks.a.outputs.xs[n] == 1)", ("a",)),
        ("[{'a': {'phase': 'x'}}].exists(tasks, tasks.a.phase == 'x')", ()),  # its own tasks
        ("params.day == 'tasks.a.phase'", ()),
        ("no CEL", ()),
    ],
)
def test_tasks_asked(text, tasks):
    assert tasks_read(compile_condition(text)) == tasks


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("tasks.a.outputs.x == tasks.a.outputs['y'] && tasks.b.phase == 'Failed'", {"a": {"x", "y"}, "b": set()}),
        ("tasks.a.phase == 'x' || tasks.a.outputs.x[0] == 1", {"a": {"x"}}),
        ("tasks.a.outputs[params.k] == 1 && tasks.a.outputs.x == 1", {"a": None}),
        ("tasks.a.outputs.size() > 1", {"a": None}),
        ("has(tasks.a.outputs.x)", {"a": {"x"}}),
        ("tasks['a'] == 1", {"a": None}),
    ],
)
def test_outputs_read(text, keys):
    assert output_keys_read(compile_condition(text)) == keys
