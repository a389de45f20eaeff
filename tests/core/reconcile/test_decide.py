"""Stories of one run: what was seen, and what was decided."""

import pytest

from sluice.core.spec.run_limits import RunLimits
from sluice.core.status.run_status import compose
from tests.core.counting import calls
from tests.core.kubelet import START, being_deleted, running, unschedulable, waiting
from tests.core.world import run

# Starting.


@pytest.mark.parametrize(
    ("text", "stands", "starts"),
    [
        ("a", {}, ["create a/1"]),
        ("a, b, c >> d", {}, ["create a/1", "create b/1", "create c/1"]),
        ("a, b, c >> d", {"a": "Succeeded", "b": "Succeeded"}, ["create c/1"]),
        ("a, b, c >> d", {"a": "Succeeded", "b": "Succeeded", "c": "Succeeded"}, ["create d/1"]),
        ("a >> b; c >> b", {"a": "Succeeded"}, ["create c/1"]),
        ("a >> b", {"a": "Running"}, []),
    ],
)
def test_what_is_ready_starts_at_once(text, stands, starts):
    assert run(text, **stands).decided() == starts


def test_end_of_a_task_starts_its_dependents_in_the_same_decision():
    world = run("a >> b, c")
    world.starts()
    world.ends("a")
    assert world.decided() == ["create b/1", "create c/1"]


def test_deciding_twice_asks_for_nothing_twice():
    world = run("a, b >> c")
    assert world.decided() == ["create a/1", "create b/1"]
    assert world.decided() == []
    world.sees("a", running())
    world.sees("b", waiting("ErrImagePull"))
    assert world.decided() == []
    assert world.decided(after=3600) == ["delete b/1"]
    assert world.decided(after=3600) == []


def test_run_finishes_when_its_last_task_has_ended():
    world = run("a >> b", timeout_s=3600)
    assert world.decide().wake_at == START + 3600
    for task in "ab":
        world.starts()
        world.ends(task)
    decision = world.decide(after=7)
    assert (decision.finished, decision.wake_at) == (True, None)
    assert (world.run.identity.started_at, world.run.finished_at) == (START, START + 7)
    assert world.decide(after=7).finished
    assert world.run.finished_at == START + 7


# The cap.


def test_cap_holds_and_tasks_start_in_the_order_of_the_manifest():
    world = run("c, a, b, d", parallelism=2)
    assert world.starts() == ["c", "a"]
    assert world.starts() == []
    world.ends("a")
    assert world.starts() == ["b"]


def test_slot_is_held_until_the_pod_has_ended():
    world = run("a, b", parallelism=1)
    world.starts()
    for status in (unschedulable(), waiting("ContainerCreating"), running(), being_deleted(running())):
        world.sees("a", status)
        assert world.starts() == []
    world.loses("a", being_deleted(running()))
    assert world.starts() == ["b"]


def test_pod_that_is_only_asked_for_holds_a_slot_too():
    world = run("a, b", parallelism=1)
    assert world.decided() == ["create a/1"]
    assert world.decided() == []


def test_raised_cap_lets_more_through_and_a_lowered_one_ends_nothing():
    world = run("a, b, c, d", parallelism=1)
    world.starts()
    world.run.set_limits(RunLimits(3))
    assert world.starts() == ["b", "c"]
    world.run.set_limits(RunLimits(1))
    assert world.decided() == []
    for task in "abc":
        world.ends(task)
    assert world.starts() == ["d"]


# What failed, and what follows.


@pytest.mark.parametrize(
    ("text", "phases"),
    [
        ("a >> b", {"b": "UpstreamFailed"}),
        ("a >> b >> c >> d", {"b": "UpstreamFailed", "c": "UpstreamFailed", "d": "UpstreamFailed"}),
        ("a, x >> b", {"b": "UpstreamFailed", "x": "Pending"}),  # at once: x has not ended
        ("a >> b; x >> y", {"b": "UpstreamFailed", "x": "Pending", "y": "Pending"}),  # others go on
    ],
)
def test_failure_reaches_all_that_wait_for_it(text, phases):
    world = run(text)
    world.starts()
    world.ends("a", 1)
    world.decide()
    assert world.phases == {"a": "Failed"} | phases


def test_failure_that_reaches_a_task_twice_ends_it_once():
    world = run("a >> b; a >> c >> b")  # b ends for a, and once more for c, which ended for a as well
    world.starts()
    world.ends("a", 1)
    assert world.decide().finished
    assert world.run.counts.by_phase == {"Failed": 1, "UpstreamFailed": 2}


def test_failure_reaches_the_end_of_a_chain_of_2000():
    chain = " >> ".join(f"t{number}" for number in range(2000))
    world = run(chain)
    world.starts()
    world.ends("t0", 1)
    assert world.decide().finished
    assert world.phases["t1999"] == "UpstreamFailed"


def test_failed_attempt_is_made_again_after_its_backoff():
    world = run("a >> b", fields={"a": {"retries": {"limit": 2}}})
    world.starts()
    world.ends("a", 1)
    decision = world.decide()
    assert (decision.create, decision.wake_at) == ([], START + 1)
    assert world.decided(after=1) == ["create a/2"]
    world.ends("a", 1)
    assert world.decide().wake_at == START + 1 + 2
    assert world.decided(after=1.9) == []
    assert world.decided(after=0.1) == ["create a/3"]
    world.ends("a", 1)
    assert world.decide().finished
    assert world.phases == {"a": "Failed", "b": "UpstreamFailed"}


def test_retry_that_succeeds_is_a_success():
    world = run("a >> b", fields={"a": {"retries": {"limit": 1}}})
    world.starts()
    world.ends("a", 1)
    world.decide()
    world.starts(after=1)
    world.ends("a")
    assert world.decided() == ["create b/1"]


def test_task_between_two_attempts_holds_no_slot():
    world = run("a, b", parallelism=1, fields={"a": {"retries": {"limit": 1}}})
    world.starts()
    world.ends("a", 1)
    assert world.starts() == ["b"]


def test_old_deadline_does_not_cut_a_backoff_short():
    world = run("a", fields={"a": {"timeout": "10s", "retries": {"limit": 9}}})
    for delay in (1, 2, 4, 8, 16, 32, 64, 128):
        world.starts()
        world.sees("a", running(placed=world.now - START))
        world.decide()
        world.ends("a", 1)
        world.decide()
        assert world.decided(after=delay - 0.1) == []
        world.now += 0.1


# What it costs.


def one_event(tasks):
    world = run(", ".join(f"t{number}" for number in range(tasks)))
    world.starts()
    world.decide()
    world.writes()
    pod = world.pod("t7", running())

    def event():
        world.run.pods.observe(pod)
        world.decide()
        compose(world.run, world.stored, 1, world.now)

    return event


def test_event_costs_the_same_in_a_run_of_20_and_of_2000_tasks():
    assert calls(one_event(2000)) == calls(one_event(20))


def test_end_costs_as_much_as_there_are_dependents():
    def end(dependents):
        world = run("a >> " + ", ".join(f"t{number}" for number in range(dependents)), parallelism=1)
        world.starts()
        world.ends("a")
        return calls(world.decide)

    assert end(400) < 5 * end(100)
