import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.core.graph.dag import Graph, cycles
from tests.core.world import graph


def of(text):
    tasks = graph(text)["tasks"]
    return Graph.of([task["name"] for task in tasks], [task["dependsOn"] for task in tasks])


def waits(text):
    return {task["name"]: task["dependsOn"] for task in graph(text)["tasks"]}


@pytest.mark.parametrize(
    ("text", "dependencies", "dependents"),
    [
        ("a", [()], [()]),
        ("a >> b >> c", [(), (0,), (1,)], [(1,), (2,), ()]),
        ("a, b >> c", [(), (), (0, 1)], [(2,), (2,), ()]),
        ("a >> b, c >> d", [(), (0,), (0,), (1, 2)], [(1, 2), (3,), (3,), ()]),
        ("a >> b; a >> b", [(), (0,)], [(1,), ()]),  # said twice, counted once
    ],
)
def test_tasks_are_numbered_as_in_the_manifest(text, dependencies, dependents):
    assert of(text) == Graph(tuple(dependencies), tuple(dependents))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a >> b >> c", []),
        ("a >> b, c >> d", []),  # a diamond is no circle
        ("a >> b >> a", [["a", "b", "a"]]),
        ("a >> b >> c >> d >> b", [["b", "d", "c", "b"]]),
        ("a >> b >> a; c >> d >> c", [["a", "b", "a"], ["c", "d", "c"]]),
        ("a >> a", []),  # said in other words, see validation
    ],
)
def test_cycle_is_named_from_its_first_task_back_to_it(text, found):
    assert cycles(waits(text)) == found


def test_knot_of_many_cycles_is_named_once():
    everybody = [f"t{number}" for number in range(20)]
    knot = {task: [other for other in everybody if other != task] for task in everybody}
    assert len(cycles(knot)) == 1


def test_chain_of_2000_tasks_needs_no_recursion():
    chain = {f"t{number}": [f"t{number + 1}"] for number in range(1999)} | {"t1999": ["t0"]}
    (cycle,) = cycles(chain)
    assert len(cycle) == 2001


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_a_cycle_is_found_exactly_when_no_order_exists(edges):
    needs = {str(task): [str(other) for one, other in edges if one == task != other] for task in range(10)}
    found = cycles(needs)
    assert bool(found) is not _has_order(needs)
    for cycle in found:
        assert cycle[0] == cycle[-1]
        assert all(after in needs[before] for before, after in itertools.pairwise(cycle))


def _has_order(needs):
    left = dict(needs)
    while ready := [task for task, others in left.items() if not set(others) & left.keys()]:
        for task in ready:
            del left[task]
    return not left
