"""How much of a text fits."""

import pytest

from sluice.core.status.text_budget import encoded_size, truncate


@pytest.mark.parametrize("room", [-2000, -1, 0, 1, 7, 100])
@pytest.mark.parametrize("text", ["", "a", "no room for <this>", "ü" * 600])
def test_as_much_as_has_room(text, room):
    found = truncate(text, room)
    assert text.startswith(found)
    assert not found or encoded_size(found) <= room
