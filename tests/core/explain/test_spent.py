"""What the time of one task went to."""

import pytest

from sluice.core.explain.seen import RunSeen
from sluice.core.explain.spent import where_time_went
from sluice.core.pod.builder import Item
from sluice.core.spec.definition import Definition
from tests.core.kubelet import RUN, START, at, exited, pod, running, unschedulable

GRAPH = {
    "tasks": [
        {"name": "extract", "image": "busybox"},
        {"name": "load", "image": "busybox", "dependsOn": ["extract"]},
        {"name": "alert", "image": "busybox", "dependsOn": ["extract", "load"], "runIf": "OneFailed"},
        {"name": "each", "image": "busybox", "forEach": {"range": {"end": 2}}},
        {"name": "tidy", "image": "busybox", "finally": True},
        {"name": "ship", "approval": {}},
    ]
}
_, LOAD, _, EACH, *_ = Definition.of(GRAPH).tasks
ENDED = {"phase": "Succeeded", "startedAt": at(-90), "finishedAt": at(-40)}


def went(task, entry, *pods, item=None, time=None, extract=ENDED):
    """The run began at -100; now it is 60."""
    status = {"phase": "Running", "startedAt": at(-100), "time": time or {}, "tasks": {"extract": extract, task: entry}}
    run = {"metadata": {"name": RUN.name, "uid": RUN.uid}, "spec": {"workflow": "etl"}, "status": status}
    return where_time_went(RunSeen(run, START + 60, graph=GRAPH, pods=pods), task, item)


PULLS = {"type": "PodReadyToStartContainers", "status": "True", "lastTransitionTime": at(4)}


def sandbox(status):
    return {**status, "conditions": [*status["conditions"], PULLS]}


def later(seconds, made):
    return made | {"metadata": {**made["metadata"], "creationTimestamp": at(seconds)}}


PARTS = "dependencies 1m00s, {} 40s, no node 1s, mounts 3s, image 5s, running 21s"


@pytest.mark.parametrize(
    ("time", "held_up_by"),
    [
        ({"pool/warehouse": "44m", "running": "31m", "starting": "1s"}, "pool/warehouse"),
        ({"pool/warehouse": "44m", "parallelism": "3s"}, "limits"),  # which of them the status does not say
        ({}, "limits"),
    ],
)
def test_the_course_of_a_pod_splits_the_time(time, held_up_by):
    ended = pod(sandbox(exited(started=9, ended=30)), LOAD)
    assert went("load", ENDED, ended, time=time) == PARTS.format(held_up_by)


def test_what_goes_on_lasts_until_now():
    assert went("load", {"phase": "Running"}, pod(running(), LOAD)) == (
        "dependencies 1m00s, limits 40s, no node 1s, image 1s, running 58s"
    )
    stuck = went("load", {"phase": "Pending"}, pod(unschedulable(), LOAD))
    assert stuck == "dependencies 1m00s, limits 40s, no node 1m00s"
    waits = {"phase": "Pending", "reason": "Pool: warehouse 1/1, held by b-1/x"}
    assert went("load", waits) == "dependencies 1m00s, limits (now Pool) 1m40s"
    behind = {"phase": "Pending", "reason": "WaitingFor: extract"}
    assert went("load", behind, extract={"phase": "Running"}) == "dependencies 2m40s"


def test_what_lies_between_two_attempts_is_told():
    pods = [pod(exited(1, ended=10), LOAD), later(25, pod(running(started=30, placed=26), LOAD, attempt=2))]
    assert went("load", {"phase": "Running"}, *pods) == (
        "dependencies 1m00s, limits 40s, no node 2s, image 5s, running 38s, between attempts 15s"
    )
    assert went("load", {"phase": "Running"}, pods[1]) == (
        "dependencies 1m00s, earlier attempts 1m05s, no node 1s, image 4s, running 30s"
    )


def test_without_pods_there_is_the_last_attempt():
    entry = {"phase": "Succeeded", "startedAt": at(2), "finishedAt": at(10)}
    assert went("load", entry) == "dependencies 1m00s, limits 42s, its last attempt 8s"


def test_a_rule_that_does_not_wait_for_all_leaves_the_time_before_the_start_whole():
    entry = {"phase": "Succeeded", "startedAt": at(2), "finishedAt": at(10)}
    assert went("alert", entry) == "before its start 1m42s, its last attempt 8s"
    skipped = {"phase": "Skipped"}  # the status does not say when
    assert went("load", entry, extract=skipped) == "before its start 1m42s, its last attempt 8s"
    assert went("tidy", {"phase": "Pending", "reason": "WaitingFor: 3 tasks"}) == "dependencies 2m40s"


def test_the_items_of_a_fan_out_add_up():
    pods = [pod(exited(), EACH, item=Item(index, index)) for index in range(2)]
    together = "limits 3m20s, no node 2s, image 2s, running 16s (2 items together)"
    assert went("each", ENDED, *pods) == together
    assert went("each", ENDED, *pods, item=1) == "limits 1m40s, no node 1s, image 1s, running 8s"


def test_what_asks_a_person_has_no_pods():
    assert went("ship", {"phase": "Running", "startedAt": at(0)}) == ""
