"""Texts for people."""

import pytest

from sluice.core.base.text import as_told, first_names


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


FIRST = "run a: denied by a policy (request 41ab at 10:14:59)"


@pytest.mark.parametrize(
    ("words", "start", "told"),
    [
        ("run a: denied by a policy (request 9f2c at 10:15:07)", "", FIRST),
        ("run a: denied by a policy (request 9f2c at 10:15:07)", "run a: ", FIRST),
        ("run a: denied by a quota (request 9f2c at 10:15:07)", "run a: ", None),
        ("run a2: denied by a policy (request 9f2c at 10:15:07)", "run a2: ", None),
        ("run a: denied by a policy", "run a: ", None),
    ],
)
def test_what_was_told_is_told_again_whatever_number_is_in_it(words, start, told):
    assert as_told(FIRST, words, start) == (told or words)
