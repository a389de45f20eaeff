"""Stories of runs that share pools: what was seen, and what was decided."""

import pytest

from sluice.core.pod.create_errors import CreateError
from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.spec.run_limits import RunLimits
from sluice.core.status.run_status import task_status
from tests.core.counting import calls
from tests.core.kubelet import being_deleted, running, unschedulable
from tests.core.world import run

WAREHOUSE = PoolKey("team", "warehouse")
ONE = {"pools": [{"name": "warehouse"}]}
TWO = {"pools": [{"name": "warehouse", "slots": 2}]}


class Shared(SharedLimits):
    """`slots` of the pool warehouse. `woken` are the runs that were called."""

    def __init__(self, slots=None, **caps):
        super().__init__(wake=lambda run: self.woken.append(run.name), **caps)
        self.woken = []
        self.set_pool(WAREHOUSE, slots)

    @property
    def used(self):
        return self.usage(WAREHOUSE).used


def loads(shared, text="a, b, c", *, name="etl-1", **more):
    """A run whose tasks all want one slot of the warehouse."""
    return run(text, fields={"every": {}} | dict.fromkeys("abc", ONE), shared=shared, name=name, **more)


def why(world, task):
    return task_status(world.run, world.number(task)).get("reason")


def test_never_more_at_once_than_there_are_slots():
    world = loads(Shared(2))
    assert world.starts() == ["a", "b"]
    assert world.starts() == []
    world.ends("a")
    assert world.starts() == ["c"]


def test_task_that_waits_for_a_pool_holds_up_no_other():
    world = run("a, b, c", fields={"a": ONE, "b": ONE}, shared=Shared(1), parallelism=2)
    assert world.starts() == ["a", "c"]


def test_pod_says_what_it_holds():
    world = run("a", fields={"a": TWO}, shared=Shared(2))
    world.starts()
    assert world.task("a").pod.pools == (("warehouse", 2),)


@pytest.mark.parametrize("status", [unschedulable(), running(), being_deleted(running())])
def test_slot_is_held_while_the_pod_may_run(status):
    world = loads(Shared(1), "a, b")
    world.starts()
    world.sees("a", status)
    assert world.starts() == []
    world.loses("a", being_deleted(running()))
    assert world.starts() == ["b"]


def test_between_two_attempts_nothing_is_held():
    world = run("a, b", fields={"a": ONE | {"retries": {"limit": 1}}, "b": ONE}, shared=Shared(1))
    world.starts()
    world.ends("a", 1)
    assert world.starts() == ["b"]
    assert world.starts(after=60) == []
    world.ends("b")
    assert world.starts() == ["a"]


# Two runs.


def test_slot_goes_from_run_to_run():
    shared = Shared(1)
    first, second = loads(shared, "a", name="first"), loads(shared, "a", name="second")
    assert first.starts() == ["a"]
    assert second.starts() == []
    first.ends("a")
    assert shared.woken == ["second"]
    assert second.starts() == ["a"]


def test_higher_priority_goes_first_and_may_change():
    shared = Shared(1)
    holder, low, high = (loads(shared, "a", name=name) for name in ("holder", "low", "high"))
    high.run.set_limits(RunLimits(priority=1))
    for world in (holder, low, high):
        world.starts()
    low.run.set_limits(RunLimits(priority=2))
    low.decide()
    holder.ends("a")
    assert shared.woken == ["low"]


def full(world):
    world.run.set_limits(RunLimits(parallelism=1))


@pytest.mark.parametrize(
    "leave",
    [
        lambda world: world.run.set_state("Suspended"),
        lambda world: world.run.set_state("Stopped"),
        lambda world: world.run.close(),
        full,
    ],
    ids=["suspended", "stopped", "closed", "at its own cap"],
)
def test_run_that_could_not_start_its_task_stands_in_nobodys_way(leave):
    shared = Shared(2)
    holder, leaver = loads(shared, "a", name="holder"), run("x, a", fields={"a": TWO}, shared=shared)
    holder.starts()
    assert leaver.starts() == ["x"]
    other = loads(shared, "a", name="other")
    leave(leaver)
    if not leaver.run.closed:
        leaver.decide()
    assert other.starts() == ["a"]


def test_own_cap_that_has_room_again_brings_the_task_back_into_the_line():
    shared = Shared(1)
    holder, world = loads(shared, "a", name="holder"), run("x, a", fields={"a": ONE}, shared=shared, parallelism=1)
    holder.starts()
    assert world.starts() == ["x"]
    world.ends("x")
    world.decide()
    holder.ends("a")
    assert shared.woken == [world.run.identity.name]
    assert world.starts() == ["a"]


# What is not made holds nothing.


def test_quota_gives_the_slot_back():
    shared = Shared(1)
    first, second = loads(shared, "a", name="first"), loads(shared, "a", name="second")
    first.decide()
    first.refuses("a", CreateError.QUOTA)
    assert shared.used == 0
    assert second.starts() == ["a"]
    assert first.starts(after=60) == []


def test_task_that_was_refused_goes_behind_the_others_of_its_run():
    shared = Shared(2)
    world = run("a, b", fields={"a": TWO, "b": ONE}, shared=shared)
    holder = loads(shared, "a, b", name="holder", priority=1)
    assert world.decided() == ["create a/1"]
    world.refuses("a", CreateError.POD_SECURITY)
    assert holder.starts() == ["a", "b"]
    assert world.decided() == []
    for task in "ab":
        holder.ends(task)
    assert world.decided() == ["create b/1"]
    assert world.decided() == []


def test_suspension_right_before_the_pod_is_made_gives_the_slot_back():
    shared = Shared(1)
    world = loads(shared, "a")
    (create,) = world.decide().create
    world.run.set_state("Suspended")
    assert not create.proceed()
    assert shared.used == 0


def test_task_that_may_start_once_holds_its_slot_from_before_it_is_recorded():
    shared = Shared(1)
    world = run("a", fields={"a": ONE | {"retries": {"execution": "AtMostOnce"}}}, shared=shared)
    world.decide()
    assert shared.used == 1
    world.writes()
    assert world.starts() == ["a"]
    assert shared.used == 1


def test_run_that_is_closed_before_its_task_is_recorded_gives_the_slot_back():
    shared = Shared(1)
    world = run("a", fields={"a": ONE | {"retries": {"execution": "AtMostOnce"}}}, shared=shared)
    world.decide()
    world.run.close()
    assert shared.used == 0


def test_creation_that_counted_as_refused_and_was_carried_out_holds_its_slot():
    shared = Shared(1)
    first, second = loads(shared, "a", name="first"), loads(shared, "a", name="second")
    first.decide()
    first.refuses("a", CreateError.BUSY)
    first.sees("a", running())
    assert shared.used == 1
    assert second.starts() == []


# Caps over all runs.


def test_cap_on_pods_holds_for_tasks_without_pools():
    shared = Shared(pods_per_namespace=2)
    first, second = run("a, b, c", shared=shared, name="first"), run("a", shared=shared, name="second")
    assert first.starts() == ["a", "b"]
    assert second.starts() == []
    assert why(first, "c") == why(second, "a") == "PodLimit: 2/2 pods of this namespace"


# Reasons.


@pytest.mark.parametrize(
    ("slots", "fields", "reason"),
    [
        (None, ONE, "Pool: warehouse does not exist; create it"),
        (1, TWO, "Pool: warehouse has 1 slot, 2 are asked for"),
        (2, TWO, "Pool: warehouse 1/2, 2 are asked for, held by holder/a"),
    ],
)
def test_reason_of_the_task_that_is_next(slots, fields, reason):
    shared = Shared(slots)
    loads(shared, "a", name="holder").starts()
    world = run("a", fields={"a": fields}, shared=shared)
    world.decide()
    assert why(world, "a") == reason


def test_only_the_first_of_a_run_says_whom_it_waits_for():
    """What 1,000 tasks say must not change each time that a slot goes on."""
    world = loads(Shared(1))
    world.starts()
    world.writes()
    assert why(world, "b") == "Pool: warehouse 1/1, held by etl-1/a"
    assert why(world, "c") == "Pool: other tasks of this run come first"
    world.ends("a")
    world.starts()
    assert set(world.writes()["tasks"]) == {"a", "c"}
    assert why(world, "c") == "Pool: warehouse 1/1, held by etl-1/b"


def test_items_of_a_fan_out_share_a_pool():
    world = run("a", fields={"a": ONE | {"forEach": {"range": {"end": 5}}}}, shared=Shared(2))
    world.decide()
    world.writes()  # the number of its items
    assert len(world.decide().create) == 2
    assert why(world, "a") == "Starting: its pod is being created (item 0 and 4 more)"


# What it costs.


def one_end(tasks):
    shared = Shared(2)
    world = run(", ".join(f"t{number}" for number in range(tasks)), fields={"every": ONE}, shared=shared)
    world.starts()
    world.writes()

    def event():
        world.ends("t0")
        world.decide()

    return event


def test_slot_that_goes_on_costs_the_same_among_20_and_2000_that_wait():
    assert calls(one_end(2000)) <= 1.2 * calls(one_end(20))
