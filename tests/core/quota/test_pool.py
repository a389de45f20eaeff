"""Pools: what is in use, who holds it, and for how long."""

import pytest

from sluice.core.base.ownership import RunRef
from sluice.core.quota.pool import Pool, PoolKey, Pools, RunClaim, RunHolders

A, B = PoolKey("team", "a"), PoolKey("team", "b")


@pytest.mark.parametrize(
    ("slots", "used", "wanted", "can_serve", "has_room"),
    [
        (3, 0, 3, True, True),
        (3, 1, 2, True, True),
        (3, 2, 2, True, False),
        (3, 5, 1, True, False),  # made smaller: the holders stay
        (3, 0, 4, False, False),
        (0, 0, 1, False, False),
        (None, 0, 1, False, False),  # no such pool
    ],
)
def test_room(slots, used, wanted, can_serve, has_room):
    pool = Pool("a", slots)
    pool.hold("somebody", used, "somebody")
    assert (pool.can_serve(wanted, "Tasks"), pool.has_room(wanted)) == (can_serve, has_room)
    assert (not pool.why_unservable(wanted, "Tasks"), not pool.why_full(wanted)) == (can_serve, has_room)


@pytest.mark.parametrize(
    ("claims", "used", "touched"),
    [
        ([(("a", 2),)], (2, 0), {A}),
        ([(("a", 2),), (("a", 2),)], (2, 0), set()),  # said twice
        ([(("a", 2),), (("a", 1),)], (1, 0), {A}),
        ([(("a", 2),), (("a", 2), ("b", 1))], (2, 1), {A, B}),
        ([(("a", 2),), (("b", 1),)], (0, 1), {A, B}),
        ([(("a", 2),), ()], (0, 0), {A}),
        ([()], (0, 0), set()),
    ],
)
def test_a_holder_holds_what_was_said_last(claims, used, touched):
    pools = Pools()
    for claim in claims:
        found = pools.hold("team", "r1-load", claim, "r1/load")
    assert (pools[A].used, pools[B].used) == used
    assert found == touched


def test_first_ten_holders_in_the_order_in_which_they_came():
    pool = Pool("a", 12)
    for number in range(12):
        pool.hold(f"pod-{number}", 1, f"r{number}/load")
    pool.release("pod-1")
    assert pool.holders() == [f"r{number}/load" for number in (0, *range(2, 11))]


def test_a_pool_is_forgotten_once_it_neither_exists_nor_is_held():
    pools = Pools()
    pools.set_slots(A, 1)
    pools.hold("team", "r1-load", (("a", 1),))
    pools.set_slots(A, None)
    assert pools[A].used == 1
    pools.hold("team", "r1-load", ())
    assert pools == Pools()


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ("", False),
        ("+run", True),
        ("+run -run", False),
        ("+pod", True),  # the run was deleted
        ("+run +pod -run", True),
        ("+run +pod -pod", True),
        ("+run +pod -run -pod", False),
        ("+run +run -run", False),
        ("-run", False),
        ("+run -pod", True),
    ],
)
def test_a_run_holds_its_claim_for_as_long_as_anybody_says_so(said, held):
    runs, claim = RunHolders(), RunClaim(RunRef("team", "r1", "run"), (("a", 1),))
    ended = []
    for word in said.split():
        if word[0] == "+":
            runs.add(claim, word[1:])
        else:
            ended.append(runs.remove(word[1:]))
    assert runs.claim(claim.run) == (claim.claim if held else None)
    assert ended.count(claim.run) == (0 if held or "+" not in said else 1)
