from dataclasses import replace

import pytest

from sluice.core.pod.deadlines import pod_deadline
from sluice.core.spec.ending import Ending
from tests.core.kubelet import START, TASK, accepted, being_deleted, exited, running, seen, unschedulable, waiting

MINUTE, DAY = 60, 24 * 3600
TIMED = replace(TASK, timeout_s=90)


@pytest.mark.parametrize(
    ("status", "at"),
    [
        (accepted(), DAY),
        (unschedulable(), DAY),  # a full cluster is not a failed task, for a day
        (waiting("ErrImagePull", placed=7), 7 + 10 * MINUTE),
        (waiting("ImagePullBackOff", placed=7), 7 + 10 * MINUTE),
        (waiting("InvalidImageName", placed=7), 7 + 10 * MINUTE),
        (waiting("CreateContainerConfigError", placed=7), 7 + 10 * MINUTE),
    ],
)
def test_what_cannot_get_better_is_given_up(status, at):
    found = pod_deadline(TASK, seen(status))
    assert found.at == START + at
    assert found.outcome.ending is Ending.GAVE_UP


@pytest.mark.parametrize(
    ("own_s", "status", "limit_s"),
    [
        (None, unschedulable(), 60 * MINUTE),
        (None, accepted(), 60 * MINUTE),
        (None, waiting("ErrImagePull", placed=0), 10 * MINUTE),
        (2 * DAY, unschedulable(), 2 * DAY),
    ],
)
def test_slots_of_a_pool_are_not_held_for_a_day_without_use(own_s, status, limit_s):
    task = replace(TASK, pools=(("warehouse", 1),), pending_timeout_s=own_s)
    assert pod_deadline(task, seen(status)).at == START + limit_s


@pytest.mark.parametrize(
    "status",
    [
        waiting("ContainerCreating"),
        waiting("PodInitializing"),
        running(),
        exited(0),
        exited(1),
        being_deleted(unschedulable()),
        being_deleted(waiting("ImagePullBackOff")),
    ],
)
def test_what_gets_on_or_ends_anyway_is_left_alone(status):
    assert pod_deadline(TASK, seen(status)) is None


@pytest.mark.parametrize("status", [running(placed=7), waiting("ContainerCreating", placed=7)])
def test_operator_backs_the_kubelet_up_a_minute_after_the_timeout(status):
    found = pod_deadline(TIMED, seen(status))
    assert found.at == START + 7 + 90 + MINUTE
    assert found.outcome.ending is Ending.TIMEOUT


def test_words_say_how_long_and_why():
    scheduling = pod_deadline(TASK, seen(unschedulable("0/3 nodes have 64 CPUs"))).outcome.message
    assert scheduling == "gave up after 24h: found no node: 0/3 nodes have 64 CPUs"
    image = pod_deadline(TASK, seen(waiting("ErrImagePull", "not found"))).outcome.message
    assert image == "gave up after 10m: ErrImagePull: not found"


def test_image_of_the_users_own_init_container_is_seen():
    status = waiting("PodInitializing") | {
        "initContainerStatuses": [
            {"name": "fetch", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no"}}}
        ]
    }
    assert pod_deadline(TASK, seen(status)).outcome.ending is Ending.GAVE_UP
