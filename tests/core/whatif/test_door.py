"""When a run starts, for which others take what it needs: `concurrency`, the slots of whole runs, the caps on pods."""

from dataclasses import replace

import pytest

from sluice.api.chart import PodLimits
from sluice.api.run import WorkflowRunSpec
from sluice.api.workflow import WorkflowSettings
from sluice.core.quota.run_queue import UnfinishedRun
from sluice.core.spec.definition import Definition
from sluice.core.spec.parameter import declarations
from sluice.core.status.durations import Sources, durations
from sluice.core.whatif.plan import Narrow, plan
from sluice.core.whatif.scene import Other, Scene, Subject
from tests.core.kubelet import RUN, START, at
from tests.core.world import graph

LOCK = {"pools": [{"name": "lock"}]}


def subject(seconds, **settings):
    definition = Definition.of(graph("a"))
    times = durations(definition, Sources(given_s={"a": seconds}))
    return Subject(definition, WorkflowSettings.read(settings), times)


def scene(*beside, **settings):
    """A person's run of 10 s."""
    it = Scene(RUN, subject(10, **settings), START, WorkflowRunSpec(workflow="etl"), beside=beside)
    return replace(it, pools={"lock": 1}, held_by_runs={"lock"})


def other(name, seconds, *, workflow="etl", begun=True, holds=None, key="", **settings):
    """It came before, and its task begins now."""
    identity = replace(RUN, name=name, uid=f"uid-of-{name}", workflow=workflow)
    status = {"startedAt": at(0), "pools": holds or {}} if begun else {}
    asks = UnfinishedRun(name, START - 60, key=key)
    return Other(identity, subject(seconds, **settings), WorkflowRunSpec(workflow=workflow), status, [], asks)


def one_at_a_time(**more):
    return {"concurrency": {"policy": "Queue", "maxRuns": 1, **more}}


@pytest.mark.parametrize(
    ("settings", "beside", "took_s"),
    [
        (one_at_a_time(), [other("o", 30)], 40),
        (one_at_a_time(maxRuns=2), [other("o", 30)], 10),
        (one_at_a_time(), [other("o", 30), other("p", 20, begun=False)], 60),  # who came first goes first
        (one_at_a_time(), [other("o", 30, workflow="another")], 10),
        (one_at_a_time(key="x"), [other("o", 30, key="y")], 10),
        ({}, [other("o", 30)], 10),  # without a policy a person's run does not wait
        (LOCK, [other("o", 30, workflow="another", holds={"lock": 1})], 40),
        (LOCK, [other("o", 30, workflow="another", begun=False, **LOCK)], 40),
        (LOCK | one_at_a_time(), [other("o", 30), other("p", 50, workflow="another", holds={"lock": 1})], 60),
    ],
)
def test_a_run_starts_when_others_leave_it_room(settings, beside, took_s):
    found = plan(scene(*beside, **settings))
    assert (found.trouble, found.time.typical_s, found.pods) == ("", took_s, 1)


def test_what_it_waits_for_is_the_narrow_place():
    waits = scene(other("o", 30), **one_at_a_time())
    assert plan(waits).narrow == Narrow("concurrency", 1, 30, 10)
    waits = scene(other("o", 30, workflow="another", holds={"lock": 1}), **LOCK)
    assert plan(waits).narrow == Narrow("pool/lock", 1, 30, 10)


def test_slots_that_a_called_workflow_asks_for_are_taken_by_the_run_at_the_top():
    calls = Definition.of(graph("a", a={"workflow": {"name": "inner"}}))
    top = replace(scene(other("o", 30, workflow="another", holds={"lock": 1})), callees={"inner": subject(7, **LOCK)})
    found = plan(replace(top, subject=replace(top.subject, definition=calls)))
    assert (found.time.typical_s, found.narrow.kind) == (37, "pool/lock")


@pytest.mark.parametrize(
    ("settings", "beside", "words"),
    [
        ({"concurrency": {"policy": "Forbid"}}, [other("o", 30)], "Forbid: 1/1 runs of etl are going (o)"),
        ({"pools": [{"name": "gone"}]}, [], "Pool: gone does not exist; create it"),
        ({"pools": [{"name": "lock", "slots": 2}]}, [], "Pool: lock has 1 slot, 2 are asked for"),
    ],
)
def test_a_run_that_never_starts_says_why(settings, beside, words):
    found = plan(scene(*beside, **settings))
    assert (found.trouble, found.time, found.pods) == (words, None, 0)
    assert [(fate.does, fate.why) for fate in found.fates] == [("is not reached", "the run does not start")]


@pytest.mark.parametrize(
    ("asked", "settings", "parameters", "words"),
    [
        ({"state": "Stopped"}, {}, {}, "the run was stopped before it had started"),
        (
            {"arguments": {"n": 0}},
            {"parallelism": "$(params.n)"},
            {"n": 0},
            "spec.arguments: the Workflow's parallelism",
        ),
        ({"arguments": {"m": 1}}, {}, {"n": 2}, "spec.arguments.m: "),
    ],
)
def test_a_run_that_the_operator_refuses_says_why(asked, settings, parameters, words):
    declared = declarations(WorkflowSettings.read({"parameters": [{"name": "n", "default": 2}]}).parameters)
    of_it = subject(10, **settings)
    of_it = replace(of_it, definition=replace(of_it.definition, parameters=declared))
    spec = WorkflowRunSpec.read({"workflow": "etl"} | asked)
    found = plan(Scene(replace(RUN, parameters=parameters), of_it, START, spec))
    assert (found.time, found.fates[0].why) == (None, "the run does not start")
    assert found.trouble.startswith(words)


def test_a_circle_of_calls_over_which_runs_could_wait_for_each_other_is_refused():
    calls = {name: Definition.of(graph("t", t={"workflow": {"name": other}})) for name, other in ("xy", "yx")}
    called = {name: replace(subject(1, **one_at_a_time()), definition=each) for name, each in calls.items()}
    top = replace(scene(), callees=called)
    found = plan(replace(top, subject=replace(top.subject, definition=calls["x"])))
    assert found.trouble.startswith("spec.workflow: runs could wait for each other for ever: x -> y -> x")


def test_a_called_run_does_not_replace_the_run_of_its_workflow_that_waits_for_it():
    again = {"when": "params.depth == 0", "workflow": {"name": "inner", "arguments": {"depth": 1}}}
    parameters = [{"name": "depth", "type": "Integer", "default": 0}]
    definition = Definition.of(graph("again, work", again=again) | {"parameters": parameters})
    inner = replace(subject(10, concurrency={"policy": "Replace"}), definition=definition)
    inner = replace(inner, durations=durations(definition, Sources(given_s={"work": 10})))
    calls = Definition.of(graph("a", a={"workflow": {"name": "inner"}}))
    top = replace(scene(), callees={"inner": inner})
    assert plan(replace(top, subject=replace(top.subject, definition=calls))).trouble == ""


def test_pods_of_other_runs_count_under_the_caps():
    found = plan(replace(scene(other("o", 30, workflow="another")), caps=PodLimits(pods=1)))
    assert (found.time.typical_s, found.narrow.kind) == (40, "podLimit")
