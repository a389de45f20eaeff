"""Numbers and durations by placeholder, once a run knows what they stand for."""

from dataclasses import replace

import pytest

from sluice.core.pod.builder import build_pod
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.spec.definition import Definition
from sluice.core.status.reasons import reason
from tests.core.kubelet import RUN, START, exited
from tests.core.world import World, graph

PARAMETERS = [{"name": "n", "type": "Integer", "default": 2}, {"name": "long", "default": "90s"}]


def world(text, *, arguments=None, **fields):
    definition = Definition.of(graph(text, **fields) | {"parameters": PARAMETERS})
    identity = replace(RUN, parameters=definition.values(arguments or {}))
    return World(restore(identity, "etl-1", definition, status={}, pods=[], now=START, orders=Orders()))


def restarted(before):
    """After the operator was killed."""
    pods = [task.pod for task in before.run.tasks if task.pod is not None]
    known = before.run.identity, before.run.definition
    run = restore(known[0], "etl-1", known[1], status=before.stored, pods=pods, now=before.now, orders=Orders())
    return World(run, before.now, before.stored, before.version)


def test_a_task_has_its_parameters_numbers_from_when_it_starts_and_after_a_restart():
    task = {
        "timeout": "$(params.long)",
        "deadline": "$(params.long)",
        "retries": {"limit": "$(params.n)"},
        "pools": [{"name": "db", "slots": "$(params.n)"}, {"name": "api"}],
    }
    here = world("a", a=task)
    here.decide()
    for each in (here, restarted(here)):
        definition = each.task("a").definition
        limits = (definition.timeout_s, definition.deadline_s, definition.retries.limit, definition.pools)
        assert limits == (90, 90, 2, (("api", 1), ("db", 2)))
    made = build_pod(here.run.identity, here.task("a").definition, 1)
    assert made["spec"]["activeDeadlineSeconds"] == 90
    assert made["metadata"]["annotations"]["sluice.dev/pools"] == '{"api": 1, "db": 2}'


def test_and_those_of_another_tasks_outputs():
    here = world("b, a", b={"outputs": ["tries"]}, a={"retries": {"limit": "$(tasks.b.outputs.tries)"}})
    assert here.starts() == ["b"]  # a waits for what it reads
    here.ends("b", outputs="tries=1")
    assert here.starts() == ["a"]
    here.ends("a", 1)
    here.decide()
    here.writes()
    again = restarted(here)  # between its attempts
    again.starts(after=1)
    again.ends("a", 1)
    again.decide()
    assert again.phases["a"] == "Failed"
    assert reason(again.run, again.number("a")).text == "Error: 1 of 1 retries used"


@pytest.mark.parametrize(
    ("task", "wrote", "words"),
    [
        (
            {"retries": {"limit": "$(tasks.b.outputs.x)"}},
            "x=many",
            "retries.limit is $(tasks.b.outputs.x), which is 'm",
        ),
        (
            {"retries": {"limit": "$(tasks.b.outputs.x)"}},
            "x=101",
            "retries.limit is $(tasks.b.outputs.x), which is '1",
        ),
        (
            {"timeout": "$(tasks.b.outputs.x)"},
            "x=0s",
            "timeout is $(tasks.b.outputs.x), which is '0s', and must be a d",
        ),
        (
            {"deadline": "$(tasks.b.outputs.x)"},
            "x=90",
            "deadline is $(tasks.b.outputs.x), which is '90', and must be a d",
        ),
        (
            {"pools": [{"name": "db", "slots": "$(tasks.b.outputs.x)"}]},
            "x=0",
            "the number of slots of pool db is",
        ),
        (
            {"forEach": {"items": ["y"], "parallelism": "$(tasks.b.outputs.x)"}},
            "x=0",
            "forEach.parallelism is $(tasks.b.outputs.x), which is '0', and must be a whole number from 1 to 10000",
        ),
        (
            {"forEach": {"range": {"end": "$(tasks.b.outputs.x)"}}},
            "x=1.5",
            "forEach.range.end is $(tasks.b.outputs.x), which is '1.5', and must be a whole number",
        ),
    ],
)
def test_a_task_whose_number_is_none_fails_and_says_why(task, wrote, words):
    here = world("b, a", b={"outputs": ["x"]}, a=task)
    here.starts()
    here.ends("b", outputs=wrote)
    assert here.starts() == []
    assert here.phases["a"] == "Failed"
    assert reason(here.run, here.number("a")).message.startswith(words)


@pytest.mark.parametrize(("ends", "limit_s"), [("x=5s", 5), (None, 90)])
def test_the_second_choice_counts_where_the_first_is_not_there(ends, limit_s):
    limit = {"timeout": "$(tasks.b.outputs.x ?? params.long)"}
    here = world("b, a", b={"outputs": ["x"], "skipExitCodes": [9]}, a=limit)
    here.starts()
    here.ends("b", 0 if ends else 9, outputs=ends or "")
    assert here.starts() == ["a"]
    here.writes()
    for each in (here, restarted(here)):
        assert each.task("a").definition.timeout_s == limit_s


def test_a_fan_out_is_as_wide_as_a_parameter_says_and_ends_where_an_output_does():
    span = {"range": {"start": "$(params.n)", "end": "$(tasks.b.outputs.x)"}, "parallelism": "$(params.n)"}
    here = world("b, a", b={"outputs": ["x"]}, a={"forEach": span})
    here.starts()
    here.ends("b", outputs="x=5")
    here.decide()
    here.writes()
    assert here.starts() == ["a[0]", "a[1]"]
    here.writes()
    again = restarted(here)
    again.decide()
    assert [again.run.tasks.item(again.number(f"a[{index}]")) for index in range(3)] == [2, 3, 4]
    assert again.run.tasks.fan_outs[again.number("a")].parallelism == 2


def test_an_item_has_its_own_and_fails_alone():
    here = world("a", a={"forEach": {"items": [{"s": "5s"}, {"s": "x"}, {"s": "7s"}]}, "timeout": "$(item.s)"})
    here.decide()
    here.writes()
    assert here.starts() == ["a[0]", "a[2]"]
    assert here.task("a[1]").phase == "Failed"
    assert [here.task(f"a[{index}]").definition.timeout_s for index in (0, 2)] == [5, 7]
    here.sees("a[0]", exited(0))
    here.decide()
    here.writes()
    assert restarted(here).task("a[2]").definition.timeout_s == 7
