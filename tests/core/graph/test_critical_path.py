import pytest

from sluice.core.graph.critical_path import critical_path
from sluice.core.graph.dag import Graph
from tests.core.world import graph


@pytest.mark.parametrize(
    ("text", "durations_s", "path"),
    [
        ("a", {}, "a"),
        ("a >> b, c >> d", {"c": 5}, "a c d"),
        ("a >> b >> d; c >> d", {"c": 9}, "c d"),
        ("a >> b; c >> d", {}, "a b"),  # of equal ones the first
    ],
)
def test_the_longest_path(text, durations_s, path):
    tasks = graph(text)["tasks"]
    names = [task["name"] for task in tasks]
    found = critical_path(
        Graph.of(names, [task["dependsOn"] for task in tasks]), [durations_s.get(name, 1) for name in names]
    )
    assert [names[number] for number in found] == path.split()


def test_no_task_has_no_path():
    assert critical_path(Graph((), ()), []) == []
