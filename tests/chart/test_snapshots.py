"""The chart renders its snapshots (see `snapshots`) and passes `helm lint`."""

from __future__ import annotations

import pytest

from tests.chart.snapshots import CHART, ON_135, rendered, snapshot_of, value_sets

SETS = pytest.mark.parametrize("values", value_sets(), ids=lambda values: values.name.split(".")[0])


@SETS
def test_lint_finds_nothing(helm, values):
    answer = helm("lint", "--strict", CHART, "--values", values, *ON_135)
    assert answer.returncode == 0, answer.stdout


@SETS
def test_it_renders_as_it_did(values):
    assert rendered(values) == snapshot_of(values).read_text(), "if this is meant: make snapshots"
