"""A run's `parallelism` is that of all runs beneath it: tall trees in a few lines."""

from dataclasses import dataclass, field

from sluice.core.quota.pool import PoolKey
from sluice.core.quota.shared_limits import SharedLimits
from sluice.core.run.child_room import why_no_child
from sluice.core.run.orders import Orders
from sluice.core.spec.run_limits import RunLimits
from tests.core.kubelet import exited, running
from tests.core.world import World, run

CALL = {"workflow": {"name": "other"}}


@dataclass
class Tree:
    """Runs that share their limits. `woken` are those that may start something, by name."""

    woken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shared = SharedLimits(wake=lambda identity: self.woken.append(identity.name))

    def run(
        self, text: str, name: str, above: tuple[World, ...] = (), parallelism: int | None = None, **fields
    ) -> World:
        calls = {"fields": fields, "parallelism": parallelism}
        return run(text, name=name, shared=self.shared, above=above, **calls)

    def child(self, parent: World, task: str, text: str, above: tuple[World, ...], **more) -> World:
        """The run of a task that calls, which its parent has heard of."""
        view = parent.sees_child(task, "Running")
        made = self.run(text, view.name, above, **more)
        assert made.run.identity.uid == view.uid
        return made


def starts(world: World) -> list[str]:
    """Those that start now; their pods run from then on."""
    started = [world.name(create.number) for create in world.decide().create]
    for task in started:
        if not world.task(task).definition.is_sub_workflow:
            world.sees(task, running())
    return started


def test_pods_of_a_run_and_of_those_beneath_it_share_its_parallelism():
    tree = Tree()
    top = tree.run("a >> b; call", "top", parallelism=2, call=CALL)
    assert starts(top) == ["call", "a"]
    child = tree.child(top, "call", "x, y", (top,))
    assert starts(child) == ["x"]
    assert child.reasons["y"] == "Parallelism: 2/2 of run top"
    tree.woken.clear()
    top.sees("a", exited())
    assert child.run.identity.name in tree.woken
    assert (starts(child), starts(top)) == (["y"], [])
    assert top.reasons["b"] == "Parallelism: 2/2 of run top"
    child.sees("x", exited())
    assert (starts(child), starts(top)) == ([], ["b"])
    assert tree.shared.live_pods(top.run.identity.ref) == 2


def test_who_waits_for_a_pool_as_well_holds_up_none_that_does_not():
    tree = Tree()
    tree.shared.set_pool(PoolKey("team", "warehouse"), 1)
    loads = {"pools": [{"name": "warehouse"}], "priority": 9}
    top = tree.run("a, b, c; call", "top", parallelism=2, a=loads, b=loads, call=CALL)
    assert starts(top) == ["call", "a", "c"]
    child = tree.child(top, "call", "x", (top,))
    assert starts(child) == []
    top.sees("c", exited())
    assert (starts(child), starts(top)) == (["x"], [])
    assert top.reasons["b"] == "Pool: warehouse 1/1, held by top/a"


def test_of_those_that_could_start_the_first_in_order_has_the_room():
    tree = Tree()
    top = tree.run("a, one, two", "top", parallelism=1, one=CALL, two=CALL)
    assert starts(top) == ["one", "a"]
    low = tree.run("x", "low", (top,), x={"priority": 1})
    high = tree.run("y", "high", (top,), y={"priority": 2})
    assert (starts(low), starts(high)) == ([], [])
    top.sees("a", exited())
    assert tree.woken == ["top", "high"]  # a look at the others would change nothing
    assert (starts(low), starts(high), starts(low)) == ([], ["y"], [])


def test_a_childs_own_cap_holds_too():
    tree = Tree()
    top = tree.run("call", "top", parallelism=3, call=CALL)
    starts(top)
    child = tree.child(top, "call", "x, y, z", (top,), parallelism=1)
    assert starts(child) == ["x"]
    assert child.reasons["y"] == "Parallelism: 1/1"


def test_nothing_waits_for_itself_with_one_slot_for_three_levels():
    tree = Tree()
    top = tree.run("call", "top", parallelism=1, call=CALL)
    assert starts(top) == ["call"]
    middle = tree.child(top, "call", "call", (top,), call=CALL)
    assert starts(middle) == ["call"]
    inner = tree.child(middle, "call", "x", (middle, top))
    assert starts(inner) == ["x"]


def test_children_are_made_as_there_is_room_for_their_pods():
    tree = Tree()
    top = tree.run("call", "top", parallelism=2, call=CALL | {"forEach": {"items": list("abcd")}})
    top.decide()
    top.writes()
    assert starts(top) == ["call[0]", "call[1]"]
    assert why_no_child(top.run) == "Parallelism: 0/2 of run top, and 2 child runs have no pod yet"
    one = tree.child(top, "call[0]", "x", (top,))
    assert (starts(one), starts(top)) == (["x"], [])
    one.sees("x", exited())
    one.decide()
    top.sees_child("call[0]", "Succeeded")
    assert starts(top) == ["call[2]"]


def test_who_has_no_child_yet_is_woken_when_pods_of_other_runs_have_ended():
    tree = Tree()
    top = tree.run("one, two", "top", parallelism=1, one=CALL, two=CALL)
    top.decide()
    calls = tree.child(top, "one", "call", (top,), call=CALL)
    own = tree.run("x", "beside", (top,))
    assert starts(own) == ["x"]
    assert starts(calls) == []
    assert calls.reasons["call"] == "Parallelism: 1/1 of run top"
    tree.woken.clear()
    own.sees("x", exited())
    own.decide()
    assert calls.run.identity.name in tree.woken
    assert starts(calls) == ["call"]


def test_a_cap_that_is_raised_or_taken_away_holds_at_once():
    tree = Tree()
    top = tree.run("call", "top", parallelism=1, call=CALL)
    starts(top)
    child = tree.child(top, "call", "x, y, z", (top,))
    assert starts(child) == ["x"]
    top.run.set_limits(RunLimits(parallelism=2))
    assert starts(child) == ["y"]
    top.run.set_limits(RunLimits())
    assert starts(child) == ["z"]
    top.run.set_limits(RunLimits(parallelism=1))
    assert tree.shared.live_pods(top.run.identity.ref) == 3


def test_a_run_that_has_ended_holds_up_none_that_it_left():
    tree = Tree()
    top = tree.run("call", "top", parallelism=1, call=CALL)
    starts(top)
    child = tree.child(top, "call", "x, y", (top,))
    assert starts(child) == ["x"]
    top.run.close()
    assert starts(child) == ["y"]


def test_without_a_cap_a_run_has_a_hundred_unfinished_children_at_most():
    world = run("call", fields={"call": CALL | {"forEach": {"range": {"start": 0, "end": 250}}}})
    world.decide()
    world.writes()
    assert len(world.decide().create) == 100
    assert why_no_child(world.run) == "Parallelism: 100/100 child runs, as this run has no parallelism of its own"
    world.sees_child("call[7]", "Succeeded")
    assert [world.name(create.number) for create in world.decide().create] == ["call[100]"]
    assert len(world.restarted().decide().create) == 100  # of those that nobody has seen yet


def test_who_has_a_child_that_does_nothing_is_woken_when_pods_of_other_runs_have_ended_or_the_cap_is_raised():
    for room in ("a pod ends", "the cap is raised"):
        tree = Tree()
        top = tree.run("call, a", "top", parallelism=2, call=CALL)
        starts(top)
        middle = tree.child(top, "call", "one, two", (top,), one=CALL, two=CALL)
        assert starts(middle) == ["one"]
        tree.child(middle, "one", "ask", (middle, top), ask={"approval": {}})
        assert starts(middle) == []  # with that of `one` there would be too many
        tree.woken.clear()
        if room == "a pod ends":
            top.sees("a", exited())
            top.decide()
        else:
            top.run.take_orders(Orders(limits=RunLimits(parallelism=3)))
        assert middle.run.identity.name in tree.woken
        assert starts(middle) == ["two"]
