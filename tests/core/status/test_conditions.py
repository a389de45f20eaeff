import pytest

from sluice.core.status.conditions import Condition, merge_conditions, run_conditions

T0, T1 = 1767225600.0, 1767225660.0


def test_condition_is_written_as_kubernetes_does():
    assert merge_conditions([], [Condition("Accepted", True, "Valid", "fine")], 3, T0) == [
        {
            "type": "Accepted",
            "status": "True",
            "reason": "Valid",
            "message": "fine",
            "observedGeneration": 3,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
    ]


@pytest.mark.parametrize(
    ("after", "time"),
    [
        (Condition("Complete", False, "Running"), "2026-01-01T00:00:00Z"),
        (Condition("Complete", False, "Failed", "other words"), "2026-01-01T00:00:00Z"),  # the status is the same
        (Condition("Complete", True, "Succeeded"), "2026-01-01T00:01:00Z"),
    ],
)
def test_time_is_of_the_last_change_of_status(after, time):
    before = merge_conditions([], [Condition("Complete", False, "Running")], 1, T0)
    assert merge_conditions(before, [after], 1, T1)[0]["lastTransitionTime"] == time


def test_message_is_cut_to_what_the_schema_takes():
    (written,) = merge_conditions([], [Condition("Accepted", False, "Invalid", "x" * 40_000)], 1, T0)
    assert len(written["message"]) == 32768


@pytest.mark.parametrize(
    ("phase", "true"),
    [
        ("Running", set()),
        ("Suspended", set()),
        ("Succeeded", {"Complete", "Finished"}),
        ("Failed", {"Failed", "Finished"}),
        ("Stopped", {"Failed", "Finished"}),
    ],
)
def test_how_a_run_stands(phase, true):
    found = run_conditions(phase, "words")
    assert {condition.type for condition in found} == {"Complete", "Failed", "Finished"}
    assert {condition.type for condition in found if condition.status} == true
    assert all(condition.reason == phase for condition in found)
