"""What is wrong with a `when`, as a person reads it: the path, the line and column, what is wrong, and what to do."""

import pytest

from sluice.core.validation import workflow_faults
from tests.core.counting import calls

PARAMETERS = [{"name": "day", "default": "monday"}, {"name": "max-cost", "default": "1"}]
OTHERS = [
    {"name": "extract", "image": "busybox", "outputs": ["files"]},
    {"name": "load-data", "image": "busybox"},
    {"name": "in", "image": "busybox"},
    {"name": "tidy", "image": "busybox", "finally": True},
]
BY_NAME = "say of which task, by name: tasks.NAME, or tasks['NAME'] if it has a hyphen"


def faults(**task):
    tasks = [*OTHERS, {"name": "task", "image": "busybox"} | task]
    return [str(fault) for fault in workflow_faults({"spec": {"parameters": PARAMETERS, "tasks": tasks}})]


@pytest.mark.parametrize(
    "text",
    [
        "tasks.extract.outputs.files.size() > 0 && params.day == 'monday'",
        "tasks['load-data'].phase in ['Failed', 'Skipped'] && run.name != ''",
        "tasks['in'].exitCode == 0 && params['max-cost'] == '1'",
        "tasks.extract.outputs.files.exists(f, f == params.day)",
    ],
)
def test_sound(text):
    assert faults(when=text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # No CEL.
        ("params.day ==", "line 1, column 14: the expression ends too early"),
        ("true &&\n  params.day = 'x'", "line 2, column 14: `=` is no operator; to compare, write `==`"),
        ("'$(params.day)' == 'x'", "line 1, column 2: a condition knows params.day by itself; write it without $( )"),
        (
            "params.day > 3",
            "line 1, column 12: `>` does not take (string, int); parameters are strings, so write int(params.NAME)",
        ),
        ("params.day", "line 1, column 7: this is a string, not true or false; compare it with something"),
        # Names with a hyphen, and others that are not read as one name.
        (
            "tasks.load-data.phase == 'Failed'",
            "line 1, column 1: `tasks.load-data` is not read as one name; write tasks['load-data']",
        ),
        (
            "true && params.max-cost == '1'",
            "line 1, column 9: `params.max-cost` is not read as one name; write params['max-cost']",
        ),
        ("tasks.in.phase == 'Failed'", "line 1, column 1: `tasks.in` is not read as one name; write tasks['in']"),
        ("tasks.nope-x.phase == ''", "line 1, column 1: `tasks.nope-x` is not read as one name; write tasks['nope-x']"),
        # What there is not.
        ("params.dya == 'x'", "line 1, column 1: there is no parameter 'dya'; did you mean 'day'?"),
        (
            "true && tasks.extrat.phase == 'Failed'",
            "line 1, column 9: no task is called 'extrat'; did you mean 'extract'?",
        ),
        ("tasks.task.phase == 'Failed'", "line 1, column 1: 'task' cannot ask about itself: it has not run yet"),
        ("tasks.extract.phse == 'x'", "line 1, column 1: tasks.extract has no field 'phse'; did you mean 'phase'?"),
        (
            "tasks.extract.xyz == 'x'",
            "line 1, column 1: tasks.extract has no field 'xyz'; it has phase, outputs, exitCode or message",
        ),
        (
            "has(tasks.extract.outputs.fils)",
            "line 1, column 5: 'extract' declares no output 'fils'; did you mean 'files'?",
        ),
        (
            "tasks['load-data'].outputs.rows > 1",
            "line 1, column 1: 'load-data' declares no output 'rows'; add it there: `outputs: [rows]`",
        ),
        (
            "tasks.extract == 'Failed'",
            (
                "line 1, column 1: say what of 'extract': tasks.extract.phase, tasks.extract.outputs, "
                "tasks.extract.exitCode or tasks.extract.message"
            ),
        ),
        ("tasks.size() > 1", f"line 1, column 1: {BY_NAME}"),
        ("tasks[params.day].phase == 'Failed'", f"line 1, column 1: {BY_NAME}"),
        ("item == 'x'", "line 1, column 1: only the tasks of a fan-out have an item; add `forEach`"),
        (
            "run.phase == 'Failed'",
            "line 1, column 1: run.phase is known to `finally` tasks only, as the run has not ended before",
        ),
        ("run.nmae == 'x'", "line 1, column 1: run has no field 'nmae'; did you mean 'name'?"),
        # What is never so.
        ("tasks.extract.phase == 'Failled'", "line 1, column 24: nothing ends 'Failled'; did you mean 'Failed'?"),
        (
            "!(tasks.extract.phase in ['Failed', 'Skip'])",
            "line 1, column 37: nothing ends 'Skip'; did you mean 'Skipped'?",
        ),
        # The graph.
        (
            "tasks.tidy.phase == 'Failed'",
            "'tidy' is a `finally` task, which starts after all others; only such may wait for it",
        ),
    ],
)
def test_fault(text, words):
    assert faults(when=text) == [f"spec.tasks[4].when: {words}"]


def test_length():
    assert faults(when="") == ["spec.tasks[4].when: string should have at least 1 character"]
    assert faults(when="x" * 1025) == ["spec.tasks[4].when: string should have at most 1024 characters"]


def test_every_fault_of_a_condition_is_listed():
    found = faults(when="tasks.a.phase == 'Failed' ||\n tasks.b.phase == 'Failed'")
    assert found == [
        "spec.tasks[4].when: line 1, column 1: no task is called 'a'",
        "spec.tasks[4].when: line 2, column 2: no task is called 'b'",
    ]


def test_item_and_run_phase_where_they_are_known():
    assert faults(when="item == 'x'", forEach={"items": ["x"]}) == []
    assert faults(when="run.phase == 'Failed' && tasks.extract.phase == 'Failed'", **{"finally": True}) == []


def test_asking_implies_the_dependency():
    asks = {"when": "tasks.extract.phase == 'Failed'"}
    assert faults(**asks, runIf="AllDone") == []
    assert faults(**asks, runIf="Always") == [
        (
            "spec.tasks[4].runIf: Always waits for nothing, and this task asks about 'extract'; "
            "remove `runIf`, or write AllDone"
        )
    ]


def test_circle():
    tasks = [
        {"name": "a", "image": "busybox", "dependsOn": ["b"]},
        {"name": "b", "image": "busybox", "when": "tasks.a.phase == 'Succeeded'"},
    ]
    assert [str(fault) for fault in workflow_faults({"spec": {"tasks": tasks}})] == [
        ("spec.tasks[0].dependsOn[0]: these tasks wait for each other in a circle: a -> b -> a; remove one dependency")
    ]


def test_cost_is_near_linear_in_the_number_of_conditions():
    def all_wrong(count):
        words = [f"tasks.task-{number}x.phase == tasks.taskx{number}.phase" for number in range(count)]
        tasks = [{"name": f"task-{number}", "image": "busybox", "when": text} for number, text in enumerate(words)]
        return workflow_faults({"spec": {"tasks": tasks}})

    all_wrong(10)
    cost = calls(lambda: all_wrong(50))
    assert calls(lambda: all_wrong(200)) < 6 * cost
