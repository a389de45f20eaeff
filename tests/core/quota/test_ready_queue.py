"""Who goes first when not all can."""

import pytest

from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.core.spec.definition import Definition
from sluice.core.spec.run_limits import RunLimits
from tests.core.world import graph, run


@pytest.mark.parametrize(
    ("text", "durations", "ways"),
    [
        ("a", {}, {"a": 1}),
        ("a >> b >> c", {}, {"a": 3, "b": 2, "c": 1}),
        ("a >> b >> c", {"b": "1m"}, {"a": 62, "b": 61, "c": 1}),
        ("a >> b, c >> d", {"b": "5s", "c": "9s"}, {"a": 11, "b": 6, "c": 10, "d": 1}),
        ("a >> c; b >> c; a >> d", {"d": "1h"}, {"a": 3601, "b": 2, "c": 1, "d": 3600}),
    ],
)
def test_way_of_a_task_is_the_longest_to_the_end(text, durations, ways):
    fields = {task: {"expectedDuration": duration} for task, duration in durations.items()}
    assert {task.name: task.critical_path_s for task in Definition.of(graph(text, **fields)).tasks} == ways


def test_way_through_a_chain_of_2000():
    chain = " >> ".join(f"t{number}" for number in range(2000))
    assert Definition.of(graph(chain)).tasks[0].critical_path_s == 2000


@pytest.mark.parametrize(
    ("text", "fields", "order"),
    [
        ("a, b, c", {}, "abc"),  # nothing speaks for any of them: as they stand in the manifest
        ("a, b, c", {"c": {"expectedDuration": "1m"}}, "cab"),
        ("a, b; c >> d", {}, "cabd"),  # d waits for c
        (
            "a, b, c",
            {"b": {"priority": 1}, "c": {"expectedDuration": "1h"}},
            "bca",
        ),  # priority counts for more than the way
        ("a, b, c", {"a": {"priority": -1}}, "bca"),
    ],
)
def test_one_at_a_time_in_the_best_order(text, fields, order):
    world = run(text, fields=fields, parallelism=1)
    started = ""
    while not world.decide().finished:
        started += "".join(task for task in world.steps if world.steps[task].name == "CREATING")
        for task in list(started[-1:]):
            world.ends(task)
    assert started == order


def test_priority_of_a_run_holds_for_its_tasks_that_have_none_and_may_change():
    world = run("a, b, c, d", fields={"b": {"priority": 5}}, parallelism=1)
    assert world.starts() == ["b"]
    world.run.set_limits(RunLimits(1, priority=9))
    world.ends("b")
    assert world.starts() == ["a"]
    world = run("a, b", fields={"b": {"priority": 5}}, parallelism=1)
    world.run.set_limits(RunLimits(1, priority=9))
    assert world.starts() == ["a"]


@pytest.mark.parametrize(
    ("workflow", "of_run", "priority"),
    [({}, {}, 0), ({"priority": 3}, {}, 3), ({"priority": 3}, {"priority": -1}, -1), ({}, {"priority": 2}, 2)],
)
def test_priority_of_the_run_counts_before_its_workflow_s(workflow, of_run, priority):
    assert (
        RunLimits.of(
            WorkflowSettings.model_validate(workflow), WorkflowRunSpec.model_validate({"workflow": "etl"} | of_run), {}
        ).priority
        == priority
    )
