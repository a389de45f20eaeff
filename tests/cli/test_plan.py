"""The layout of tasks on the screen."""

from __future__ import annotations

import pytest

from sluice.cli.watch.order import TaskOrder
from tests.cli.statuses import plan


def drawn(the_plan):
    return [place.prefix + the_plan.names[place.number] for place in the_plan.places]


@pytest.mark.parametrize(
    ("graph", "lines"),
    [
        ("a, b, c", ["a", "b", "c"]),
        ("a >> b >> c", ["a", "└─ b", "   └─ c"]),
        (
            "a >> b, c; b >> d; e >> f",
            ["a", "├─ b", "│  └─ d", "└─ c", "e", "└─ f"],
        ),
        ("a, b, c >> d", ["1 a", "  b", "  c", "2 d"]),
        ("a >> b; a, b >> c", ["1 a", "2 b", "3 c"]),
    ],
)
def test_a_tree_where_the_graph_is_one_else_by_steps(graph, lines):
    assert drawn(plan(graph)) == lines


def test_a_task_that_reads_the_outputs_of_another_stands_below_it():
    tasks = [{"name": "a", "outputs": ["k"]}, {"name": "b", "args": ["$(tasks.a.outputs.k)"]}]
    assert drawn(TaskOrder.of({"tasks": tasks})) == ["a", "└─ b"]


def test_tasks_may_stand_before_their_dependencies():
    assert drawn(TaskOrder.arrange(["last", "first"], [["first"], []])) == ["first", "└─ last"]
    assert drawn(TaskOrder.arrange(["last", "a", "b"], [["a", "b"], [], []])) == ["1 a", "  b", "2 last"]


def test_a_long_chain_goes_down_not_aside():
    names = [f"t{number}" for number in range(12)]
    lines = drawn(TaskOrder.arrange(names, [[], *([name] for name in names[:-1])]))
    assert lines == [f"{number + 1:>2} t{number}" for number in range(12)]


def test_without_the_graph_tasks_stand_by_name():
    assert drawn(TaskOrder.of_names({"b": {}, "a": {}})) == ["a", "b"]


def test_two_thousand_tasks_in_a_row():
    names = [str(number) for number in range(2000)]
    assert len(drawn(TaskOrder.arrange(names, [[], *([name] for name in names[:-1])]))) == 2000
