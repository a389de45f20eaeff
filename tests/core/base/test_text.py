"""Texts for people."""

import pytest

from sluice.core.base.text import first_names


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
