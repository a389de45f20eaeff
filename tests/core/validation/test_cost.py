"""A manifest may have 2,000 tasks, and whoever generates it may get all of them wrong."""

import pytest

from sluice.core.validation import workflow_faults
from tests.core.counting import calls

A = {"name": "a", "image": "busybox"}


def faults(tasks):
    return workflow_faults({"metadata": {"name": "etl"}, "spec": {"tasks": tasks}})


def _names(count):
    return [f"task-{number:04}" for number in range(count)]


def chain(count):
    names = _names(count)
    return [A | {"name": name, "dependsOn": names[max(0, i - 1) : i]} for i, name in enumerate(names)]


def wide_fan_in(count):
    names = _names(count)
    return [A | {"name": name, "dependsOn": names[max(0, i - 20) : i]} for i, name in enumerate(names)]


def knot(count):
    names = _names(count)
    near = [*range(-10, 0), *range(1, 11)]
    return [
        A | {"name": name, "dependsOn": [names[(i + step) % count] for step in near]} for i, name in enumerate(names)
    ]


def all_unknown(count):
    return [A | {"name": name, "dependsOn": [f"{name}x", f"{name}y"]} for name in _names(count)]


def all_misspelt(count):
    return [A | {"name": name, "imgae": "x"} for name in _names(count)]


@pytest.mark.parametrize("shape", [chain, wide_fan_in, knot, all_unknown, all_misspelt])
def test_cost_is_near_linear_in_the_number_of_tasks(shape):
    small, large = shape(50), shape(200)
    faults(small)  # the first use compiles the models
    cost = calls(lambda: faults(small))
    assert calls(lambda: faults(large)) < 6 * cost  # four times the tasks
