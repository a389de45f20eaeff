"""A manifest may have 2,000 tasks, and whoever generates it may get all of them wrong."""

from itertools import pairwise

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


def same_as_nobody(count):
    return [A | {"name": name, "forEach": {"sameAs": f"{name}x"}} for name in _names(count)]


def same_as_along_a_chain(count):
    names = _names(count)
    items = {"forEach": {"sameAs": ""}, "args": ["$(item)", "$(item.a)"] * 5}
    first = A | {"name": names[0], "forEach": {"items": ["x"] * 10}}
    return [first, *(A | items | {"name": name, "forEach": {"sameAs": before}} for before, name in pairwise(names))]


def last_after_all_others(count):
    names = _names(count)
    others = [A | {"name": name} for name in names[: count // 2]]
    return others + [A | {"name": name, "finally": True, "dependsOn": names[:20]} for name in names[count // 2 :]]


def references_to_nobody(count):
    return [A | {"name": name, "args": [f"$(tasks.{name}x.outputs.y)"] * 5} for name in _names(count)]


def conditions_on_nobody(count):
    return [A | {"name": name, "when": f"tasks['{name}x'].phase == 'Failed'"} for name in _names(count)]


def mounts_of_nothing(count):
    return [A | {"name": name, "volumeMounts": [{"name": f"{name}x", "mountPath": "/a"}] * 5} for name in _names(count)]


def combinations_of_nothing(count):
    matrix = {"matrix": {"key": ["a"]}, "exclude": [{"kye": "a"}] * 5}
    return [A | {"name": name, "forEach": matrix} for name in _names(count)]


def memory_that_grows(count):
    growth = {"retries": {"limit": 1, "outOfMemory": {"memoryFactor": 2, "max": "8Gi"}}}
    return [A | growth | {"name": name, "resources": {"limits": {"memory": "1Gi"}}} for name in _names(count)]


SHAPES = [
    chain,
    wide_fan_in,
    knot,
    all_unknown,
    all_misspelt,
    same_as_nobody,
    same_as_along_a_chain,
    last_after_all_others,
    references_to_nobody,
    conditions_on_nobody,
    mounts_of_nothing,
    combinations_of_nothing,
    memory_that_grows,
]


@pytest.mark.parametrize("shape", SHAPES)
def test_cost_is_near_linear_in_the_number_of_tasks(shape):
    small, large = shape(50), shape(200)
    faults(small)  # the first use compiles the models
    cost = calls(lambda: faults(small))
    assert calls(lambda: faults(large)) < 6 * cost  # four times the tasks


def test_hints_cost_no_more_than_their_budget():
    """Names that differ only in the order of their letters are the dearest to compare."""
    letters = "abcdefghijklmnopqrstuvwxyz" * 2
    names = [letters[turn % 52 :] + letters[: turn % 52] + f"{turn:04}" for turn in range(2000)]
    cost = calls(lambda: faults([A | {"name": name, "dependsOn": [name[::-1].lstrip("0123456789")]} for name in names]))
    assert cost < 2_000_000


def test_of_many_faults_the_first_are_listed_and_that_there_are_more():
    found = faults(all_misspelt(2000))
    assert [fault.path for fault in found[:100]] == [f"spec.tasks[{number}].imgae" for number in range(100)]
    assert str(found[-1]) == "spec: has more faults than these 100; mend them, and look again"
    assert len(found) == 101


def test_conditions_have_a_size_in_all():
    condition = "tasks['a'].phase == 'Failed'" + " " * 900
    found = faults([A, *(A | {"name": f"t{number}", "when": condition} for number in range(300))])
    assert [str(fault).partition(",")[0] for fault in found] == [
        "spec.tasks: their conditions have 278400 characters in all"
    ]


def test_loops_count_for_more_than_their_characters():
    """They are short to write, and take 4 s to compile here."""
    condition = "0==0||" + "||".join(["[[]].all(a,a.all(b,b))"] * 42)
    found = faults([A, *(A | {"name": f"t{number}", "when": f"{number}{condition}"} for number in range(250))])
    assert [str(fault).partition(" have")[0] for fault in found] == ["spec.tasks: their conditions"]


@pytest.mark.parametrize(
    ("pod", "fits"),
    [
        ({"nodeSelector": {".podTemplate." * 10_000: "$(run.name)"}}, False),  # 14 s, once, for a check by a pattern
        ({"a" * 600_000: ["b"] * 1_000}, False),  # a copy of the path for each
        ({"a" * 1_000: {"b" * 1_000: {"c" * 1_000: ["d"]}}}, False),
        ({"nodeSelector": {"a" * 1_900: "$(run.name)"}}, True),
    ],
)
def test_paths_are_as_long_as_people_write_them_and_no_longer(pod, fits):
    found = faults([A, A | {"name": "b", "podTemplate": {"spec": pod}}])
    words = "spec.tasks[1]: has a field whose path has more than 2048 characters; shorten its keys"
    assert list(map(str, found)) == ([] if fits else [words])
