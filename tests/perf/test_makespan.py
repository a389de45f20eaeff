"""Our start order against its goal, on a few graphs. `make makespan` tries more."""

import statistics

import pytest

from tests.perf.makespan import GOAL, HINTED, ratio
from tests.perf.shapes import FAMILIES, drawn


def medians(family, *policies):
    cases = [(drawn(family, number), cap) for number in range(3) for cap in (8, 32)]
    return [statistics.median(ratio(shape, cap, policy) for shape, cap in cases) for policy in policies]


@pytest.mark.parametrize("family", FAMILIES)
def test_hints_bring_runs_near_the_bound_and_never_lose(family):
    *ours, first_come = medians(family, *HINTED, "first-come")
    assert all(1 <= median <= min(GOAL, first_come) for median in ours)


def test_graphs_are_the_same_whenever_they_are_drawn():
    assert drawn("montage", 3).durations_s == drawn("montage", 3).durations_s != drawn("montage", 4).durations_s
