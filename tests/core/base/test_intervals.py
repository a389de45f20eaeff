"""Numbers of items, as a status tells them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.core.base.intervals import Spans, intervals, members
from tests.core.counting import calls


@pytest.mark.parametrize("numbers", [[], [0], [0, 1, 2, 5], [3, 7, 8]])
def test_there_and_back(numbers):
    assert list(members(intervals(numbers), 10)) == numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0-99999999999", [0, 1, 2, 3, 4]),
        ("3-1,4", [4]),
        ("2-3,0-4", [2, 3, 4]),
        ("x,-,1-,1-2-3,²,1", [1]),
        ("9" * 5000, []),
    ],
)
def test_what_somebody_else_has_written(text, numbers):
    assert list(members(text, 5)) == numbers


def test_the_same_again_and_again_is_told_once():
    assert len(list(members("0-9999," * 8000, 10_000))) == 10_000


def test_a_number_is_not_counted_up_to():
    assert calls(lambda: list(members("0-999999999999999999", 100))) < 300


@given(st.lists(st.integers(0, 30)))
def test_numbers_that_come_one_by_one_are_written_alike(numbers):
    spans = Spans()
    for number in numbers:
        spans.add(number)
    assert str(spans) == intervals(sorted(set(numbers)))
