from dataclasses import replace

import pytest

from sluice.core.pod.deadlines import pod_deadline
from sluice.core.pod.view import pod_view
from sluice.core.spec.ending import Ending
from tests.core.kubelet import (
    START,
    TASK,
    accepted,
    at,
    being_deleted,
    exited,
    pod,
    running,
    seen,
    unschedulable,
    waiting,
)

MINUTE, DAY = 60, 24 * 3600
TIMED = replace(TASK, timeout_s=90)


@pytest.mark.parametrize(
    ("status", "until"),
    [
        (accepted(), DAY),
        (unschedulable(), DAY),  # a full cluster is not a failed task, for a day
        (waiting("ErrImagePull", placed=7), 7 + 10 * MINUTE),
        (waiting("ImagePullBackOff", placed=7), 7 + 10 * MINUTE),
        (waiting("InvalidImageName", placed=7), 7),  # waiting makes no name of it
        (waiting("ErrImageNeverPull", placed=7), 7),
        (waiting("CreateContainerConfigError", placed=7), 7 + 10 * MINUTE),
    ],
)
def test_what_cannot_get_better_is_given_up(status, until):
    found = pod_deadline(TASK, seen(status))
    assert found.at == START + until
    assert found.outcome.ending is Ending.GAVE_UP


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            "InvalidImageName",
            "write its image as NAME, NAME:TAG or NAME@DIGEST, in lower case and without https://",
        ),
        (
            "ErrImageNeverPull",
            "with imagePullPolicy Never the image must be on the node: load it there, or let it be pulled",
        ),
    ],
)
def test_an_image_that_cannot_be_says_what_to_do_whatever_the_task_waits_for(reason, words):
    found = pod_deadline(replace(TASK, pending_timeout_s=900), seen(waiting(reason, "couldn't find it")))
    assert (found.at, found.outcome.message) == (START + 1, f"{reason}: couldn't find it; {words}")


def ready_to_start(status, second, *, holds=True):
    condition = {"type": "PodReadyToStartContainers", "status": str(holds), "lastTransitionTime": at(second)}
    return status | {"conditions": [*status["conditions"], condition]}


def init(name, state):
    return {"name": name, "state": state}


def ended(second):
    return {"terminated": {"exitCode": 0, "startedAt": at(2), "finishedAt": at(second)}}


PULL_FAILS = {"waiting": {"reason": "ErrImagePull", "message": "not found"}}
INITIALIZING = {"waiting": {"reason": "PodInitializing"}}
RUNS = {"running": {"startedAt": at(2)}}


@pytest.mark.parametrize(
    ("status", "inits", "since"),
    [
        (waiting("ErrImagePull", placed=7), [], 7),
        (waiting("CreateContainerConfigError", placed=7), [], 7),
        (ready_to_start(waiting("ErrImagePull", placed=7), 900), [], 900),  # its volume came late
        (ready_to_start(waiting("ErrImagePull", placed=7), 900, holds=False), [], 7),
        (waiting("ErrImagePull"), [init("fetch", ended(3600))], 3600),  # an hour's work, and only then its image
        (waiting("ErrImagePull"), [init("fetch", ended(60)), init("unpack", ended(3600))], 3600),
        (waiting("PodInitializing"), [init("fetch", ended(3600)), init("unpack", PULL_FAILS)], 3600),
        (waiting("PodInitializing"), [init("fetch", PULL_FAILS), init("unpack", INITIALIZING)], 1),
        (waiting("ErrImagePull"), [init("proxy", RUNS)], 1),
        (waiting("ErrImagePull"), [init("proxy", ended(3600))], 1),  # it goes on beside the others, and has crashed
    ],
)
def test_patience_with_an_image_counts_from_when_it_could_first_be_pulled(status, inits, since):
    body = pod(status | {"initContainerStatuses": inits})
    sidecar = {"name": "proxy", "image": "proxy", "restartPolicy": "Always"}
    body["spec"] |= {"initContainers": [{"name": "fetch"}, {"name": "unpack"}, sidecar]}
    assert pod_deadline(TASK, pod_view(body)).at == START + since + 10 * MINUTE


@pytest.mark.parametrize(
    ("status", "ungated", "until"),
    [
        (unschedulable(), None, DAY),
        (unschedulable(), 2 * DAY, 3 * DAY),
        (accepted(), 2 * DAY, 3 * DAY),
        (waiting("ErrImagePull", placed=2 * DAY + 5), 2 * DAY, 2 * DAY + 5 + 10 * MINUTE),
    ],
)
def test_patience_with_the_scheduler_counts_from_when_the_gate_was_lifted(status, ungated, until):
    found = pod_deadline(TASK, seen(status), None if ungated is None else START + ungated)
    assert found.at == START + until


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
        running(),
        exited(0),
        exited(1),
        being_deleted(unschedulable()),
        being_deleted(waiting("ImagePullBackOff")),
    ],
)
def test_what_gets_on_or_ends_anyway_is_left_alone(status):
    assert pod_deadline(TASK, seen(status)) is None


@pytest.mark.parametrize(
    ("status", "ending"),
    [(running(placed=7), Ending.TIMEOUT), (waiting("ContainerCreating", placed=7), Ending.INFRASTRUCTURE)],
)
def test_operator_backs_the_kubelet_up_a_minute_after_the_timeout(status, ending):
    found = pod_deadline(TIMED, seen(status))
    assert found.at == START + 7 + 90 + MINUTE
    assert found.outcome.ending is ending


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (waiting("ContainerCreating", placed=7), "did not start in 10m on node node-1: ContainerCreating"),
        (waiting("PodInitializing", placed=7), "did not start in 10m on node node-1: PodInitializing"),
        (
            waiting("PodInitializing", placed=7)
            | {"initContainerStatuses": [init("fetch", {"waiting": {"reason": "CrashLoopBackOff", "message": "no"}})]},
            "did not start in 10m on node node-1: CrashLoopBackOff: init container fetch: no",
        ),
    ],
)
def test_a_pod_that_is_placed_and_never_starts_costs_a_retry_of_the_infrastructure(status, words):
    found = pod_deadline(TASK, seen(status))
    assert found.at == START + 7 + 10 * MINUTE
    assert (found.outcome.ending, found.outcome.message) == (Ending.INFRASTRUCTURE, words)
    assert pod_deadline(replace(TASK, pending_timeout_s=60), seen(status)).at == START + 7 + MINUTE


def test_an_init_container_may_take_its_time():
    body = pod(waiting("PodInitializing") | {"initContainerStatuses": [init("fetch", RUNS)]})
    body["spec"] |= {"initContainers": [{"name": "fetch"}]}
    assert pod_deadline(TASK, pod_view(body)) is None


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


@pytest.mark.parametrize(("status", "ending"), [("init", Ending.INFRASTRUCTURE), ("main", Ending.TIMEOUT)])
def test_a_node_that_does_not_end_a_pod_costs_the_user_a_timeout_only_if_the_program_had_started(status, ending):
    task = replace(TASK, timeout_s=60)
    if status == "main":
        found = pod_deadline(task, seen(running()))
    else:
        body = pod(waiting("PodInitializing") | {"initContainerStatuses": [init("fetch", RUNS)]})
        body["spec"] |= {"initContainers": [{"name": "fetch"}]}
        found = pod_deadline(task, pod_view(body))
    assert found.outcome.ending is ending
