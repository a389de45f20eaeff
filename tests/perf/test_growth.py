import xml.etree.ElementTree as ET

import pytest

from tests.perf.growth import exponent
from tests.perf.growth_chart import Line, chart


@pytest.mark.parametrize("power", [0, 1, 1.5, 2])
def test_the_exponent_of_a_cost(power):
    assert exponent({size: 3 * size**power for size in (100, 1_000, 10_000)}) == pytest.approx(power)


def test_the_chart_has_a_line_for_each_kind_and_higher_costs_stand_higher():
    root = ET.fromstring(chart("Cost", [Line("a < b", {100: 1, 1_000: 2}), Line("flat", {10: 2, 100: 2})]))  # noqa: S314
    lines = [
        [tuple(map(float, point.split(","))) for point in line.get("points").split()]
        for line in root.iter("{http://www.w3.org/2000/svg}polyline")
    ]
    (rising, flat) = lines
    assert rising[0][0] < rising[1][0]
    assert rising[0][1] > rising[1][1]
    assert flat[0][1] == flat[1][1] == rising[1][1]
    assert "a < b" in "".join(root.itertext())
