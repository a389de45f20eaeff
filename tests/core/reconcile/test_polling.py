"""Sensors: what is tried until it no longer says "not yet"."""

import pytest

from sluice.core.pod.create_errors import CreateError
from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.run.retries import RetriesUsed
from sluice.core.run.spent_pods import is_spent
from sluice.core.run.task_state import TaskStep
from sluice.core.status.reasons import Reason, reason
from tests.core.kubelet import RUN, START, at, being_deleted, exited, running, unschedulable
from tests.core.world import World, run

NOT_YET = 75


def sensor(text="a >> b", *, state="Running", parallelism=None, **fields):
    task = {"poll": {"every": "30s", "timeout": "100s"}, "retries": {"limit": 1, "infrastructure": 1}} | fields
    return run(text, fields={"a": task}, state=state, parallelism=parallelism)


def tries(world, code=NOT_YET, *, lasts=0):
    """One try, in the second in which it starts or a while later."""
    world.starts()
    world.sees("a", running(world.now - START))
    world.decide()
    world.now += lasts
    world.sees("a", exited(code, started=world.now - START - lasts, ended=world.now - START))
    return world.decide()


def ended(world):
    return (world.phases["a"], reason(world.run, 0))


def test_not_yet_is_tried_again_after_a_while_and_costs_nothing():
    world = sensor()
    assert tries(world).wake_at == START + 30
    assert world.decided(after=29) == []
    assert world.decided(after=1) == ["create a/2"]
    assert world.task("a").used == RetriesUsed()


def test_success_ends_it():
    world = sensor()
    tries(world)
    world.now += 30
    tries(world, 0)
    assert world.phases["a"] == "Succeeded"
    assert world.steps["b"] is TaskStep.CREATING


def test_without_poll_75_is_an_error_like_any_other():
    world = run("a")
    world.starts()
    world.ends("a", NOT_YET)
    world.decide()
    assert ended(world) == ("Failed", Reason("Error", "exit code 75"))


def test_reason_says_how_often_and_when_again():
    world = sensor()
    tries(world)
    assert reason(world.run, 0).text == "Polling: not yet, 1 try; next at 00:00:30Z"
    world.now += 30
    tries(world)
    assert reason(world.run, 0) == Reason("Polling: not yet, 2 tries; next at 00:01:00Z")


def test_between_two_tries_no_slot_is_held():
    world = sensor("a, b", parallelism=1)
    decision = tries(world)
    assert [world.name(create.number) for create in decision.create] == ["b"]


# Retries.


def test_other_endings_are_paid_for():
    world = sensor()
    tries(world, 1)
    assert world.task("a").used == RetriesUsed(limit=1)
    world.now += 1
    tries(world, 1)
    assert ended(world) == ("Failed", Reason("Error: 1 of 1 retries used", "exit code 1"))


def test_retries_are_counted_anew_after_a_not_yet():
    world = sensor(poll={"every": "30s"})
    for code, pause in [(1, 1), (NOT_YET, 30), (1, 1), (NOT_YET, 30), (1, 1)]:
        tries(world, code)
        world.now += pause
    assert world.phases["a"] == "Pending"


def test_eviction_is_no_not_yet():
    world = sensor()
    world.starts()
    world.loses("a", being_deleted(exited(NOT_YET, ended=10), asked=5))
    world.decide()
    assert world.task("a").used == RetriesUsed(infrastructure=1)


# Its time.


def test_time_runs_from_the_start_of_the_first_try():
    world = sensor()
    world.starts()
    world.sees("a", unschedulable())
    world.decide()
    world.now += 1000
    for _ in range(3):
        tries(world)
        world.now += 30
    tries(world)  # after 90 s; the next would be after 120
    assert ended(world) == ("Failed", Reason("Timeout", "not yet after 4 tries in 100s"))
    assert world.phases["b"] == "UpstreamFailed"


def test_without_a_timeout_it_goes_on():
    world = sensor(poll={"every": "30s"})
    for _ in range(100):
        tries(world)
        world.now += 3000
    assert world.phases["a"] == "Pending"


def test_try_that_runs_when_the_time_is_up_is_ended():
    world = sensor()
    world.starts()
    world.sees("a", running(0))
    assert world.decide().wake_at == START + 100
    assert world.decided(after=100) == ["delete a/1"]
    assert world.decided(after=100) == []
    world.loses("a", being_deleted(running(0), asked=100))
    world.decide()
    assert ended(world) == ("Failed", Reason("Timeout", "not yet after 0 tries in 100s"))


GIVES_UP = {"every": "30s", "timeout": "100s", "onTimeout": "Skip"}


@pytest.mark.parametrize("limit", [0, 9])
@pytest.mark.parametrize("when", ["BACKOFF", "READY", "LIVE"])
def test_a_sensor_that_gives_up_is_skipped_and_not_failed_if_it_says_so(when, limit):
    world = sensor("a, c; a >> b", poll=GIVES_UP, retries={"limit": limit}, parallelism=1)
    tries(world)  # c has the slot after it
    if when == "LIVE":
        world.ends("c")
        world.starts(after=30)
        world.sees("a", running(30))
        assert world.decided(after=70) == ["delete a/2"]
        world.loses("a", being_deleted(exited(143, started=30, ended=101), asked=100))
    elif when == "READY":
        world.decide(after=30)
    world.decide(after=100)
    assert ended(world) == ("Skipped", Reason("Skipped: not yet after 1 try in 100s"))
    assert world.phases["b"] == "Skipped"


def test_a_sensor_that_gives_up_after_a_try_that_leaves_no_time_for_another_is_skipped():
    world = sensor(poll=GIVES_UP)
    for _ in range(3):
        tries(world)
        world.now += 30
    tries(world)
    assert ended(world)[0] == "Skipped"
    world.writes()
    assert world.restarted().phases == {"a": "Skipped", "b": "Skipped"}


@pytest.mark.parametrize(("code", "limit"), [(1, 0), (75, 0)])
def test_what_fails_before_the_time_is_up_has_failed_all_the_same(code, limit):
    world = sensor(poll=GIVES_UP, retries={"limit": limit})
    tries(world, code)
    assert world.phases["a"] == ("Failed" if code == 1 else "Pending")


def test_try_that_succeeds_as_it_is_ended_is_a_success():
    world = sensor()
    world.starts()
    world.sees("a", running(0))
    world.decide()
    world.decide(after=100)
    world.loses("a", being_deleted(exited(0, started=0, ended=99), asked=100))
    world.decide()
    assert world.phases["a"] == "Succeeded"


def test_try_that_waits_for_a_slot_ends_when_the_time_is_up():
    world = sensor("a, b", parallelism=1)
    tries(world)
    world.sees("b", running())
    assert world.decided(after=30) == []
    assert world.steps["a"] is TaskStep.READY
    assert world.decided(after=70) == []
    assert ended(world)[0] == "Failed"
    world.ends("b")
    assert world.decide().finished


def test_try_that_is_being_made_when_the_time_is_up_is_ended_once_it_is_there():
    world = sensor()
    tries(world)
    assert world.decided(after=30) == ["create a/2"]
    assert world.decided(after=70) == []
    world.sees("a", running(100))
    assert world.decided(after=1) == ["delete a/2"]


def test_try_that_is_refused_when_the_time_is_up_has_failed():
    world = sensor()
    tries(world)
    world.decide(after=30)
    world.decide(after=70)
    world.refuses("a", CreateError.QUOTA)
    world.decide(after=1)
    assert ended(world)[0] == "Failed"


def test_last_words_of_a_try_that_fails_when_there_is_no_time_for_another():
    world = sensor()
    tries(world, lasts=1)
    world.now += 30
    tries(world, 3, lasts=68)
    assert ended(world) == ("Failed", Reason("Timeout", "not yet after 1 try in 100s; the last: exit code 3"))


# What stays.


def test_pods_of_tries_go_once_their_end_is_recorded_but_for_the_last():
    world = sensor()
    tries(world)
    (pod,) = world.run.stored.ended_pods
    assert is_spent(world.run, pod)
    for _ in range(3):
        world.now += 30
        tries(world)
    assert [is_spent(world.run, pod) for pod in world.run.stored.ended_pods] == [True, True, True, False]


@pytest.mark.parametrize("code", [0, 1])
def test_pods_of_other_endings_stay_for_their_logs(code):
    world = sensor()
    tries(world, code)
    assert [is_spent(world.run, pod) for pod in world.run.stored.ended_pods] == [False]


def test_status_says_since_when_and_how_often_and_does_not_grow():
    world = sensor(poll={"every": "30s"})
    tries(world)
    world.writes()
    first = world.stored["tasks"]["a"]
    assert first["poll"] == {"since": at(0), "tries": 1}
    assert (first["exitCode"], first["retryAt"]) == (NOT_YET, at(30))
    for _ in range(50):
        world.now += 30
        tries(world)
        world.writes()
    assert world.stored["tasks"]["a"].keys() == first.keys()
    assert len(world.run.timers._heap) < 5


def test_memory_does_not_grow_with_the_tries_either():
    world = sensor(poll={"every": "30s", "timeout": "7d"}, timeout="60s")
    for _ in range(50):
        tries(world)
        world.now += 30
        world.decide()
    assert len(world.run.timers._heap) < 10


def test_restart_goes_on_with_the_same_time_and_the_same_count():
    world = sensor()
    tries(world)
    world.writes()
    world = world.restarted()
    assert world.decided(after=30) == ["create a/2"]
    world.sees("a", running(30))
    world.decide()
    world.writes()
    world = world.restarted()
    assert world.decide().wake_at == START + 100
    world.ends("a", NOT_YET)
    world.decide(after=50)
    assert ended(world) == ("Failed", Reason("Timeout", "not yet after 2 tries in 100s"))


@pytest.mark.parametrize("every", ["30s", "1s"])
def test_tries_that_were_not_recorded_are_counted_after_a_restart(every):
    world = sensor(poll={"every": every, "timeout": "100s"})
    (definition, _) = world.run.definition.tasks
    pods = [
        world.pod("a", exited(NOT_YET, started=5, ended=6), attempt=1),
        world.pod("a", exited(NOT_YET, started=40, ended=41), attempt=2),
        world.pod("a", running(80), attempt=3),
    ]
    found = restore(RUN, "etl-1", world.run.definition, status={}, pods=pods, now=0.0, orders=Orders())
    assert definition.name == "a"
    assert (found.tasks[0].polling.since, found.tasks[0].polling.tries) == (START + 5, 2)
    assert found.tasks[0].used == RetriesUsed()
    assert [is_spent(found, pod) for pod in pods] == [True, True, False]
    assert World(found, now=START + 90).decide().wake_at == START + 105


def test_items_of_a_fan_out_poll_each_for_itself_and_a_restart_knows_how_far_they_are():
    world = run("a", fields={"a": {"forEach": {"items": ["x", "y"]}, "poll": {"every": "30s", "timeout": "100s"}}})
    world.decide()
    world.writes()
    world.starts()
    world.ends("a[0]", NOT_YET)
    world.sees("a[1]", running(20))
    world.loses("a[1]", running(20))
    world.decide()
    world.writes()
    items = world.stored["tasks"]["a"]["items"]
    assert (items["pollSince"], items["pollTries"]) == ({at(2): "0", at(20): "1"}, {"1": "0"})
    assert items["avoidNode"] == {"node-1": "1"}
    again = world.restarted()
    for item in ("a[0]", "a[1]"):
        assert again.task(item).polling == world.task(item).polling
        assert again.task(item).avoid_node == world.task(item).avoid_node
    assert again.starts(after=1) == ["a[1]"]
    assert again.starts(after=29) == ["a[0]"]
    assert again.decided(after=71.9) == []
    assert again.decided(after=0.1) == ["delete a[0]/2"]
