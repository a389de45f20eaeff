"""Queues that take turns: who comes next."""

import pytest

from sluice.core.base.rotation import Rotation


@pytest.mark.parametrize(
    ("arrivals", "order"),
    [
        ("a", "a"),
        ("ab", "ab"),
        ("aaab", "abaa"),
        ("aab|b", "abab"),
        ("aaa|b", "abaa"),  # a has just had its turn, so b is next
        ("aaabb|c", "abcaba"),  # b has not: c comes behind it
        ("a|ab", "aba"),  # a comes again, and still had the last turn
        ("ab||ac", "abac"),
    ],
)
def test_whose_turn_is_next(arrivals, order):
    """A `|` is one turn; what is left at the end is served then."""
    rotation, served = Rotation(), ""

    def serve():
        key = next(iter(rotation))
        rotation[key].pop()
        if not rotation[key]:
            del rotation[key]
        rotation.had_turn(key)
        return key

    for each in arrivals:
        if each == "|":
            served += serve()
        else:
            rotation.join(each, []).append(each)
    while rotation:
        served += serve()
    assert served == order


@pytest.mark.parametrize("before", [0, 1, 700])
def test_the_first_of_another_comes_next_behind_a_flood(before):
    rotation = Rotation()
    rotation.join("flood", []).extend(range(1500))
    for _ in range(before):
        rotation["flood"].pop()
        rotation.had_turn("flood")
    rotation.join("other", []).append(0)
    turns = list(rotation)
    assert turns == (["other", "flood"] if before else ["flood", "other"])
