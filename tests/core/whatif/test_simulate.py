"""How long runs take under the simulated clock."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.api.run import ApprovalDecision
from sluice.api.workflow import WorkflowSettings
from sluice.core.graph.critical_path import critical_paths_s
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.run_tree import tree_pool
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.spec.definition import Definition
from sluice.core.spec.run_limits import RunLimits
from sluice.core.whatif.course import Callee, UnderWay
from sluice.core.whatif.kubelet import Expected
from sluice.core.whatif.simulate import simulate
from tests.core.kubelet import RUN, START, at, running, seen
from tests.core.world import graph


def course(data, durations_s, *, callees=None, answers=(), outputs=None, parameters=None, **limits):
    """`durations_s` are in the order of the tasks, `outputs` by task; `answers` names the approvals that are given."""
    shared = SharedLimits()
    shared.set_pool(PoolKey(RUN.namespace, "database"), 2)
    definition = Definition.of(data)
    identity = replace(RUN, parameters=parameters or {})
    identity = replace(identity, tree=((tree_pool(RUN.ref), 1),)) if callees else identity
    orders = Orders(limits=RunLimits(**limits))
    run = restore(identity, "etl-1", definition, status={}, pods=[], shared=shared, now=1.0, orders=orders)
    run.set_approvals({name: ApprovalDecision(decision="Approve") for name in answers})
    handed_on = outputs or {}
    named = zip(definition.tasks, durations_s, strict=True)
    return simulate(run, [Expected(took_s, handed_on.get(task.name, {})) for task, took_s in named], callees)


def makespan_s(data, durations_s, **limits):
    return course(data, durations_s, **limits).ended_s


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
    assert makespan_s(graph("a", a=fields), [10]) == makespan


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"approval": {"message": "go?"}}, "task a would never end: Approval"),
        ({"pools": [{"name": "nobody-knows"}]}, "task a would never end: Pool: nobody-knows"),
        ({"wait": {"until": "soon"}}, "task a failed: wait.until is 'soon'"),
    ],
)
def test_a_run_that_would_not_end_well_says_why(fields, why):
    assert course(graph("a >> b", a=fields), [1, 1]).trouble.startswith(why)


NUMBERS = {"env": [{"name": "N", "value": "$(tasks.a.outputs.n)"}]}


@pytest.mark.parametrize(
    ("fields", "makespan"),
    [
        ({"a": {"outputs": ["n"]}, "b": NUMBERS}, 5),
        ({"a": {"outputs": ["n"], "outputsFrom": "Log"}, "b": NUMBERS}, 5),
        ({"a": {"outputs": ["n"], "outputsFrom": "Stdout", "bash": "echo 4"}, "b": NUMBERS}, 5),
        ({"a": {"outputs": ["n"]}, "b": {"forEach": {"range": {"end": "$(tasks.a.outputs.n)"}, "parallelism": 1}}}, 14),
        ({"a": {"outputs": ["n"]}, "b": {"when": "tasks.a.outputs.n > 4"}}, 2),
        ({"b": {"runIf": "OneFailed"}}, 2),
        ({"a": {"approval": {"message": "go?"}}}, 3),
        ({"a": {"wait": {"for": "1h"}}}, 3603),
        ({"a": {"join": {}}}, 3),
        ({"a": {"workflow": {"name": "unknown"}, "outputs": ["n"]}, "b": NUMBERS}, 5),
    ],
)
def test_what_tasks_hand_on_and_wait_for_counts(fields, makespan):
    found = course(graph("a >> b", **fields), [2, 3], answers=["a"], outputs={"a": {"n": 4}})
    assert (found.ended_s, found.trouble) == (makespan, "")


def test_a_run_that_is_called_shares_the_limits_of_the_one_above():
    inner = Definition.of(graph("x, y >> z", z={"outputs": ["n"]}) | {"outputs": {"n": "$(tasks.z.outputs.n)"}})
    callee = Callee(inner, WorkflowSettings(), [Expected(5), Expected(5), Expected(1, {"n": 3})])
    call = {"workflow": {"name": "inner"}, "outputs": ["n"]}
    items = {"forEach": {"range": {"end": "$(tasks.a.outputs.n)"}}}
    data = graph("a >> b", a=call, b=items)
    found = course(data, [99, 2], callees={"inner": callee}, parallelism=1)
    assert (found.ended_s, len(found.pods), len(found.calls), found.trouble) == (5 + 5 + 1 + 3 * 2, 6, 1, "")
    assert course(data, [99, 2], callees={"inner": callee}).ended_s == 5 + 1 + 2


def test_a_timeout_of_the_run_ends_what_runs():
    found = course(graph("a >> b"), [10, 10], timeout_s=15)
    assert (found.ended_s, found.trouble) == (15, "the run took longer than its timeout, 15s")
    assert [attempt.ended_s for attempt in found.pods] == [10, 15]


def test_a_run_that_holds_the_slot_goes_on_beside():
    one = {"pools": [{"name": "warehouse"}]}
    shared, other = SharedLimits(), replace(RUN, name="report-1", uid="u2")
    shared.set_pool(PoolKey(RUN.namespace, "warehouse"), 1)
    export, load = (Definition.of(graph(name, **{name: one})) for name in ("export", "load"))
    pod = seen(running(2), export.tasks[0], run=other)
    status = {"startedAt": at(0), "tasks": {"export": {"phase": "Running", "attempt": 1}}}
    now, orders = START + 12, Orders()
    going = restore(other, "r", export, status=status, pods=[pod], shared=shared, now=now, orders=orders)
    shared.observe_pod(going.tasks.with_claims(pod))
    run = restore(RUN, "e", load, status={}, pods=[], shared=shared, now=now, orders=orders)
    found = simulate(run, [Expected(5)], beside=[UnderWay(going, [Expected(30)])])
    assert (found.ended_s, found.held_up_s, len(found.pods)) == (30 - 10 + 5, {"pool/warehouse": 20}, 1)


def test_how_long_somebody_waited_and_for_what():
    waits = course(graph("a", a={"forEach": {"range": {"end": 6}}, "pools": [{"name": "database"}]}), [10]).held_up_s
    assert waits == {"pool/database": 20}


CALLS = {"workflow": {"name": "inner", "arguments": {"q": "$(item)"}}, "forEach": {"items": ["p", "q", "r"]}}


def called(settings, seconds=10, **parameter):
    graph_of_it = graph("x") | {"parameters": [{"name": "q"} | parameter]}
    return {"inner": Callee(Definition.of(graph_of_it), WorkflowSettings.read(settings), [Expected(seconds)])}


@pytest.mark.parametrize(
    ("concurrency", "ended_s", "pods", "phase"),
    [
        ({"policy": "Queue"}, 30, 3, "Succeeded"),
        ({"policy": "Queue", "maxRuns": 2}, 20, 3, "Succeeded"),
        ({"policy": "Queue", "key": "$(params.q)"}, 10, 3, "Succeeded"),
        ({"policy": "Queue", "maxQueued": 1}, 20, 2, "Failed"),
        ({"policy": "Forbid"}, 10, 1, "Failed"),
        ({"policy": "Replace"}, 10, 1, "Failed"),
        ({"policy": "Allow"}, 10, 3, "Succeeded"),
    ],
)
def test_the_concurrency_of_a_called_workflow_counts(concurrency, ended_s, pods, phase):
    found = course(graph("a", a=CALLS), [1], callees=called({"concurrency": concurrency}))
    assert (found.ended_s, len(found.pods), found.run.tasks.named[0].phase) == (ended_s, pods, phase)
    assert not any(first.ended_s > second.started_s for first, second in pairwise(found.pods) if ended_s == 30)


@pytest.mark.parametrize(
    ("settings", "parameter", "why"),
    [
        ({}, {"enum": ["p", "q"]}, "failed: spec.arguments.q: must be one of p, q"),
        ({"timeout": "$(params.q)"}, {}, "failed: spec.arguments: the Workflow's timeout is $(params.q), which is 'p'"),
    ],
)
def test_a_run_that_is_called_with_the_wrong_arguments_is_refused(settings, parameter, why):
    found = course(graph("a", a=CALLS), [1], callees=called(settings, **parameter))
    assert why in found.trouble


def test_a_call_whose_arguments_are_too_long_fails():
    long = {"workflow": {"name": "inner", "arguments": {"q": "$(params.p)" * 100}}}
    data = graph("a", a=long) | {"parameters": [{"name": "p"}]}
    found = course(data, [1], callees=called({}), parameters={"p": "p" * 2**16})
    assert "its placeholders stand for more than 4 MiB" in found.trouble


@pytest.mark.parametrize("settings", [{"concurrency": {"policy": "Queue"}}, {}, None])
def test_what_is_called_is_stopped_with_its_task(settings):
    """Whether it goes, waits, or is not known."""
    callees = None if settings is None else called(settings, 40)
    found = course(graph("a", a=CALLS), [40], callees=callees, timeout_s=15)
    assert (found.ended_s, found.trouble) == (15, "the run took longer than its timeout, 15s")
    if not (settings or {}).get("concurrency"):
        found = course(graph("a", a=CALLS | {"deadline": "15s"}), [40], callees=callees)
        assert (found.ended_s, found.run.tasks.named[0].phase) == (15, "Failed")


def test_a_workflow_that_runs_itself_on_a_condition_ends():
    again = {"workflow": {"name": "etl", "arguments": {"n": "no"}}, "when": "params.n == 'yes'"}
    data = graph("s >> a", a=again) | {"parameters": [{"name": "n", "default": "yes"}]}
    settings = WorkflowSettings.read({"concurrency": {"policy": "Queue"}})  # a run within it does not wait for it
    callee = Callee(Definition.of(data), settings, [Expected(10), Expected(1)])
    found = course(data, [10, 1], callees={"etl": callee}, parameters={"n": "yes"})
    assert (found.trouble, found.ended_s, len(found.pods), len(found.calls)) == ("", 20, 2, 1)


@pytest.mark.parametrize("items", [1, 12])
def test_a_workflow_that_runs_itself_has_no_end(items, monkeypatch):
    monkeypatch.setattr("sluice.core.whatif.simulate.MAX_RUNS", 50)
    again, etl = ({"workflow": {"name": name}, "forEach": {"range": {"end": items}}} for name in ("again", "etl"))
    graphs = {"again": graph("a >> b", b=etl), "etl": graph("b", b=again)}
    times = [Expected(1), Expected(1)]
    callees = {name: Callee(Definition.of(data), WorkflowSettings(), times) for name, data in graphs.items()}
    found = course(graphs["etl"], [1], callees=callees)
    assert found.trouble == "task b of again runs Workflow etl, in whose run it is: that has no end"


def test_what_is_too_large_is_not_simulated_to_its_end(monkeypatch):
    monkeypatch.setattr("sluice.core.whatif.simulate.MAX_PODS", 20)
    found = course(graph("a", a={"forEach": {"range": {"end": 50}}}), [1], parallelism=1)
    assert found.trouble.startswith("it is not simulated to its end")


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
    found = course(data, durations_s, parallelism=cap)
    order, made = found.run.definition.graph, found.pods
    started = {attempt.number: attempt.started_s for attempt in made}
    ended = {attempt.number: attempt.ended_s for attempt in made}
    assert len(made) == len(durations_s)
    for number, before in enumerate(order.dependencies):
        assert all(ended[dependency] <= started[number] for dependency in before)
        assert ended[number] - started[number] == durations_s[number]
    for start_s in started.values():
        assert sum(a.started_s <= start_s < a.ended_s for a in made) <= cap
    makespan, longest, work = max(ended.values()), max(critical_paths_s(order, durations_s)), sum(durations_s)
    assert max(longest, work / cap) <= makespan
    assert makespan <= work / cap + longest * (cap - 1) / cap + 1e-9  # Graham's bound: no slot is idle for nothing
