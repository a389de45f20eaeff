"""The judge sees each kind of wrong in the API server's words, and none where there is none."""

import json
from datetime import UTC, datetime

import pytest

from tests.chaos.judge import lives, violations
from tests.core.plan import FanOut, Plan, Program, Task

PLANS = {
    "w": Plan(
        (
            Task(programs=(Program((1, 0)),), limit=1, slots=1),
            Task(slots=1),
            Task(needs=(0,), fan_out=FanOut(count=2, parallelism=1)),
            Task(once=True),
        ),
        slots=1,
        cap=2,
    )
}
STATUS = {
    "phase": "Succeeded",
    "finishedAt": "2026-01-01T00:01:00Z",
    "tasks": {
        "t0": {"phase": "Succeeded", "attempt": 2},
        "t1": {"phase": "Succeeded", "attempt": 1},
        "t2": {"phase": "Succeeded", "items": {"total": 2, "succeeded": "0-1"}},
        "t3": {"phase": "Succeeded", "attempt": 1},
    },
}


def event(verb, name, at_s, body=None, agent="operator", code=200, resource="pods", subresource=None):
    at = datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")
    return json.dumps(
        {
            "verb": verb,
            "objectRef": {"resource": resource, "namespace": "n", "name": name}
            | ({"subresource": subresource} if subresource else {}),
            "requestObject": body,
            "responseStatus": {"code": code},
            "userAgent": agent,
            "requestReceivedTimestamp": at,
            "stageTimestamp": at,
        }
    ).encode()


def made(unit, attempt, at_s, **more):
    task, _, index = unit.partition(".")
    labels = {"workflow": "w", "run": "w-1", "task": task, "attempt": str(attempt)} | (
        {"index": index} if index else {}
    )
    body = {"metadata": {"labels": {f"sluice.dev/{name}": value for name, value in labels.items()}}}
    return event("create", f"{unit}-{attempt}", at_s, body, **more)


def ends(unit, attempt, at_s, phase="Succeeded"):
    return event("patch", f"{unit}-{attempt}", at_s, {"status": {"phase": phase}}, "sluice-chaos")


def main_ends(unit, attempt, at_s):
    containers = [{"name": "main", "state": {"running": None, "terminated": {"exitCode": 1}}}]
    return event("patch", f"{unit}-{attempt}", at_s, {"status": {"containerStatuses": containers}}, "kubelet")


def gone(unit, attempt, at_s):
    return event("delete", f"{unit}-{attempt}", at_s, agent="sluice-chaos")


def evicted(unit, attempt, at_s, code=201):
    return event("create", f"{unit}-{attempt}", at_s, agent="sluice-chaos", code=code, subresource="eviction")


def records(tasks, at_s):
    return event("patch", "w-1", at_s, {"status": {"tasks": tasks}}, resource="workflowruns")


def wiped(at_s):
    return event("patch", "w-1", at_s, {"status": None}, "sluice-chaos", resource="workflowruns")


SOUND = [
    made("t0", 1, 1),
    ends("t0", 1, 2, "Failed"),
    made("t0", 2, 3),
    ends("t0", 2, 4),
    gone("t0", 2, 9),
    made("t1", 1, 4.5),
    made("t1", 1, 4.6, code=409),  # asked again, after an answer was lost
    made("t2.0", 1, 5),
    ends("t2.0", 1, 6),
    ends("t1", 1, 7),
    made("t2.1", 1, 7),
    ends("t2.1", 1, 8),
    made("t3", 1, 8),
    ends("t3", 1, 8.5),
]
RECORDED = [made("t0", 1, 0), records({"t0": {"attempt": 1}, "t1": None}, 0.2), gone("t0", 1, 0.5)]
RECORDED_ITEM = [
    made("t2.0", 1, 0),
    records({"t2": {"items": {"total": 2, "attempts": {"1": "0-1", "2": None}}}}, 0.2),
    gone("t2.0", 1, 0.5),
]
HOSTILE = made("t1", 1, 1, agent="sluice-chaos")


@pytest.mark.parametrize(
    ("log", "changes", "verdict"),
    [
        (SOUND, {}, []),
        ([HOSTILE, *SOUND], {}, []),  # not the operator's
        ([*SOUND, made("t1", 1, 9), gone("t1", 1, 10)], {}, ["attempt 1 of t1 of w was made though attempt 1"]),
        ([*SOUND, made("t1", 2, 9), gone("t1", 2, 10)], {}, ["attempt 2 of t1 of w was made though attempt 1"]),
        (
            [*SOUND, made("t2.0", 2, 5.5), gone("t2.0", 2, 5.6)],
            {},
            ["had succeeded", "while attempt 1 lived", "parallelism of w: 3 at once", "parallelism of t2 of w: 2"],
        ),
        ([made("t1", 0, 3.5), gone("t1", 0, 4.2), *SOUND], {}, ["pool w: 2 at once, where 1 may be"]),
        ([made("t0", 1, 0), gone("t0", 1, 0.5), *SOUND], {}, []),  # deleted before anybody could tell of it
        ([made("t0", 1, 0), evicted("t0", 1, 0.5), *SOUND], {}, []),  # without a node it is gone at once
        ([made("t1", 1, 0), gone("t1", 1, 0.5), ends("t1", 1, 0.6), gone("t1", 1, 0.7), *SOUND], {}, []),
        ([made("t1", 1, 0), ends("t1", 1, 0.5), gone("t1", 1, 0.6), *SOUND], {}, ["had succeeded"]),
        # A refused eviction may have marked the pod (409); a PodDisruptionBudget refuses before that (429).
        ([made("t1", 1, 0), evicted("t1", 1, 0.4, 409), ends("t1", 1, 0.5), *SOUND], {}, []),
        ([made("t1", 1, 0), evicted("t1", 1, 0.4, 429), ends("t1", 1, 0.5), *SOUND], {}, ["had succeeded"]),
        ([made("t1", 1, 0), ends("t1", 1, 0.5), evicted("t1", 1, 0.6, 409), *SOUND], {}, ["had succeeded"]),
        (  # its program had ended, so the next attempt may begin; its slots it still held
            [made("t0", 0, 0), main_ends("t0", 0, 0.5), *SOUND, ends("t0", 0, 1.5, "Failed")],
            {},
            ["pool w: 2 at once"],
        ),
        ([*SOUND, made("t1", 1, 9, agent="late")], {}, []),  # it was held up by the network, for long
        ([*SOUND, made("t1", 2, 9, agent="late")], {}, ["had succeeded"]),
        (
            [
                *(each for each in SOUND if each != ends("t1", 1, 7)),
                gone("t1", 1, 4.8),
                made("t1", 1, 9, agent="late"),
                ends("t1", 1, 10),
            ],
            {},
            [],  # the run takes what the network repeated, and that succeeded
        ),
        ([*RECORDED, *SOUND], {}, ["attempt 1 of t0 of w was made again"]),
        ([*RECORDED, wiped(0.6), *SOUND], {}, []),  # nothing was left that says that it was
        ([made("t0", 1, 0), wiped(0.1), ends("t0", 1, 0.5), *SOUND], {}, ["had succeeded"]),  # but its pod
        # A pod that had failed went with its node, and what the status told of it was wiped: nobody knows of it.
        (
            [made("t1", 1, 0), ends("t1", 1, 0.3, "Failed"), gone("t1", 1, 0.5), wiped(0.6), *SOUND],
            {"t2": {"phase": "Skipped"}},
            [],
        ),
        ([*RECORDED_ITEM, *SOUND], {}, ["attempt 1 of t2[0] of w was made again"]),
        ([made("t0", 1, 0), ends("t0", 1, 0.5, "Failed"), *SOUND], {}, ["attempt 1 of t0 of w was made again"]),
        ([made("t3", 0, 0), gone("t3", 0, 0.5), *SOUND], {}, ["and it may start once"]),
        ([each for each in SOUND if each != ends("t1", 1, 7)], {}, ["t1 is said to have succeeded, and none"]),
        # The server does not know whether it carried out what it answered by 500.
        ([made("t1", 1, 4, code=500), *SOUND], {}, []),
        ([made("t3", 1, 8, code=503) if each == made("t3", 1, 8) else each for each in SOUND], {}, []),
        ([made("t1", 1, 4.5, code=500) if each == made("t1", 1, 4.5) else each for each in SOUND], {}, []),
        (
            [made("t0", 1, 0, code=503), ends("t0", 1, 0.5, "Failed"), *SOUND],
            {},
            ["attempt 1 of t0 of w was made again"],
        ),
        ([*SOUND, made("t3", 1, 8.2, code=500), gone("t3", 1, 9)], {}, []),  # of the one that was there
        (SOUND, {"t1": {"phase": "Failed"}}, ["t1 ended Failed, and should have Succeeded", "the run ended Succeeded"]),
        (SOUND, {"t1": {"phase": "Running"}}, ["ended without an end of t1"]),
    ],
)
def test_verdict(log, changes, verdict):
    run = {"spec": {"workflow": "w"}, "status": STATUS | {"tasks": STATUS["tasks"] | changes}}
    found = violations(PLANS, [run], lives(log, "n"))
    assert len(found) == len(verdict), found
    for part, words in zip(verdict, found, strict=True):
        assert part in words


@pytest.mark.parametrize(
    ("runs", "verdict"),
    [
        ([], "w has 0 runs"),
        ([STATUS, STATUS], "w has 2 runs"),
        ([{"phase": "Running"}], "w: it has not ended"),
    ],
)
def test_a_run_that_is_lost_or_doubled_or_stuck(runs, verdict):
    found = violations(PLANS, [{"spec": {"workflow": "w"}, "status": run} for run in runs], lives(SOUND, "n"))
    assert len(found) == 1
    assert found[0].startswith(verdict)


@pytest.mark.parametrize(("agent", "exceeded"), [("operator", True), ("late", False)])
def test_the_cap_of_a_run(agent, exceeded):
    crowd = [made("t2.0", 1, 1), made("t2.1", 1, 1), made("t0", 1, 1, agent=agent)]
    found = violations(PLANS, [], lives(crowd, "n"))
    assert ("parallelism of w: 3 at once, where 2 may be" in found) == exceeded
