"""The goals of scenarios, and how a miss is reported."""

import pytest

from tests.perf.goals import goals, gross, missed
from tests.perf.scenarios import SCENARIOS


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("chain-20", {"ratio": 1.05, "writes_per_task": 2.2, "dispatch_ms.p50": 20, "dispatch_ms.p99": 100}),
        ("wide-1000", {"ratio": 1.15, "cpu_ms_per_task": 8, "peak_rss_mb": 110, "writes_per_task": 1.1}),
        ("foreach-10000", {"ratio": 1.2, "cpu_ms_per_task": 8.8, "peak_rss_mb": 140, "writes_per_task": 1.1}),
        ("runs-200x10", {"ratio": 1.2, "cpu_ms_per_task": 8, "peak_rss_mb": 110, "writes_per_task": 2}),
        ("real-wide-40", {"ratio": 1.05}),
    ],
)
def test_goals(name, found):
    assert goals(SCENARIOS[name]) == found


def test_what_is_missed_is_said_with_both_numbers():
    result = {"ratio": 1.21, "cpu_ms_per_task": 8, "dispatch_ms": {"p50": 30.5, "p99": 90}}
    wanted = {"ratio": 1.15, "cpu_ms_per_task": 8, "dispatch_ms.p50": 20, "dispatch_ms.p99": 100, "raw_s": 1}
    assert missed(result, wanted) == ["ratio 1.21 > 1.15", "dispatch_ms.p50 30.5 > 20"]


@pytest.mark.parametrize(
    ("name", "ratio", "cpu", "broken"),
    [
        ("wide-200", 1.5, 12, False),
        ("wide-200", 3.1, 12, True),
        ("wide-200", 1.5, 41, True),
        ("chain-20", 1.1, 41, False),  # twenty tasks are too few to judge the cost of one
    ],
)
def test_only_a_gross_miss_is_a_failure(name, ratio, cpu, broken):
    assert gross({"ratio": ratio, "cpu_ms_per_task": cpu}, SCENARIOS[name]) is broken
