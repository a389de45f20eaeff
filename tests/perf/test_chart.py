"""The benchmarks' charts."""

from xml.etree import ElementTree as ET

import pytest

from tests.perf.chart import Bar, chart

BARS = [Bar("wide-1000", 1.08, 1.15), Bar("<chain> & co", 1.12, 1.05), Bar("faster", 0.97, 1.05), Bar("no goal", 1.3)]


def drawn(kind, name):
    image = ET.fromstring(chart("time over that of plain pods", BARS))  # noqa: S314  # our own
    return [shape for shape in image.iter(f"{{http://www.w3.org/2000/svg}}{name}") if shape.get("class") == kind]


def test_a_bar_for_each_and_a_stroke_for_each_goal():
    assert len(drawn("bar", "rect")) == len(BARS)
    assert len(drawn("goal", "path")) == 3


def test_bars_start_at_1_and_are_as_long_as_what_is_lost():
    first, second, faster, _ = drawn("bar", "rect")
    assert first.get("x") == second.get("x")
    assert float(second.get("width")) / float(first.get("width")) == pytest.approx(12 / 8, abs=0.01)
    assert float(faster.get("x")) + float(faster.get("width")) == pytest.approx(float(first.get("x")), abs=0.2)


def test_numbers_that_miss_their_goal_are_red():
    numbers = [text for text in drawn(None, "text") if text.get("fill")]
    assert [number.text for number in numbers] == ["1.080", "1.120", "0.970", "1.300"]
    assert [number.get("fill") for number in numbers] == ["black", "#c44536", "black", "black"]
