"""The run's message while it goes on: what asks a person, or holds up most tasks."""

from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from tests.core.kubelet import running, unschedulable
from tests.core.world import run


def message(world):
    world.decide()
    world.writes()
    return world.stored.get("message")


def test_tasks_on_their_way_are_no_obstacle():
    world = run("a >> b")
    world.starts()
    assert message(world) is None
    world.sees("a", running())
    assert message(world) is None


def test_the_commonest_reason_is_named_and_one_task_by_its_name():
    world = run("a, b, c, d", parallelism=2)
    world.starts()
    world.sees("a", unschedulable("0/3 nodes are available"))
    assert message(world) == "2 tasks: Parallelism: 2/2"
    world.sees("b", running())
    world.ends("b")
    world.starts()
    world.sees("c", running())
    assert message(world) == "a: Unschedulable: 0/3 nodes are available"


def test_what_asks_a_person_comes_first():
    world = run("a, b, c", parallelism=1, fields={"c": {"image": None, "approval": {"message": "go?"}}})
    world.starts()
    assert message(world).startswith("c: Approval: ")


def test_a_failure_comes_before_everything():
    world = run("a, b, c, d", parallelism=2)
    world.starts()
    world.ends("a", 3)
    assert message(world) == "task a failed: exit code 3"


def test_a_pool_is_named():
    shared = SharedLimits()
    shared.set_pool(PoolKey("team", "db"), 0)
    world = run("a", fields={"a": {"pools": [{"name": "db"}]}}, shared=shared)
    world.starts()
    assert message(world).startswith("a: Pool: db")


def test_it_goes_when_nothing_holds_up_any_more_and_is_the_same_after_a_restart():
    world = run("a, b", parallelism=1)
    world.starts()
    world.sees("a", running())
    assert message(world) == "b: Parallelism: 1/1"
    again = world.restarted()
    assert message(again) == "b: Parallelism: 1/1"
    again.ends("a")
    again.starts()
    assert message(again) is None
