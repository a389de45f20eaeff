"""Which Workflows a run may call, and what that makes it ask for."""

import pytest

from sluice.api.workflow import WorkflowSettings
from sluice.core.quota.calls import (
    CalledWorkflow,
    callable_from,
    calls_of,
    circles_that_may_wait,
    most_of_each,
    why_circle,
)
from sluice.core.spec.definition import Definition


def graph(text):
    """`a > b c, b* > c`: a calls b and c, and b, which has `concurrency`, calls c."""
    found = {}
    for each in text.split(","):
        name, _, calls = each.partition(">")
        found[name.strip(" *")] = CalledWorkflow(calls=tuple(calls.split()), limited="*" in name)
    return found


@pytest.mark.parametrize(
    ("there", "start", "found"),
    [
        ("a > b, b > c, c, d", "a", "a b c"),
        ("a > b c, b > d, c > d, d", "a", "a b c d"),
        ("a > b, b > a", "a", "a b"),
        ("a > gone b, b", "a", "a b"),
        ("a", "", ""),
    ],
)
def test_what_may_be_called_is_found_once(there, start, found):
    workflows, looked = graph(there), []

    def find(name):
        looked.append(name)
        return workflows.get(name)

    assert list(callable_from(start.split(), find)) == found.split()
    assert len(looked) == len(set(looked))


@pytest.mark.parametrize(
    ("there", "found"),
    [
        ("a > b, b > c, c", []),
        ("a* > b, b* > c, c*", []),
        ("a > b, b > a", []),  # no run of them waits
        ("a > b, b* > a", ["b -> a -> b"]),
        ("a > b, b > c, c > a, d* > a", []),  # d is in no circle
        ("a > b, b > a c, c* > b", ["c -> b -> c"]),
        ("a* > a", []),  # a child of a run of the same Workflow does not wait
        ("a > b gone, b* > a", ["b -> a -> b"]),
    ],
)
def test_circle_of_calls_in_which_runs_may_wait_for_ever(there, found):
    assert [" -> ".join(circle) for circle in circles_that_may_wait(graph(there))] == found


def test_circle_is_told_with_what_to_do():
    words = "runs could wait for each other for ever: a -> b -> a call each other; remove a call or this `concurrency`"
    assert why_circle(["a", "b", "a"]) == words


@pytest.mark.parametrize(
    ("claims", "most"),
    [
        ([], ()),
        ([(("a", 1),), (("a", 3), ("b", 1)), (("a", 2),)], (("a", 3), ("b", 1))),
    ],
)
def test_of_each_pool_the_most_that_any_asks_for(claims, most):
    assert most_of_each(claims) == most


@pytest.mark.parametrize(
    ("concurrency", "limited"),
    [(None, False), ({}, True), ({"policy": "Allow"}, False), ({"policy": "Forbid"}, True)],
)
def test_what_counts_of_a_workflow(concurrency, limited):
    tasks = [{"name": "one", "workflow": {"name": "b"}}, {"name": "two", "workflow": {"name": "b"}}, {"name": "three"}]
    spec = {"tasks": tasks, "pools": [{"name": "lab", "slots": 2}], "concurrency": concurrency}
    settings = WorkflowSettings.model_validate({"pools": spec["pools"], "concurrency": concurrency})
    assert CalledWorkflow.of(spec, settings) == CalledWorkflow(("b",), (("lab", 2),), limited)


def test_calls_of_a_graph():
    tasks = [{"name": name, "workflow": {"name": "b"}} for name in ("one", "two")] + [{"name": "x", "image": "busybox"}]
    assert calls_of(Definition.of({"tasks": tasks})) == ("b",)
