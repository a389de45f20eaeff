"""Faults of the graph: dependencies, trigger rules, cycles."""

import pytest

from tests.core.validation.judged import A, B, faults
from tests.core.world import graph

ITSELF = "waits for itself and could never start; remove it from the list"


CIRCLE = "these tasks wait for each other in a circle"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a >> b, c >> d", []),
        ("a >> a", [f"spec.tasks[0].dependsOn[0]: 'a' {ITSELF}"]),
        ("a, b, c >> c", [f"spec.tasks[2].dependsOn[2]: 'c' {ITSELF}"]),
        ("a >> b; a >> b", ["spec.tasks[1].dependsOn[1]: 'a' stands in the list twice"]),
        (
            "a >> b >> c >> a",
            [
                (
                    "spec.tasks[0].dependsOn[0]: these tasks wait for each other in a circle: a -> c -> b -> a; "
                    "remove one dependency"
                )
            ],
        ),
        (
            "a >> b >> a; c >> d >> c",
            [
                f"spec.tasks[0].dependsOn[0]: {CIRCLE}: a -> b -> a; remove one dependency",
                f"spec.tasks[2].dependsOn[0]: {CIRCLE}: c -> d -> c; remove one dependency",
            ],
        ),
    ],
)
def test_graph(text, found):
    assert faults(**graph(text)) == found


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("extrat", "no task is called 'extrat'; did you mean 'extract'?"),
        ("zzz", "no task is called 'zzz'"),
    ],
)
def test_unknown_dependency(wanted, words):
    extract, load = A | {"name": "extract"}, B | {"dependsOn": ["extract", wanted]}
    assert faults(extract, load) == [f"spec.tasks[1].dependsOn[1]: {words}"]


def test_two_tasks_of_one_name():
    assert faults(A, B, A) == ["spec.tasks[2].name: 'a' is the name of tasks[0] already; rename one"]


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        (
            {"runIf": "OneFailed"},
            "spec.tasks[1].runIf: OneFailed is about dependencies, and there are none; add `dependsOn`",
        ),
        (
            {"runIf": "Always", "dependsOn": ["a"]},
            "spec.tasks[1].runIf: Always waits for nothing; remove `dependsOn`, or write AllDone to wait for all",
        ),
        (
            {"finally": True, "dependsOn": ["a"]},
            "spec.tasks[1].dependsOn[0]: "  # noqa: ISC004
            "a `finally` task waits for all others anyhow, also for 'a'; remove it from the list",
        ),
        (
            {"dependsOn": ["tidy"]},
            "spec.tasks[1].dependsOn[0]: "  # noqa: ISC004
            "'tidy' is a `finally` task, which starts after all others; only such may wait for it",
        ),
        (
            {"command": ["echo", "$(run.phase)"]},
            "spec.tasks[1].command[1]: $(run.phase) is known to `finally` tasks only, as the run has not ended before",
        ),
    ],
)
def test_trigger_rules_that_cannot_hold(task, fault):
    tidy = {"name": "tidy", "image": "busybox", "finally": True, "command": ["echo", "$(run.phase)"]}
    assert faults(A, B | task, tidy) == [fault]


def test_all_tasks_have_a_number_of_dependencies_with_those_that_they_ask_about():
    first = [A | {"name": f"t{number}", "outputs": ["k"]} for number in range(100)]
    names = [task["name"] for task in first]
    args = [f"$(tasks.{name}.outputs.k)" for name in names]
    others = [A | {"name": f"u{number}", "dependsOn": names} for number in range(100)]
    others += [A | {"name": f"v{number}", "args": args} for number in range(100)]
    assert faults(*first, *others) == []
    last = A | {"name": "last", "when": "tasks.t0.phase == 'Succeeded'"}
    words = "wait for 20001 others in all, with those that they ask about; at most 20000 are possible"
    assert faults(*first, *others, last) == [f"spec.tasks: {words}. Let branches meet in one task"]


def test_a_task_may_wait_for_a_thousand():
    many = [A | {"name": f"t{number}"} for number in range(1100)]
    assert faults(*many, A | {"name": "last", "dependsOn": [task["name"] for task in many]}) == []


@pytest.mark.parametrize("broken", [{"imag": "x"}, {"finally": "yes"}])
def test_a_finally_task_with_a_fault_of_its_own_is_one_all_the_same(broken):
    (found,) = faults(A | {"finally": True} | broken, B | {"finally": True, "dependsOn": ["a"]})
    assert found.startswith(f"spec.tasks[0].{next(iter(broken))}: ")
