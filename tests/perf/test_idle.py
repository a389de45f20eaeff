"""The growth rate of a sampled value."""

import pytest

from tests.perf.idle import growth_per_hour


@pytest.mark.parametrize(
    ("values", "per_hour"),
    [([100, 100, 100, 100], 0), ([100, 101, 102, 103], 720), ([100, 103, 97, 100], -432)],
)
def test_growth_per_hour(values, per_hour):
    assert growth_per_hour([0, 5, 10, 15], values) == pytest.approx(per_hour)
