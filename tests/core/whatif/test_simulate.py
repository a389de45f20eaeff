"""How long runs take under the simulated clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.core.graph.critical_path import critical_paths_s
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.spec.definition import Definition
from sluice.core.spec.run_limits import RunLimits
from sluice.core.whatif.simulate import Unforeseen, simulate
from tests.core.kubelet import RUN
from tests.core.world import graph


def attempts(data, durations_s, **limits):
    shared = SharedLimits()
    shared.set_pool(PoolKey(RUN.namespace, "database"), 2)
    definition = Definition.of(data)
    run = restore(
        RUN, "etl-1", definition, status={}, pods=[], shared=shared, now=0.0, orders=Orders(limits=RunLimits(**limits))
    )
    return run, simulate(run, durations_s)


def makespan_s(data, durations_s, **limits):
    return attempts(data, durations_s, **limits)[1][-1].ended_s


@pytest.mark.parametrize(
    ("text", "durations_s", "cap", "makespan"),
    [
        ("a", [5], None, 5),
        ("a", [0], None, 0),
        ("a >> b >> c", [1, 2, 3.5], 1, 6.5),
        ("a, b, c", [1, 2, 3], None, 3),
        ("a, b, c", [1, 2, 3], 1, 6),
        ("a >> b, c, d, e >> f", [1, 2, 2, 2, 2, 1], None, 4),
        ("a >> b, c, d, e >> f", [1, 2, 2, 2, 2, 1], 2, 6),
        ("a >> b, c, d, e >> f", [1, 2, 2, 2, 2, 1], 3, 6),
        ("a, b; c >> d", [1, 1, 1, 3], 2, 4),  # c goes first, as d waits for it
    ],
)
def test_makespan(text, durations_s, cap, makespan):
    assert makespan_s(graph(text), durations_s, parallelism=cap) == makespan


def test_hints_decide_who_goes_first():
    durations_s = [3, 3, 6]
    assert makespan_s(graph("a, b, c"), durations_s, parallelism=2) == 9
    assert makespan_s(graph("a, b, c", c={"expectedDuration": "6s"}), durations_s, parallelism=2) == 6


@pytest.mark.parametrize(
    ("fields", "makespan"),
    [
        ({"forEach": {"range": {"end": 6}}}, 10),  # each item takes as long as the task says
        ({"forEach": {"range": {"end": 6}, "parallelism": 2}}, 30),
        ({"forEach": {"items": []}}, 0),
        ({"retries": {"execution": "AtMostOnce"}}, 10),
        ({"forEach": {"range": {"end": 6}}, "pools": [{"name": "database"}]}, 30),
    ],
)
def test_all_that_limits_a_task_counts(fields, makespan):
    _, made = attempts(graph("a", a=fields), [10])
    assert max((attempt.ended_s for attempt in made), default=0) == makespan


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"outputs": ["rows"]}, "rows"),
        ({"approval": {"message": "go?"}}, "task a would never end: Approval"),
        ({"workflow": {"name": "other"}}, "task a would never end: "),
        ({"pools": [{"name": "nobody-knows"}]}, "task a would never end: Pool: nobody-knows"),
    ],
)
def test_what_cannot_be_known_beforehand_is_said(fields, why):
    with pytest.raises(Unforeseen, match=why):
        attempts(graph("a >> b", a=fields), [1, 1])


@st.composite
def graphs(draw):
    count = draw(st.integers(1, 12))
    tasks = [
        {
            "name": f"t{number}",
            "dependsOn": [f"t{n}" for n in draw(st.sets(st.integers(0, number - 1)))] if number else [],
        }
        for number in range(count)
    ]
    return {"tasks": tasks}, draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))


@given(graphs(), st.integers(1, 5))
def test_never_faster_than_work_and_critical_path_allow_and_never_idle(given_graph, cap):
    data, durations_s = given_graph
    run, made = attempts(data, durations_s, parallelism=cap)
    order = run.definition.graph
    started = {attempt.number: attempt.started_s for attempt in made}
    ended = {attempt.number: attempt.ended_s for attempt in made}
    assert len(made) == len(durations_s)
    for number, before in enumerate(order.dependencies):
        assert all(ended[dependency] <= started[number] for dependency in before)
        assert ended[number] - started[number] == durations_s[number]
    for at in started.values():
        assert sum(a.started_s <= at < a.ended_s for a in made) <= cap
    makespan, longest, work = max(ended.values()), max(critical_paths_s(order, durations_s)), sum(durations_s)
    assert max(longest, work / cap) <= makespan
    assert makespan <= work / cap + longest * (cap - 1) / cap + 1e-9  # Graham's bound: no slot is idle for nothing
