"""What a user reads who asks for retries that could not be made."""

import pytest

from tests.core.validation.judged import A, B, faults

LIMIT = {"resources": {"limits": {"memory": "64Mi"}}}
GROW = {"retries": {"limit": 2, "outOfMemory": {"max": "1Gi"}}}
AT = "spec.tasks[0].retries.outOfMemory"
NO_LIMIT = "there is no memory limit that could grow; set resources.limits.memory"


def retries(**more):
    return {"retries": {"limit": 2, "outOfMemory": {"max": "1Gi"}} | more}


@pytest.mark.parametrize(
    ("task", "found"),
    [
        (LIMIT | GROW, []),
        (GROW, [f"{AT}: {NO_LIMIT}"]),
        ({"resources": {"requests": {"memory": "1Mi"}}} | GROW, [f"{AT}: {NO_LIMIT}"]),
        (LIMIT | retries(outOfMemory={}), [f"{AT}.max: is required"]),
        (LIMIT | retries(outOfMemory={"max": "lots"}), [f"{AT}.max: 'lots' is not a quantity; write for example 8Gi"]),
        (
            LIMIT | retries(outOfMemory={"max": "64Mi"}),
            [f"{AT}.max: '64Mi' is no more than the memory limit, 64Mi; raise it"],
        ),
        (LIMIT | retries(limit=0), [f"{AT}: no other attempt would be made, as retries.limit is 0; raise it"]),
        (
            LIMIT | retries(endings=["Error"]),
            [f"{AT}: no other attempt would be made, as retries.endings is without OutOfMemory; add it there"],
        ),
    ],
)
def test_more_memory_after_out_of_memory(task, found):
    assert faults(A | task) == found


@pytest.mark.parametrize(
    ("tasks", "found"),
    [
        ([A, B | LIMIT], []),  # a task without a memory limit does not run into it
        ([A | LIMIT | {"retries": {"limit": 1}}], []),
        ([A, B], [f"spec.defaults.retries.outOfMemory: {NO_LIMIT}"]),
        ([A | LIMIT | {"retries": {"outOfMemory": {"max": "64M"}}}, B | LIMIT], ["'64M' is no more than"]),
    ],
)
def test_more_memory_by_default(tasks, found):
    told = faults(*tasks, defaults=GROW)
    assert len(told) == len(found)
    assert all(words in fault for words, fault in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("poll", "found"),
    [
        ({"every": "30s"}, []),
        ({"every": "30s", "timeout": "1h"}, []),
        ({"every": "30s", "timeout": "1h", "onTimeout": "Skip"}, []),
        (
            {"every": "30s", "onTimeout": "Skip"},
            ["spec.tasks[0].poll.onTimeout: counts when the time is up, and there is no limit; add `timeout`"],
        ),
        ({}, ["spec.tasks[0].poll.every: is required"]),
        ({"every": "0s"}, ["spec.tasks[0].poll.every: '0s' is no pause; write for example 30s"]),
        (
            {"every": "1m", "timeout": "60s"},
            ["spec.tasks[0].poll.timeout: '60s' is over before the second try; raise it, or lower `every`"],
        ),
    ],
)
def test_poll(poll, found):
    assert faults(A | {"poll": poll}) == found


def test_memory_limit_of_the_defaults_counts():
    assert faults(A | GROW, defaults=LIMIT) == []


@pytest.mark.parametrize(
    ("defaults", "task", "paths"),
    [
        ({}, {"execution": "AtMostOnce"}, []),
        ({}, {"execution": "AtMostOnce", "limit": 2}, ["spec.tasks[0].retries.limit"]),
        ({}, {"execution": "AtMostOnce", "infrastructure": 2}, ["spec.tasks[0].retries.infrastructure"]),
        ({"limit": 2}, {"execution": "AtMostOnce"}, []),  # the task's own word counts
        ({"execution": "AtMostOnce"}, {"limit": 2}, ["spec.tasks[0].retries.limit"]),
        ({"execution": "AtMostOnce"}, {"execution": "AtLeastOnce", "limit": 2}, []),
        ({"execution": "AtMostOnce", "limit": 1}, {}, ["spec.defaults.retries.limit"]),
    ],
)
def test_at_most_once_goes_without_other_attempts(defaults, task, paths):
    found = faults(A | {"retries": task}, defaults={"retries": defaults})
    assert [fault.partition(":")[0] for fault in found] == paths


def test_at_most_once_does_not_poll():
    found = faults(A | {"retries": {"execution": "AtMostOnce"}, "poll": {"every": "30s"}})
    assert [fault.partition(":")[0] for fault in found] == ["spec.tasks[0].poll"]
