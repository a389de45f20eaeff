import pytest

from sluice.core.status.conditions import Condition, merge_conditions, run_conditions
from sluice.core.status.kstatus import NewestRun, run_health, stalled, workflow_health

NONE, RECONCILING, STALLED = "", "Reconciling", "Stalled"


def true(facts: list[Condition]) -> str:
    """The one condition that holds, NONE for an object that is current."""
    assert {fact.type for fact in facts} == {"Reconciling", "Stalled"}
    return ", ".join(fact.type for fact in facts if fact.status)


@pytest.mark.parametrize(
    ("phase", "workflow", "follows_run", "run"),
    [
        ("Running", NONE, RECONCILING, RECONCILING),
        ("Suspended", NONE, RECONCILING, RECONCILING),
        ("Succeeded", NONE, NONE, NONE),
        ("Failed", NONE, STALLED, STALLED),
        ("Stopped", NONE, STALLED, STALLED),  # who waits must not go on: what it waits for has not been done
    ],
)
def test_a_run_and_its_workflow(phase, workflow, follows_run, run):
    newest = NewestRun("etl-g1", phase)
    assert true(workflow_health(newest, follows_run=False)) == workflow
    assert true(workflow_health(newest, follows_run=True)) == follows_run
    assert true(run_health(phase, "words")) == run


def test_a_workflow_without_a_run_is_current():
    assert true(workflow_health(None, follows_run=True)) == NONE


def test_who_waits_is_told_of_the_run_and_why_it_failed():
    (found,) = [
        f for f in workflow_health(NewestRun("etl-g1", "Failed", "task a failed"), follows_run=True) if f.status
    ]
    assert found == Condition("Stalled", True, "Failed", "run etl-g1: task a failed")
    (found,) = [f for f in workflow_health(NewestRun("etl-g1", "Running"), follows_run=True) if f.status]
    assert found == Condition("Reconciling", True, "Running", "run etl-g1: Running")


def test_a_workflow_whose_run_is_not_created_is_under_way_whatever_the_last_one_did():
    newest = NewestRun("etl-g1", "Failed")
    assert true(workflow_health(newest, follows_run=True, not_created="exceeded quota")) == RECONCILING


def test_what_only_a_person_can_mend_is_never_under_way():
    assert true(stalled("InvalidSpec", "words")) == STALLED


def workflow(phase, message=""):
    return {"phase": phase, "conditions": merge_conditions([], run_conditions(phase, message), 1, 0.0)}


@pytest.mark.parametrize(
    ("run", "before", "newest"),
    [
        ({}, workflow("Ready"), NewestRun("etl-g1", "Running")),  # just made
        ({"phase": "Pending", "message": "Queued"}, workflow("Running"), NewestRun("etl-g1", "Running")),
        ({"phase": "Running", "message": "so far"}, workflow("Running"), NewestRun("etl-g1", "Running")),
        ({"phase": "Failed", "message": "why"}, workflow("Running"), NewestRun("etl-g1", "Failed", "why")),
        (None, workflow("Failed", "why"), NewestRun("etl-g1", "Failed", "why")),
        (None, workflow("Succeeded"), NewestRun("etl-g1", "Succeeded")),
        (None, workflow("Running"), NewestRun("etl-g1", "Stopped", "it was deleted before its end was seen")),
        (None, {"phase": "Refused"}, None),
        (None, {"phase": "Succeeded"}, NewestRun("etl-g1", "Succeeded")),  # by hand
        (None, {"phase": "Failed", "conditions": [{"type": "Ready"}]}, NewestRun("etl-g1", "Failed")),
        (None, {}, None),
    ],
)
def test_a_run_that_is_gone_ended_as_its_workflow_last_saw_it(run, before, newest):
    assert NewestRun.of("etl-g1", run, before) == newest
