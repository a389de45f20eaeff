"""The clock is set back by an hour in the middle of a wait: nobody waits for an hour more."""

from collections.abc import Callable

import pytest

from sluice.core.pod.create_errors import CreateError
from tests.core.counting import calls
from tests.core.kubelet import START, accepted, at, exited, running, unschedulable
from tests.core.reconcile.test_kueue import gated
from tests.core.world import World, run

HOUR = 3600.0


def retry() -> World:
    world = run("a", fields={"a": {"retries": {"limit": 1, "backoff": {"initial": "20s"}}}})
    world.starts()
    world.ends("a", 1)
    return world


def poll() -> World:
    world = run("a", fields={"a": {"poll": {"every": "20s"}}})
    world.starts()
    world.sees("a", running(world.now - START))
    world.decide()
    world.sees("a", exited(75, started=world.now - START, ended=world.now - START))
    return world


def refused() -> World:
    world = run("a")
    world.decide()
    world.refuses("a", CreateError.FORBIDDEN)
    return world


def quota() -> World:
    world = run("a")
    world.decide()
    world.refuses("a")
    return world


def wait() -> World:
    return run("a >> b", fields={"a": {"wait": {"for": "20s"}}})


def approval() -> World:
    return run("a >> b", fields={"a": {"approval": {"timeout": "20s"}}, "b": {"runIf": "OneFailed"}})


CASES = pytest.mark.parametrize(
    ("begins", "lasts_s", "then"),
    [
        (retry, 20, "create a/2"),
        (poll, 20, "create a/2"),
        (refused, 0.5, "create a/1"),
        (quota, 0.5, "create a/1"),
        (wait, 20, "create b/1"),
        (approval, 20, "create b/1"),
    ],
)


@CASES
def test_a_wait_is_over_after_its_own_length(begins: Callable[[], World], lasts_s: float, then: str):
    world = begins()
    world.decide()
    assert world.decided(after=-HOUR) == []
    due_at = world.decide().wake_at
    assert due_at is not None
    assert due_at - world.now <= lasts_s
    assert world.decided(after=lasts_s) == [then]


@CASES
def test_so_it_is_if_the_operator_starts_anew_meanwhile(begins: Callable[[], World], lasts_s: float, then: str):
    world = begins()
    world.decide()
    world.writes()
    world = world.restarted()
    world.now -= HOUR
    assert (world.decided() or world.decided(after=lasts_s)) == [then]  # a refusal is not in the status


def test_who_is_refused_gives_up_as_long_after_it():
    world = refused()
    for second in range(0, 660, 5):
        world.now -= HOUR if second == 50 else 0
        world.decide(after=5)
        world.refuses("a", CreateError.FORBIDDEN)
    world.decide()
    assert world.phases["a"] == "Failed"


def test_a_pod_whose_gate_was_lifted_has_as_long_as_any_to_find_a_node():
    world = run("a", fields={"a": {"pendingTimeout": "10m"}})
    world.starts()
    for status in (accepted(), gated(), unschedulable()):
        world.sees("a", status)
        world.decide()
    assert world.decided(after=-HOUR) == []
    assert world.decided(after=600) == ["delete a/1"]


def test_until_is_an_instant_whatever_the_clock_said_before():
    world = run("a >> b", fields={"a": {"wait": {"until": at(20)}}})
    world.decide()
    assert world.decided(after=-HOUR) == []
    assert world.decided(after=HOUR) == []
    assert world.decided(after=20) == ["create b/1"]


def test_looks_while_the_clock_goes_on_do_not_look_at_all_tasks():
    def cost(tasks: int) -> int:
        world = run("; ".join(f"t{number}" for number in range(tasks)), parallelism=1)
        world.starts()
        world.decide()
        return calls(lambda: world.decide(after=1))

    assert cost(500) == cost(50)
