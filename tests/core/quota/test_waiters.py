"""Waiters: whom no pool blocks, whatever came first."""

from dataclasses import replace
from functools import partial
from itertools import permutations
from random import Random

import pytest

from sluice.core.quota.pool import PoolKey, Pools
from sluice.core.quota.ready_queue import WaitKey
from sluice.core.quota.waiters import QueuePosition, Request, Waiters
from sluice.core.spec.identity import RunIdentity
from tests.core.counting import calls


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


CAP = "run/r/uid"


def beneath(number, text):
    """One that also counts under the cap of a run."""
    found = request(number, text)
    return replace(found, wait_key=WaitKey(((CAP, 1), *found.wait_key.claim)))


def stand(waiters, waiting):
    """Whom nothing blocks, and who of them has its turn under the cap."""
    free = set(unblocked(waiters).split())
    return free, {each.run.name for each in waiting if each.run.name in free and waiters.has_its_turn(each)}


@pytest.mark.parametrize("seed", range(100))
def test_under_the_cap_of_a_run_all_stand_as_if_they_had_just_come(seed):
    random, known = Random(seed), pools(a=2)  # noqa: S311  # repeatable
    waiters, waiting, held = Waiters(known), {}, 0
    for number in range(60):
        match random.choice(["comes", "comes", "goes", "slots of a", "slots of the cap", "more", "less"]):
            case "comes":
                waiting[number] = beneath(number, random.choice(["", "a", "a2"]))
                waiters.add(waiting[number], 1, since=0.0)
            case "goes" if waiting:
                waiters.remove(waiting.pop(random.choice(list(waiting))))
            case "slots of a":
                known.set_slots(PoolKey("team", "a"), random.choice([0, 1, 2, 3]))
                waiters.slots_changed(PoolKey("team", "a"))
            case "slots of the cap":
                known.set_slots(PoolKey("team", CAP), random.choice([None, 0, 1, 2, 3]))
                waiters.slots_changed(PoolKey("team", CAP))
            case "more" | "less" as which:
                held = max(0, held + (1 if which == "more" else -1))
                known.hold("team", "pods", ((CAP, held),) if held else ())
                waiters.room_changed(PoolKey("team", CAP))
        afresh = Waiters(known)
        for each in waiting.values():
            afresh.add(each, 1, since=0.0)
        assert stand(waiters, waiting.values()) == stand(afresh, waiting.values())


def many(count):
    known = pools(a=1)
    known.set_slots(PoolKey("team", CAP), count)
    waiters = Waiters(known)
    for number in range(count):
        found = request(number, "")
        waiters.add(replace(found, wait_key=WaitKey(((CAP, 1), ("a", number + 1)))), 1, since=0.0)
    return waiters


def test_another_number_of_slots_is_near_linear_in_those_who_wait():
    few, four_times_as_many = (
        calls(partial(each.slots_changed, PoolKey("team", "a"))) for each in map(many, (100, 400))
    )
    assert four_times_as_many < 6 * few
