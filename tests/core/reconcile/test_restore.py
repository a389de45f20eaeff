"""A run rebuilt from what the API server holds. `status` is what was written last; the pods may be ahead of it."""

from dataclasses import replace

import pytest

from sluice.core.base.ownership import AttemptRef, RunRef
from sluice.core.pod.builder import Item
from sluice.core.pod.create_errors import CreateError
from sluice.core.quota.pool import PoolKey
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.run.outputs import lost_outputs, values_of
from sluice.core.run.retries import RetriesUsed
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.definition import Definition
from sluice.core.spec.ending import Ending
from sluice.core.spec.identity import RunIdentity
from sluice.core.spec.run_limits import RunLimits
from sluice.core.status.run_status import compose, task_status
from tests.core.kubelet import RUN, START, accepted, at, being_deleted, exited, running, seen, waiting
from tests.core.world import World, graph, run

LIVE = {"phase": "Running", "attempt": 1}
RETRIES = {"retries": {"limit": 2, "infrastructure": 2}}
GONE_PAID = RetriesUsed(infrastructure=1)


def restarted(text, entries, pods=(), *, now=START + 100, state="Running", **fields):
    """The run as a new operator sees it. `pods` are (task, attempt, status)."""
    definition = Definition.of(graph(text, **fields))
    tasks = {task.name: task for task in definition.tasks}
    views = [seen(status, tasks[task], attempt) for task, attempt, status in pods]
    found = restore(
        RUN, "etl-1", definition, status={"tasks": entries}, pods=views, now=0.0, orders=Orders(state=state)
    )
    return World(found, now=now, stored={"tasks": entries})


# The status is behind the pods.


@pytest.mark.parametrize(
    ("entry", "pods", "decided"),
    [
        # nothing happened yet
        ({}, [], ["create a/1"]),
        ({"phase": "Pending"}, [], ["create a/1"]),
        # the status had not heard of the pod
        ({}, [(1, accepted())], []),
        ({}, [(1, running())], []),
        ({}, [(1, exited(0))], ["create b/1"]),
        ({"phase": "Pending"}, [(1, exited(0))], ["create b/1"]),
        (LIVE, [(1, running())], []),
        (LIVE, [(1, exited(0))], ["create b/1"]),
        # nor of its end and the next attempt
        (LIVE, [(1, exited(1)), (2, running())], []),
        (LIVE, [(1, exited(1)), (2, exited(0))], ["create b/1"]),
        ({}, [(1, exited(1)), (2, exited(1)), (3, exited(0))], ["create b/1"]),
        # between two attempts
        ({"phase": "Pending", "attempt": 1, "retryAt": at(50)}, [(1, exited(1))], ["create a/2"]),
        ({"phase": "Pending", "attempt": 1, "retryAt": at(500)}, [(1, exited(1))], []),
        ({"phase": "Pending", "attempt": 1, "retryAt": at(500)}, [], []),
        ({"phase": "Pending", "attempt": 1, "retryAt": at(500)}, [(1, exited(1)), (2, running())], []),
        ({"phase": "Pending", "attempt": 1, "retryAt": at(500)}, [(2, exited(0))], ["create b/1"]),
        # ended
        ({"phase": "Succeeded", "attempt": 1}, [(1, exited(0))], ["create b/1"]),
        ({"phase": "Succeeded", "attempt": 1}, [], ["create b/1"]),
        ({"phase": "Succeeded", "attempt": 2}, [(1, exited(1)), (2, exited(0))], ["create b/1"]),
        ({"phase": "Failed", "attempt": 3}, [(3, exited(1))], []),
        ({"phase": "Stopped"}, [], []),
    ],
)
def test_pods_are_believed_before_the_status(entry, pods, decided):
    entries = {"a": entry} if entry else {}
    world = restarted("a >> b", entries, [("a", *pod) for pod in pods], a=RETRIES)
    assert world.decided() == decided


@pytest.mark.parametrize(
    ("entry", "pods", "used"),
    [
        (LIVE, [(1, exited(1)), (2, running())], RetriesUsed(limit=1)),
        ({}, [(1, exited(1)), (2, exited(1)), (3, running())], RetriesUsed(limit=2)),
        ({}, [(1, exited(1)), (2, being_deleted(running())), (3, running())], RetriesUsed(limit=1, infrastructure=1)),
        (LIVE, [(1, exited(137, "OOMKilled")), (2, running())], RetriesUsed(limit=1, out_of_memory=1)),
        (LIVE, [(2, running())], RetriesUsed(infrastructure=1)),  # nobody saw how the first ended
        (
            {"phase": "Pending", "attempt": 1, "retryAt": at(500), "retries": {"limit": 1, "infrastructure": 0}},
            [(1, exited(1)), (2, running())],
            RetriesUsed(limit=1),  # was paid before
        ),
    ],
)
def test_attempts_that_were_not_recorded_are_paid_for_once(entry, pods, used):
    world = restarted("a", {"a": entry} if entry else {}, [("a", *pod) for pod in pods], a=RETRIES)
    assert world.decided() == []
    assert world.task("a").used == used


def test_pod_that_is_gone_with_its_end_unseen_is_lost():
    world = restarted("a", {"a": LIVE})
    world.decide()
    assert world.task("a").last.ending is Ending.LOST
    assert world.task("a").used == GONE_PAID


@pytest.mark.parametrize("text", ["a >> b", "b; a >> b"])
def test_dependent_that_started_before_its_dependency_was_recorded_goes_on(text):
    world = restarted(text, {}, [("a", 1, exited(0)), ("b", 1, running())])
    assert world.decided() == []
    assert world.run.slots.live == 1
    world.ends("b")
    assert world.decide().finished


def test_failure_that_was_not_recorded_reaches_its_dependents():
    world = restarted("a >> b >> c", {}, [("a", 1, exited(1))])
    assert world.decide().finished
    assert world.phases == {"a": "Failed", "b": "UpstreamFailed", "c": "UpstreamFailed"}


def test_failure_that_was_recorded_before_its_reach_was():
    world = restarted("a >> b >> c", {"a": {"phase": "Failed", "attempt": 1}})
    assert world.decide().finished
    assert world.phases == {"a": "Failed", "b": "UpstreamFailed", "c": "UpstreamFailed"}


def test_pods_hold_their_slots():
    world = restarted("a, b, c, d", {}, [("a", 1, running()), ("b", 1, accepted()), ("c", 1, exited(0))])
    world.run.set_limits(RunLimits(2))
    assert world.decided() == []
    world.ends("a")
    assert world.decided() == ["create d/1"]


def test_pods_of_another_run_and_of_unknown_tasks_are_left_alone():
    stranger = replace(seen(running()), attempt_of=AttemptRef(RunRef("team", RUN.name, "another"), "a", None, 1))
    other_graph = replace(seen(running()), attempt_of=AttemptRef(RUN.ref, "no-such-task", None, 1))
    found = restore(
        RUN, "etl-1", Definition.of(graph("a")), status={}, pods=[stranger, other_graph], now=0.0, orders=Orders()
    )
    assert World(found).decided() == ["create a/1"]


@pytest.mark.parametrize("text", ["a", "x >> a"])
def test_items_that_have_begun_were_counted_even_if_the_status_was_wiped(text):
    """Else they would begin anew beside the pods of their later attempts."""
    definition = Definition.of(graph(text, a={"forEach": {"items": ["x", "y"]}, "retries": {"limit": 1}}))
    pods = [
        seen(running(), definition.tasks[-1], attempt, item=Item(index, value))
        for index, value, attempt in ((0, "x", 2), (1, "y", 1))
    ]
    world = World(restore(RUN, "etl-1", definition, status={}, pods=pods, now=0.0, orders=Orders()))
    assert [world.task(f"a[{index}]").attempt for index in (0, 1)] == [2, 1]
    assert world.decided() == ["create x/1"] * (text != "a")


def test_ended_pods_are_handed_on_so_that_they_do_not_stay_for_ever():
    pods = [("a", 1, exited(1)), ("a", 2, exited(0)), ("b", 1, exited(0))]
    world = restarted("a, b", {"a": {"phase": "Succeeded", "attempt": 2}}, pods, a=RETRIES)
    world.decide()
    ended = compose(world.run, {}, 1, world.now).ended
    assert sorted((pod.attempt_of.task, pod.attempt) for pod in ended) == [("a", 1), ("a", 2), ("b", 1)]


def test_deadline_is_kept():
    world = restarted("a", {"a": LIVE}, [("a", 1, waiting("ErrImagePull"))], now=START + 300)
    assert world.decide().wake_at == START + 601
    assert world.decided(after=301) == ["delete a/1"]


def test_stopped_run_is_stopped():
    world = restarted("a >> b", {"a": LIVE}, [("a", 1, running())], state="Stopped")
    assert world.decided() == ["delete a/1"]
    assert world.phases["b"] == "Stopped"


def test_stop_between_two_attempts_is_said_after_a_restart_too():
    world = restarted("a", {"a": {"phase": "Pending", "attempt": 1, "retryAt": at(500)}}, state="Stopped", a=RETRIES)
    assert world.decide().finished
    world.writes()
    assert world.stored["tasks"]["a"]["phase"] == "Stopped"


def test_parameters_and_times_are_the_runs():
    identity = RunIdentity("r", "ns", RUN.uid, "etl", {"day": "monday"})
    status = {"startedAt": at(-50)}
    found = restore(identity, "etl-1", Definition.of(graph("a")), status=status, pods=[], now=0.0, orders=Orders())
    assert (found.identity, found.revision) == (replace(identity, started_at=START - 50), "etl-1")


def test_finished_run_keeps_the_time_of_its_end():
    status = {"startedAt": at(-50), "finishedAt": at(-10), "tasks": {"a": {"phase": "Succeeded", "attempt": 1}}}
    world = World(
        restore(RUN, "etl-1", Definition.of(graph("a")), status=status, pods=[], now=0.0, orders=Orders()),
        stored=status,
    )
    assert world.decide().finished
    assert world.writes().get("finishedAt", at(-10)) == at(-10)


# At most once.

ONCE = {"retries": {"execution": "AtMostOnce"}}


def test_announced_attempt_without_a_pod_counts_as_made():
    world = restarted("a", {"a": {"phase": "Pending", "attempt": 1}}, a=ONCE)
    assert world.decide().finished
    assert world.task("a").last.ending is Ending.LOST


@pytest.mark.parametrize("refusal", [CreateError.QUOTA, CreateError.FORBIDDEN])
def test_attempt_that_was_refused_was_not_made(refusal):
    """A full cluster is not a failure, whoever starts the operator anew."""
    world = run("a", fields={"a": ONCE})
    world.decide()
    world.writes()
    world.decide()
    world.refuses("a", refusal)
    world.decide()
    world.writes()
    again = restarted("a", world.stored["tasks"], a=ONCE)
    again.decide()
    again.writes()
    assert again.phases["a"] == "Pending"
    assert again.decided() == ["create a/1"]


@pytest.mark.parametrize("refusal", [CreateError.QUOTA, CreateError.FORBIDDEN])
def test_attempt_that_was_refused_and_then_made_is_not_made_again(refusal):
    world = run("a", fields={"a": ONCE})
    for _ in range(2):
        world.decide(after=1)
        world.writes()
        if world.decide().create:
            world.refuses("a", refusal)
            world.writes()
    world.decide(after=5)
    world.writes()
    again = restarted("a", world.stored["tasks"], [("a", 1, running())], a=ONCE)
    again.decide(after=100)
    again.writes()
    assert again.decided() == []
    assert again.run.slots.live == 1


# A restart changes nothing that a user sees.


def _story_running(world):
    world.starts()
    world.sees("a", running())


def _story_backoff(world):
    world.starts()
    world.ends("a", 1)
    world.decide()


def _story_evicted(world):
    world.starts()
    world.loses("a", being_deleted(running()))
    world.decide()


def _story_second_attempt(world):
    _story_backoff(world)
    world.starts(after=1)
    world.sees("a", running())


def _story_failed(world):
    for delay in (0, 1, 2):
        world.starts(after=delay)
        world.ends("a", 1)
        world.decide()


def _story_succeeded(world):
    world.starts()
    world.ends("a")
    world.starts()
    world.sees("b", waiting("ErrImagePull", "not found"))


def _story_lost_with_its_node(world):
    world.starts()
    world.sees("a", running())
    world.decide()
    world.loses("a", running())
    world.decide()


def _story_polling(world):
    world.starts()
    world.sees("a", running())
    world.sees("a", exited(75))
    world.decide()


STORIES = [
    _story_running,
    _story_backoff,
    _story_evicted,
    _story_lost_with_its_node,
    _story_polling,
    _story_second_attempt,
    _story_failed,
    _story_succeeded,
]


@pytest.mark.parametrize("pods_stay", [True, False], ids=["pods stay", "ended pods are cleaned up"])
@pytest.mark.parametrize("story", STORIES)
def test_restart_changes_nothing_in_the_status(story, pods_stay):
    world = run("a >> b", fields={"a": RETRIES | {"poll": {"every": "30s", "timeout": "1h"}}})
    story(world)
    world.decide()
    world.writes()
    pods = [
        task.pod
        for task in world.run.tasks
        if task.pod and not task.pod_deleted and (pods_stay or not task.pod.terminal)
    ]
    again = restore(RUN, "etl-1", world.run.definition, status=world.stored, pods=pods, now=0.0, orders=Orders())
    restarted_ = World(again, now=world.now, stored=world.stored)
    restarted_.decide()
    assert restarted_.writes() == {}
    assert again.slots.live == world.run.slots.live
    assert [task_status(again, number) for number in range(2)] == [
        task_status(world.run, number) for number in range(2)
    ]


@pytest.mark.parametrize(
    ("orders", "ended", "asked", "starts"),
    [
        (Orders(RunLimits(leaf_failed=True)), {"a": "Failed", "b": "Succeeded"}, "Failed", []),
        (Orders(RunLimits(leaf_failed=True)), {"a": "Failed", "b": "Succeeded"}, "Succeeded", ["mend"]),
        (Orders(), {"a": "Failed", "b": "Succeeded"}, "Failed", ["mend"]),
        (Orders(state="Stopped"), {"a": "Succeeded", "b": "Stopped"}, "Failed", []),
        (Orders(state="Stopped"), {"a": "Succeeded", "b": "Stopped"}, "Stopped", ["mend"]),
    ],
)
def test_condition_of_a_finally_task_answers_by_what_the_run_is_told(orders, ended, asked, starts):
    mend = {"finally": True, "when": f"run.phase == '{asked}'"}
    definition = Definition.of(graph("a >> b; mend", b={"runIf": "AllDone"}, mend=mend))
    status = {"tasks": {name: {"phase": phase} for name, phase in ended.items()}}
    found = restore(RUN, "etl-1", definition, status=status, pods=[], now=0.0, orders=orders)
    assert World(found).starts() == starts


# Whether the process goes on or another restores the run, at any instant.


@pytest.mark.parametrize("order", ["a >> b", "b; a >> b"])
def test_numbers_from_outputs_are_known_wherever_their_task_stands_in_the_manifest(order):
    pools = {"pools": [{"name": "db", "slots": "$(tasks.a.outputs.n)"}]}
    reads = {"retries": {"limit": "$(tasks.a.outputs.n)"}, **pools}
    world = run(order, fields={"a": {"outputs": ["n"]}, "b": reads})
    world.run.shared.set_pool(PoolKey("team", "db"), 3)
    world.starts()
    world.ends("a", outputs="n=3")
    assert world.starts(1) == ["b"]
    world.sees("b", running())
    world.decide()
    world.writes()
    again = world.restarted()
    assert again.task("b").definition.pools == (("db", 3),)
    again.ends("b", 3)
    again.decide(1)
    assert again.steps["b"] is TaskStep.BACKOFF


@pytest.mark.parametrize("restarts", [False, True])
def test_null_is_an_output_of_an_item_as_any_other(restarts):
    fields = {
        "a": {"forEach": {"items": ["p", "q"]}, "outputs": ["k"]},
        "b": {"forEach": {"sameAs": "a"}, "args": ["$(tasks.a.outputs.k)"]},
    }
    world = run("a >> b", fields=fields)
    world.decide()
    world.writes()
    world.starts()
    world.ends("a[0]", outputs='{"k": null}')
    world.run.set_state("Suspended")
    world.decide(1)
    world.writes()
    if restarts:
        world = world.restarted()
    item = world.task("b[0]")
    assert values_of(world.run, item)["tasks.a.outputs.k"] == "null"
    assert lost_outputs(world.run, item) == ""


def test_items_without_outputs_take_no_room_of_those_that_have_some():
    """Though the lists that are stored say null of each."""
    world = run("a", fields={"a": {"outputs": ["k", "l"], "forEach": {"range": {"end": 50}, "parallelism": 2}}})
    world.decide()
    world.writes()
    world.starts()
    world.ends("a[0]", outputs="k=1\nl=2")
    world.decide(1)
    world.writes()
    again = world.restarted()
    sizes = [(each.run.tasks.fan_outs[0].output_bytes, each.run.output_bytes) for each in (world, again)]
    assert sizes[0] == sizes[1] != (0, 0)


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("retries", [{"infrastructure": 0}, {"execution": "AtMostOnce"}])
def test_who_is_stopped_by_the_runs_timeout_is_stopped_also_if_its_pod_goes_after_a_restart(retries, restarts):
    world = run("a", fields={"a": {"allowFailure": True, "retries": retries}}, timeout_s=60)
    for _ in range(2):  # an attempt that may start once is recorded first
        world.decide()
        world.writes()
    world.sees("a", running())
    assert world.decided(100) == ["delete a/1"]
    world.writes()
    world = world.restarted() if restarts else world
    world.loses("a", running())
    world.decide(1)
    assert (world.phases, world.writes()["phase"]) == ({"a": "Stopped"}, "Failed")


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    ("code", "fields", "phase"), [(3, {"allowFailure": True}, "Failed"), (9, {"skipExitCodes": [9]}, "Skipped")]
)
def test_a_program_that_had_ended_before_its_pod_was_to_go_ended_so(code, fields, phase, restarts):
    world = run("a", timeout_s=60, fields={"a": fields})
    world.starts()
    world.sees("a", running())
    world.decide()
    world.writes()
    assert world.decided(60) == ["delete a/1"]
    world = world.restarted() if restarts else world
    world.sees("a", being_deleted(exited(code, ended=58), asked=60))
    world.decide(1)
    assert world.phases == {"a": phase}


@pytest.mark.parametrize("items", [False, True])
def test_a_sensor_waits_for_its_next_try_as_before(items):
    fields = {"poll": {"every": "1h"}} | ({"forEach": {"items": ["x"]}} if items else {})
    unit = "a[0]" if items else "a"
    world = run("a", fields={"a": fields})
    world.decide()
    world.writes()
    world.starts()
    world.ends(unit, 75)
    world.decide(1)
    world.writes()
    again = world.restarted()
    assert again.decided(5) == []
    assert again.decided(600) == []
    assert again.decided(3000) == [f"create {unit}/2"]


def test_a_pod_whose_item_is_not_known_any_more_holds_what_it_held():
    over = {"forEach": {"from": "$(tasks.a.outputs.k)"}, "pools": [{"name": "db"}]}
    world = run("a >> f", fields={"a": {"outputs": ["k"]}, "f": over})
    world.starts()
    world.ends("a", outputs='k=["x"]')
    world.decide(1)
    world.writes()
    world.run.shared.set_pool(PoolKey("team", "db"), 1)
    assert world.starts(1) == ["f[0]"]
    pod = world.sees("f[0]", running())
    world.decide()
    world.writes()
    del world.stored["tasks"]["a"]["outputs"]
    again = world.restarted()
    assert again.phases["f"] == "Failed"
    assert again.run.tasks.with_claims(replace(pod, pools=())).pools == (("db", 1),)
