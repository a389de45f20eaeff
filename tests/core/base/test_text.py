"""Texts for people."""

import pytest

from sluice.core.base.text import first_names, same_words


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("", ""),
        ("a", "a"),
        ("a b", "a, b"),
        ("a b c", "a, b and 1 more"),
        ("a b c d", "a, b and 2 more"),
    ],
)
def test_first_names(names, text):
    assert first_names(iter(names.split()), len(names.split()), shown=2) == text


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("denied by a policy (request 9f2c at 10:15:07)", True),
        ("denied by a quota (request 9f2c at 10:15:07)", False),
        ("denied by a policy", False),
    ],
)
def test_words_are_the_same_whatever_number_they_have(other, same):
    assert same_words("denied by a policy (request 41ab at 10:14:59)", other) is same
