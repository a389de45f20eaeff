"""How much memory an attempt gets after so many that ran out of it."""

import pytest

from sluice.core.status.reasons import reason
from tests.core.kubelet import exited
from tests.core.pod.test_builder import main, pod
from tests.core.world import run

KILLED = exited(137, "OOMKilled")


def memory(out_of_memory, growth, *, limit="64Mi", request="32Mi", **fields):
    """(request, limit) in the pod."""
    resources = {"requests": {"cpu": "1", "memory": request}, "limits": {"memory": limit}}
    retries = {"limit": 9, "outOfMemory": growth}
    made = pod(resources=resources, retries=retries, before={"out_of_memory": out_of_memory}, **fields)
    found = main(made)["resources"]
    assert found["requests"]["cpu"] == "1"
    return found["requests"]["memory"], found["limits"]["memory"]


@pytest.mark.parametrize(
    ("times", "growth", "request_", "limit"),
    [
        (0, {"max": "1Gi"}, "32Mi", "64Mi"),
        (1, {"max": "1Gi"}, "64Mi", "128Mi"),
        (2, {"max": "1Gi"}, "128Mi", "256Mi"),
        (4, {"max": "1Gi"}, "512Mi", "1Gi"),
        (5, {"max": "1Gi"}, "1Gi", "1Gi"),
        (99, {"max": "1Gi"}, "1Gi", "1Gi"),
        (1, {"max": "1Gi", "memoryFactor": 1.5}, "48Mi", "96Mi"),
        (3, {"max": "1Gi", "memoryFactor": 1.1}, "43Mi", "86Mi"),  # rounded up from 42.6 and 85.2
        (1, {"max": "100M"}, "64Mi", "100M"),  # never above, whatever the unit
        (1, {"max": 10**8}, "64Mi", "100000000"),
        (1, {"max": "$(params.most)"}, "64Mi", "96Mi"),
        (1, {"max": "97500k", "memoryFactor": 1.45}, "47Mi", "97500k"),  # 92.8Mi are less, and 93Mi, rounded up, more
        (40, {"max": "8Gi", "memoryFactor": 100}, "8Gi", "8Gi"),
        (2**31, {"max": "8Gi", "memoryFactor": 1.1}, "8Gi", "8Gi"),  # by a status made up by hand
    ],
)
def test_request_and_limit_grow_with_each_out_of_memory_up_to_max(times, growth, request_, limit):
    assert memory(times, growth, parameters={"most": "96Mi"}) == (request_, limit)


def test_memory_that_is_above_max_from_the_start_is_not_taken_away():
    assert memory(1, {"max": "48Mi"}) == ("48Mi", "64Mi")


def test_without_the_policy_nothing_grows():
    assert main(pod(resources={"limits": {"memory": "64Mi"}}, before={"out_of_memory": 3}))["resources"] == {
        "limits": {"memory": "64Mi"}
    }


def growing(**retries):
    policy = {"limit": 2, "outOfMemory": {"max": "128Mi"}} | retries
    return run("a", fields={"a": {"resources": {"limits": {"memory": "64Mi"}}, "retries": policy}})


def test_reason_says_what_the_next_attempt_gets_and_what_the_last_one_had():
    world = growing()
    words = [
        "Backoff: until 00:00:01Z, 1 of 2 retries used, next with 128Mi of memory",
        "Backoff: until 00:00:03Z, 2 of 2 retries used, next with 128Mi of memory",  # at max: no more, but once again
        "OutOfMemory: 2 of 2 retries used, the last with 128Mi of memory",
    ]
    for delay, expected in zip((0, 1, 2), words, strict=True):
        world.starts(after=delay)
        world.sees("a", KILLED)
        world.decide()
        assert reason(world.run, 0).text == expected


def test_other_endings_grow_nothing():
    world = growing()
    world.starts()
    world.ends("a", 1)
    world.decide()
    assert (world.task("a").used.limit, world.task("a").used.out_of_memory) == (1, 0)
    assert reason(world.run, 0).text == "Backoff: until 00:00:01Z, 1 of 2 retries used"


def test_count_is_in_the_status():
    world = growing()
    world.starts()
    world.sees("a", KILLED)
    world.decide()
    world.writes()
    assert world.stored["tasks"]["a"]["retries"] == {"limit": 1, "infrastructure": 0, "outOfMemory": 1}
