"""Whether a Workflow would make a run once it is applied."""

import pytest

from sluice.api.workflow import LastRun, WorkflowStatus
from sluice.core.base.naming import change_of, graph_of
from sluice.core.whatif.start import MORE, Stands, meets, start
from tests.core.kubelet import START
from tests.core.world import graph

SPEC = graph("a >> b")
SAME = WorkflowStatus(lastRun=LastRun(name="r", generation=3, revision="r1", change=change_of(graph_of(SPEC))))
OTHER = WorkflowStatus(lastRun=LastRun(name="r", generation=3, revision="r1", change="other"))
HOURLY = {"schedule": {"every": "1h"}}


@pytest.mark.parametrize(
    ("more", "status", "adopts", "why"),
    [
        ({}, None, "Run", None),
        ({}, None, "Adopt", "the operator adopts what it sees for the first time (onFirstSight: Adopt)"),
        ({}, OTHER, "Run", None),
        ({}, OTHER, "Adopt", None),
        ({}, SAME, "Run", "what it does is unchanged"),
        ({"trigger": "Manual"}, None, "Run", "it runs by hand only (trigger: Manual)"),
        ({"trigger": "Manual"}, OTHER, "Run", "it runs by hand only (trigger: Manual)"),
        ({"after": [{"workflow": "load"}]}, None, "Run", "it runs after a success of load"),
        (HOURLY, None, "Run", "its schedule runs it next at 2026-01-01T01:00:00Z"),
        ({"schedule": {"every": "1h", "suspend": True}}, None, "Run", "its schedule is suspended"),
        ({"schedule": {"every": "1h", "endAt": "2025-01-01T00:00:00Z"}}, None, "Run", "its schedule has no time left"),
        ({"schedule": {"every": "1h", "catchUp": "LatestAtOnce"}}, None, "Run", None),
    ],
)
def test_a_run_starts_or_the_reason_why_not(more, status, adopts, why):
    stands = Stands() if status is None else Stands("r2", status, START - 60)
    found = start(SPEC | more, stands, adopts, START + 1)
    assert (found.now, None if found.now else found.why) == (why is None, why)


@pytest.mark.parametrize(
    ("schedule", "more"),
    [
        ({"every": "1h", "startAt": "2025-12-31T00:00:00Z", "catchUp": "All"}, 24),
        ({"every": "1h", "startAt": "2025-12-31T00:00:00Z", "catchUp": "All", "startingDeadline": "3h"}, 2),
        ({"every": "1h", "startAt": "2025-12-31T00:00:00Z", "catchUp": "LatestAtOnce"}, 0),
        ({"every": "1h", "startAt": "2020-01-01T00:00:00Z", "catchUp": "All"}, MORE),
        ({"every": "1h", "catchUp": "All"}, 0),
    ],
)
def test_other_times_that_are_due_are_counted(schedule, more):
    assert start(SPEC | {"schedule": schedule}, Stands(), "Run", START + 1).more == more


@pytest.mark.parametrize(
    ("more", "has_begun", "words"),
    [
        ({}, True, "once old has ended"),
        ({}, False, "for which old gives way"),
        ({"concurrency": {}}, False, "once old has ended"),
        ({"concurrency": {"policy": "Forbid"}}, True, "which ends at once, since old goes on (concurrency: Forbid)"),
        ({"concurrency": {"policy": "Replace"}}, True, "and old is stopped for it"),
        ({"concurrency": {"policy": "Allow"}}, True, ""),
        ({"concurrency": {"maxRuns": 2}}, True, ""),
        (
            {"concurrency": {"policy": "Allow"}, "onChange": {"reuse": "Unchanged"}},
            True,
            "once old has ended, from which it goes on",
        ),
    ],
)
def test_a_run_that_goes_on_is_waited_for_stopped_or_let_be(more, has_begun, words):
    assert meets(SPEC | more, "old", has_begun=has_begun) == words
