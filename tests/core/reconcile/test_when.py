"""`when`: what the language knows, what goes wrong and where, what it may cost, and what becomes of the task."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.core.cel.cost import MAX_COST, Sizes, exceeds, pattern_size
from sluice.core.cel.diagnostics import CelError
from sluice.core.cel.program import Program, compile_condition, output_keys_read, tasks_read
from sluice.core.cel.variables import TaskVariable, condition_variables
from sluice.core.spec.scheduled_time import NOT_SCHEDULED
from tests.core.counting import calls
from tests.core.world import run

OUTPUTS = {
    "files": ["x", "y"],
    "n": 3,
    "share": 1.5,
    "by": {"k": "v"},
    "none": None,
    "yes": True,
    "huge": 2**70,
    "rows": [{"a": 1}, {"b": 2}],
}
ETL = {"name": "etl-1"} | NOT_SCHEDULED.values
KNOWN = condition_variables(
    ETL,
    {"day": "monday", "max-cost": "3"},
    {
        "a": TaskVariable("Succeeded", 0, OUTPUTS),
        "load-data": TaskVariable("Skipped", None, {}),
        "b": TaskVariable("Failed", 3, {}, "exit code 3: no space left"),
    },
    run_phase="Failed",
    item={"name": "eu"},
)


def answer(text, known=KNOWN):
    condition = compile_condition(text)
    return condition.answer(known) if isinstance(condition, Program) else condition


# The language.


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


# What it may cost.

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


def test_all_conditions_of_a_run_share_what_they_may_take():
    """One look at the run may have to evaluate them all."""
    five = "[1, 2, 3, 4, 5, 6]"
    asked = f"{five}.all(a, {five}.all(b, {five}.all(c, {five}.all(d, a + b + c + d > item))))"
    few, many = (run("a", fields={"a": when(asked, forEach={"range": {"end": end}})}) for end in (4, 9_000))
    for world in (few, many):
        world.decide()
        world.writes()
    assert few.starts() == ["a[0]", "a[1]", "a[2]", "a[3]"]
    assert many.decide().finished
    assert "takes more than 11,111 steps" in many.writes()["tasks"]["a"]["items"]["failures"][0]["message"]


def test_a_condition_is_given_what_it_reads_and_no_more():
    """Else each item of a fan-out would pay for all that other tasks hand on."""
    ids = list(range(5_000))
    asked = when("tasks.a.outputs.mode == 'full' && item >= 0", forEach={"from": "$(tasks.a.outputs.ids)"})
    world = run("a, other >> b", fields={"a": {"outputs": ["ids", "mode"]}, "b": asked, "other": when("1 < 2")})
    world.starts()
    world.ends("other")
    world.ends("a", outputs=json.dumps({"ids": ids, "mode": "full"}))
    world.decide()
    world.writes()
    assert len(world.starts()) > 0
    assert world.phases["b"] != "Failed"


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


def test_an_index_is_measured_once():
    """26 of them took 80 s."""
    root = compile_condition("params.a" + "[params.i]" * 26 + " == 1").root
    assert calls(lambda: exceeds(MAX_COST, root, {"params": {"a": [1], "i": 0}})) < 2_000


# Which tasks it asks about.


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


# What becomes of the task.


def when(text, **more):
    return {"when": text} | more


FILES = {"outputs": ["files"]}
ANY_FILE = when("tasks.a.outputs.files.size() > 0")


@pytest.mark.parametrize(("files", "phases"), [('["x"]', {"b": "Pending"}), ("[]", {"b": "Skipped"})])
def test_true_goes_on_and_false_is_skipped(files, phases):
    world = run("a, b", fields={"a": FILES, "b": ANY_FILE})
    assert world.starts() == ["a"]  # asking implies the dependency
    world.ends("a", outputs=f'{{"files": {files}}}')
    assert world.starts() == (["b"] if files != "[]" else [])
    assert world.phases == {"a": "Succeeded"} | phases


def test_a_skip_by_when_says_so_and_travels():
    long = "'" + "x" * 200 + "' == ''"
    world = run("a >> b; c", fields={"a": when("1 >\n 2"), "c": when(long)})
    assert world.decide().finished
    assert world.phases == {"a": "Skipped", "b": "Skipped", "c": "Skipped"}
    assert (world.reasons["a"], world.reasons["b"]) == ("Skipped: when is false: 1 > 2", "Skipped: so was a")
    assert world.reasons["c"] == f"Skipped: when is false: {long[:97]}..."


def test_it_is_not_asked_before_the_trigger_rule_says_run():
    world = run("a >> b", fields={"b": when("tasks.a.outputs.nothing == 1")})
    world.starts()
    world.ends("a", 1)
    assert world.decide().finished
    assert world.phases["b"] == "UpstreamFailed"


def test_with_a_trigger_rule_it_hears_of_failures():
    world = run("a, b", fields={"b": when("tasks.a.phase == 'Failed' && tasks.a.exitCode == 3", runIf="AllDone")})
    world.starts()
    world.ends("a", 3)
    assert world.starts() == ["b"]


def test_it_waits_for_all_that_it_asks_about():
    world = run("a, b >> c", fields={"c": when("tasks.b.phase == 'Failed'", runIf="OneDone")})
    world.starts()
    world.ends("a")
    assert world.starts() == []
    world.writes()
    assert world.stored["tasks"]["c"]["reason"] == "WaitingFor: b"
    world.ends("b", 1)
    assert world.starts() == ["c"]


def test_without_an_answer_the_task_has_failed():
    world = run("a, b", fields={"a": {"outputs": ["n"]}, "b": when("tasks.a.outputs.n > 1", retries={"limit": 2})})
    world.starts()
    world.ends("a", outputs="n=many")
    assert world.decide().finished
    world.writes()
    message = (
        "when: tasks.a.outputs.n > 1: line 1, column 19: "
        "`>` does not take (string, int64); convert with int(), double() or string()"
    )
    assert world.stored["tasks"]["b"] == {
        "phase": "Failed",
        "reason": "WhenFailed: its condition has no answer",
        "message": message,
    }
    assert world.stored["message"] == f"task b failed: {message}"


@pytest.mark.parametrize(
    ("text", "phase", "reason"),
    [
        ("tasks.a.outputs.files.size() > 0", "Skipped", "Skipped: so was a"),
        ("tasks.a.outputs.files[0] == 'x'", "Skipped", "Skipped: so was a"),
        ("!has(tasks.a.outputs.files)", "Pending", None),  # asked with care
        ("tasks.a.phase == 'Skipped'", "Pending", None),
        ("tasks.a.exitCode == 0", "Failed", "WhenFailed: its condition has no answer"),
    ],
)
def test_outputs_of_a_skipped_task(text, phase, reason):
    world = run("a, b", fields={"a": FILES | when("false"), "b": when(text, runIf="AllDone")})
    world.starts()
    assert (world.phases["b"], world.reasons["b"]) == (phase, reason or world.reasons["b"])


@pytest.mark.parametrize(("code", "starts"), [(0, []), (1, ["mend"])])
def test_a_finally_task_knows_how_the_run_stood(code, starts):
    world = run("a, mend", fields={"mend": when("run.phase == 'Failed'", **{"finally": True})})
    world.starts()
    world.ends("a", code)
    assert world.starts() == starts


def test_a_finally_task_may_ask_about_all_others_and_does_not_depend_on_them():
    world = run("a, mend", fields={"mend": when("tasks.a.phase == 'Failed'", **{"finally": True})})
    world.starts()
    world.ends("a", 1)
    assert world.starts() == ["mend"]


def test_what_other_finally_tasks_do_does_not_change_the_answer():
    end = {"finally": True}
    world = run(
        "a, tidy >> mend", fields={"tidy": end, "mend": end | when("run.phase == 'Succeeded'", runIf="AllDone")}
    )
    world.starts()
    world.ends("a")
    world.starts()
    world.ends("tidy", 1)
    assert world.starts() == ["mend"]


@pytest.mark.parametrize(("files", "phase"), [("[]", "Skipped"), ('["x"]', "Pending")])
def test_a_restart_finds_the_same_answer(files, phase):
    world = run("a, b", parallelism=1, fields={"a": FILES, "b": ANY_FILE})
    world.starts()
    world.ends("a", outputs=f'{{"files": {files}}}')
    world.decide()
    world.writes()
    reasons = world.reasons
    world = world.restarted()
    assert (world.phases["b"], world.reasons["b"]) == (phase, reasons["b"])


def test_a_task_that_is_stopped_is_not_asked():
    world = run("a >> b", state="Stopped", fields={"a": FILES, "b": ANY_FILE | {"runIf": "AllDone"}})
    assert world.decide().finished
    assert world.phases == {"a": "Stopped", "b": "Stopped"}


def test_a_fan_out_is_asked_once_for_all_items():
    world = run("a", fields={"a": when("1 > 2", forEach={"items": ["x", "y"]})})
    assert world.decide().finished
    assert world.reasons == {"a": "Skipped: when is false: 1 > 2"}


def test_an_item_is_asked_by_itself_where_the_condition_is_about_the_item():
    world = run("a", fields={"a": when("item != 'y'", forEach={"items": ["x", "y", "z"]})})
    world.decide()
    world.writes()
    assert world.starts() == ["a[0]", "a[2]"]
    world.ends("a[0]")
    world.ends("a[2]")
    assert world.decide().finished
    assert world.phases["a"] == "Succeeded"
