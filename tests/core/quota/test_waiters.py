"""Waiters: whom no pool blocks, whatever came first."""

from itertools import permutations

import pytest

from sluice.core.quota.pool import PoolKey, Pools
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.waiters import QueuePosition, Request, Waiters
from sluice.core.spec.identity import RunIdentity


def claim(text):
    """`a b2` is one slot of a and two of b."""
    return tuple((word[0], int(word[1:] or 1)) for word in text.split())


def request(number, text, *, task="load"):
    run = f"r{number}"
    position = QueuePosition(0, -1, 0, run, (), number)
    return Request(RunIdentity(run, "team", run, "etl", {}), WaitKey(claim(text)), position, task)


def pools(**slots):
    found = Pools()
    for name, count in slots.items():
        found.set_slots(PoolKey("team", name), count)
    return found


def unblocked(waiters):
    tasks = waiters.unblocked_tasks().get("team", ())
    return " ".join(waiters.at(position).run.name for position in (*waiters.unblocked_runs("team"), *tasks))


@pytest.mark.parametrize(
    ("held", "wanted", "found"),
    [
        ("", ["a"], "r0"),
        ("", ["a", "a"], "r0"),  # one after the other, though there is room for both
        ("", ["a", "b"], "r0 r1"),
        ("a", ["a", "a"], "r0"),
        ("a2", ["a", "b"], "r1"),
        ("a", ["a2", "a"], ""),  # the large claim is not starved by the small one
        ("a2", ["a b", "b"], ""),  # b is kept for who is first
        ("", ["a b", "b", "a"], "r0"),
        ("", ["a3", "a"], "r1"),  # can never be had
        ("", ["a x", "a"], "r1"),
        ("a2 b2", ["", "a"], "r0"),  # claims nothing
    ],
)
def test_whom_no_pool_blocks(held, wanted, found):
    for arrivals in permutations(range(len(wanted))):
        known = pools(a=2, b=2)
        known.hold("team", "somebody", claim(held))
        waiters = Waiters(known)
        for number in arrivals:
            waiters.add(request(number, wanted[number]), 1, since=0.0)
        assert unblocked(waiters) == found


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"held": ""}, "r0"),
        ({"held": "a"}, ""),
        ({"slots": 3}, "r0"),
        ({"slots": 1}, ""),  # r0 is out of the way, but there is no room
        ({"slots": 1, "held": ""}, "r1"),
        ({"slots": None}, ""),
        ({"leaves": 0}, "r1"),
    ],
)
def test_who_is_unblocked_by_what(change, found):
    known, key = pools(a=2), PoolKey("team", "a")
    known.hold("team", "somebody", claim("a"))
    waiters = Waiters(known)
    for number, text in enumerate(["a2", "a"]):
        waiters.add(request(number, text), 1, since=0.0)
    assert unblocked(waiters) == ""
    if "slots" in change:
        known.set_slots(key, change["slots"])
        waiters.slots_changed(key)
    if "held" in change:
        known.hold("team", "somebody", claim(change["held"]))
        waiters.room_changed(key)
    if "leaves" in change:
        waiters.remove(request(change["leaves"], "a2"))
    assert unblocked(waiters) == found


def test_all_who_claim_slots_of_a_pool_count_also_those_that_it_cannot_serve():
    waiters, key = Waiters(pools(a=1)), PoolKey("team", "a")
    for number, text in enumerate(["a5", "a", "b"]):
        waiters.add(request(number, text), 1, since=0.0)
    assert {waiter.request.run.name for waiter in waiters.claiming(key)} == {"r0", "r1"}
    assert waiters.first(key) == request(1, "a")
    assert waiters.first(PoolKey("team", "b")) is None


def test_tasks_and_whole_runs_are_told_apart():
    known = pools(b=1)
    known.set_slots(PoolKey("team", "a"), 1, "Runs")
    waiters = Waiters(known)
    waiters.add(request(0, "a", task=""), 1, since=0.0)
    waiters.add(request(1, "a"), 1, since=0.0)
    waiters.add(request(2, "b"), 1, since=0.0)
    runs = [waiters.at(position).display_name for position in waiters.unblocked_runs("team")]
    tasks = [waiters.at(position).display_name for position in waiters.unblocked_tasks()["team"]]
    assert (runs, tasks) == (["r0"], ["r2/load"])
