"""`deadline`: all attempts of a task, and what is between them."""

from dataclasses import replace

import pytest

from sluice.core.base.naming import FIRST_STARTED_AT
from sluice.core.pod.builder import build_pod
from sluice.core.pod.view import pod_view
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.run.task_state import TaskStep
from sluice.core.status.reasons import Reason, reason
from tests.core.kubelet import RUN, START, TASK, at, exited, past_deadline, pod, running, turned_away, unschedulable
from tests.core.world import World, run

BACKOFF = {"limit": 9, "backoff": {"initial": "10s", "factor": 1}}
WORDS = "was not done by its deadline, 100s after its first start"


def bound(text="a >> b", **fields):
    return run(text, fields={"a": {"deadline": "100s", "retries": BACKOFF} | fields})


def fails(world, task="a", *, lasts=4):
    """An attempt that is placed now, and fails a while later."""
    world.starts()
    placed = world.now - START
    world.sees(task, running(placed, placed=placed))
    world.decide()
    world.now += lasts
    world.sees(task, exited(1, started=placed, ended=world.now - START) | {"startTime": at(placed)})
    world.decide()


def ended(world, task="a"):
    return (world.task(task).phase, reason(world.run, world.number(task)))


def test_it_counts_from_the_first_start_and_ends_the_task_whatever_retries_are_left():
    world = bound()
    world.starts()
    world.sees("a", unschedulable())
    world.decide(after=5000)  # a full cluster is no failure
    for _ in range(7):
        fails(world)  # after 4, 18, ... 88 s; the next attempt would end the backoff after 98 s
        assert world.steps["a"] is TaskStep.BACKOFF
        world.now += 10
    fails(world, lasts=1)  # after 99 s: the backoff would end too late
    assert ended(world) == ("Failed", Reason("Timeout", f"{WORDS}; the last: exit code 1"))
    assert world.phases["b"] == "UpstreamFailed"


def test_what_does_not_come_to_run_again_in_time_has_failed():
    world = bound()
    fails(world)
    world.starts(after=10)
    world.sees("a", unschedulable())
    assert world.decided(after=85) == []
    assert world.decided(after=1) == ["delete a/2"]
    world.loses("a", unschedulable())
    world.decide()
    assert ended(world) == ("Failed", Reason("Timeout", WORDS))


@pytest.mark.parametrize("wait", ["BACKOFF", "READY"])
def test_no_attempt_begins_after_it(wait):
    world = run("a, c", fields={"a": {"deadline": "100s", "retries": BACKOFF}}, parallelism=1)
    fails(world)
    if wait == "READY":
        world.decide(after=10)  # c has the only slot
    assert world.steps["a"].name == wait
    world.decide(after=100)
    assert ended(world) == ("Failed", Reason("Timeout", WORDS))


def test_the_kubelet_is_left_to_end_the_pod_and_the_operator_is_the_backstop():
    world = bound(retries={})
    world.starts()
    world.sees("a", running(0, placed=0))
    world.decide()
    assert world.decided(after=100) == []
    assert world.decided(after=59) == []
    assert world.decided(after=1) == ["delete a/1"]


def test_a_first_attempt_that_its_node_cuts_off_is_not_tried_again():
    world = bound()
    world.starts()
    world.sees("a", running(1, placed=0))
    world.decide(after=99)
    world.sees("a", past_deadline(exited(143, started=1, ended=100) | {"startTime": at(0)}))
    world.decide()  # the operator's clock is a second behind
    assert ended(world) == ("Failed", Reason("Timeout", WORDS))


def test_a_program_that_ends_well_after_it_was_late():
    world = bound()
    fails(world)
    world.starts(after=10)
    world.sees("a", running(60, placed=60))  # it stood in a queue for so long that its node lets it go on
    world.decide()
    world.sees("a", exited(0, started=60, ended=101))
    world.decide(after=150)
    assert ended(world)[0] == "Failed"


def test_a_program_that_ends_well_in_time_has_succeeded_however_late_that_is_seen():
    world = bound()
    world.starts()
    world.sees("a", exited(0, started=2, ended=90))
    world.decide(after=5000)
    assert world.phases["a"] == "Succeeded"


def test_a_node_that_turns_the_first_attempt_away_starts_no_clock():
    world = bound()
    world.starts()
    world.sees("a", turned_away("OutOfcpu", "no room"))
    world.decide()
    assert world.task("a").first_started_at is None


@pytest.mark.parametrize(
    ("fields", "first", "after", "allowed"),
    [
        ({"deadline": "1h"}, None, 50, 3600),
        ({"deadline": "1h", "timeout": "10m"}, None, 50, 600),
        ({"deadline": "1h", "timeout": "2h"}, None, 50, 3600),
        ({"deadline": "1h", "timeout": "10m"}, 0, 50, 600),
        ({"deadline": "1h", "timeout": "10m"}, 0, 3500, 100),
        ({"deadline": "1h"}, 0, 3599.5, 1),
        ({"deadline": "1h"}, 0, 9999, 1),  # the API server takes no 0
        ({"timeout": "10m"}, None, 50, 600),
    ],
)
def test_the_pod_has_the_earlier_of_both_as_known_when_it_is_made(fields, first, after, allowed):
    task = run("a", fields={"a": fields}).task("a").definition
    first_at = None if first is None else START + first
    made = build_pod(RUN, task, 2, first_started_at=first_at, now=START + after)
    assert made["spec"]["activeDeadlineSeconds"] == allowed
    assert made["metadata"]["annotations"].get(FIRST_STARTED_AT) == (None if first is None else at(first))


def test_a_polling_task_has_both_limits_and_the_earlier_counts():
    world = bound(poll={"every": "30s", "timeout": "1h"})
    for _ in range(3):
        world.starts()
        world.sees("a", exited(75, started=world.now - START, ended=world.now - START))
        world.decide()
        world.now += 30
    assert world.phases["a"] == "Pending"
    world.starts()
    world.sees("a", exited(75, started=90, ended=90))
    world.decide()
    assert ended(world)[1].message == f"{WORDS}; the last: exit code 75"


def test_of_a_sub_workflow_the_run_is_stopped():
    world = run("a", fields={"a": {"deadline": "100s", "workflow": {"name": "child"}, "retries": BACKOFF}})
    world.starts()
    world.sees_child("a", "Running", startedAt=at(0))
    world.decide()
    child = world.run.tasks.pod_name(0)
    world.decide(after=99)
    assert world.run.children.desired_state(child, "Running") == ("Running", "")
    world.decide(after=1)
    assert world.run.children.desired_state(child, "Running") == ("Stopped", WORDS)
    world.sees_child("a", "Stopped", startedAt=at(0), finishedAt=at(101))
    world.decide()
    assert ended(world) == ("Failed", Reason("Timeout", WORDS))


# After a restart.


def test_the_first_start_stands_in_the_status_while_it_counts():
    world = bound()
    fails(world)
    world.writes()
    assert world.stored["tasks"]["a"]["firstStartedAt"] == at(0)
    again = world.restarted()
    assert again.decided(after=5) == []
    again.decide(after=91)  # nothing else would have woken it
    fails(again)
    assert ended(again)[0] == "Failed"


def restored(world, *pods, status=None):
    definition = world.run.definition
    run_ = restore(
        RUN, "etl-1", definition, status=status or {"startedAt": at(-10)}, pods=pods, now=world.now, orders=Orders()
    )
    return World(run_, START + 50)


def later_attempt(first, *, made=20):
    body = pod(running(30, placed=29), replace(TASK, deadline_s=100), 2)
    body["metadata"] |= {"creationTimestamp": at(made), "annotations": {FIRST_STARTED_AT: first}}
    return pod_view(body)


@pytest.mark.parametrize(
    ("first", "counts_from"),
    [
        (at(5), 5),
        (at(70), 20),  # nobody can have written a time that had not come
        (at(-5000), -10),  # nor one before the run
        ("tomorrow", 29),
    ],
)
def test_killed_before_anything_was_written_the_later_pod_knows_within_what_can_be(first, counts_from):
    world = restored(bound(), later_attempt(first))
    assert world.task("a").first_started_at == START + counts_from


def test_the_first_pod_itself_knows_better_than_what_a_later_one_says():
    world = bound()
    world.starts()
    earlier = world.sees("a", exited(1, ended=10))
    assert restored(world, earlier, later_attempt(at(15))).task("a").first_started_at == START + 1


def test_the_status_knows_better_than_any_pod():
    status = {"startedAt": at(-10), "tasks": {"a": {"phase": "Running", "attempt": 2, "firstStartedAt": at(3)}}}
    world = restored(bound(), later_attempt(at(15)), status=status)
    assert world.task("a").first_started_at == START + 3
    assert world.decided() == []
    world.decide(after=53)
    assert world.decided(after=60) == ["delete a/2"]  # its node did not end it


def test_items_have_it_each_for_itself_and_a_restart_knows():
    world = bound("a", forEach={"items": ["x", "y"]})
    world.decide()
    world.writes()
    fails(world, "a[0]")
    world.decide(after=26)
    world.sees("a[1]", running(30, placed=30))
    world.decide()
    world.writes()
    assert world.stored["tasks"]["a"]["items"]["firstStartedAt"] == {at(0): "0", at(30): "1"}
    again = world.restarted()
    assert [again.task(f"a[{index}]").first_started_at for index in (0, 1)] == [START, START + 30]
    again.decide(after=100)
    assert again.task("a[0]").phase == "Failed"
    assert again.task("a[1]").phase != "Failed"
