"""The order of DESIGN's "How an attempt ended": one row a case, the first match counts."""

import pytest

from sluice.core.pod.outcome import pod_outcome
from sluice.core.spec.ending import Ending
from tests.core.kubelet import (
    START,
    accepted,
    being_deleted,
    disrupted,
    exited,
    past_deadline,
    running,
    seen,
    turned_away,
    waiting,
)

SUCCESS, ERROR, TIMEOUT = Ending.SUCCESS, Ending.ERROR, Ending.TIMEOUT
OUT_OF_MEMORY, INFRASTRUCTURE = Ending.OUT_OF_MEMORY, Ending.INFRASTRUCTURE

KILLED = exited(137, "OOMKilled")


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        # 1. its deadline passed
        (past_deadline(running()), TIMEOUT),
        (past_deadline(exited(137)), TIMEOUT),
        (past_deadline(exited(0)), TIMEOUT),
        (past_deadline(disrupted(exited(143))), TIMEOUT),
        (past_deadline(being_deleted(exited(143))), TIMEOUT),
        (past_deadline(waiting("ImagePullBackOff")), TIMEOUT),
        # 2. taken away before its container had ended
        (disrupted(exited(143)), INFRASTRUCTURE),
        (disrupted(exited(0)), INFRASTRUCTURE),  # answered SIGTERM with 0: its work is not done
        (disrupted(KILLED), INFRASTRUCTURE),
        (disrupted(exited(0), type_="TerminationTarget"), INFRASTRUCTURE),
        (disrupted(turned_away("Preempting", "")), INFRASTRUCTURE),
        (being_deleted(running(), asked=5), INFRASTRUCTURE),
        (being_deleted(accepted(), asked=5), INFRASTRUCTURE),
        (being_deleted(exited(0, ended=10), asked=5), INFRASTRUCTURE),
        (being_deleted(exited(0, ended=10), asked=10), INFRASTRUCTURE),  # whole seconds: in doubt, once more
        (being_deleted(exited(143, ended=10), asked=5), INFRASTRUCTURE),
        (being_deleted(KILLED, asked=5), INFRASTRUCTURE),
        # a deletion after its end changes nothing
        (being_deleted(exited(0, ended=10), asked=11), SUCCESS),
        (being_deleted(exited(3, ended=10), asked=11), ERROR),
        # 3. killed for its memory
        (exited(137, "ContainerStatusUnknown"), INFRASTRUCTURE),  # its node cannot say
        (KILLED, OUT_OF_MEMORY),
        # 4. and 5. its exit code
        (exited(0), SUCCESS),
        (exited(1), ERROR),
        (exited(137), ERROR),
        (exited(127, "StartError"), ERROR),
        # its container never ended: its node turned it away
        (turned_away("OutOfcpu", "Node didn't have enough resource: cpu"), INFRASTRUCTURE),
        (turned_away("NodeAffinity", "Pod was rejected"), INFRASTRUCTURE),
        (turned_away("Evicted", "The node was low on resource: memory."), INFRASTRUCTURE),
    ],
)
def test_how_an_attempt_ended(status, ending):
    assert pod_outcome(seen(status)).ending is ending


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (past_deadline(exited(137)), "took longer than its timeout"),
        (disrupted(exited(0), "Eviction API: evicting"), "Eviction API: evicting"),
        (being_deleted(running()), "the pod was deleted before it had finished"),
        (KILLED, "resources.limits.memory"),
        (exited(3), "exit code 3"),
        (exited(3, message="no such table: users"), "exit code 3: no such table: users"),
        (exited(128, "StartError", 'exec: "pyton": not found'), 'exit code 128 (StartError): exec: "pyton": not found'),
        (turned_away("OutOfcpu", "Node didn't have enough resource: cpu"), "OutOfcpu: Node didn't have enough"),
    ],
)
def test_message_says_what_a_person_can_act_on(status, words):
    assert words in pod_outcome(seen(status)).message


def test_end_and_exit_code_are_the_containers():
    ended = pod_outcome(seen(exited(3, ended=10)))
    assert (ended.finished_at, ended.exit_code) == (START + 10, 3)


def test_users_own_init_container_that_failed_is_the_programs_error():
    status = waiting("PodInitializing") | {
        "phase": "Failed",
        "initContainerStatuses": [{"name": "fetch", "state": {"terminated": {"exitCode": 7, "reason": "Error"}}}],
    }
    ended = pod_outcome(seen(status))
    assert ended.ending is ERROR
    assert "fetch" in ended.message
    assert "7" in ended.message


def test_success_is_mains_even_if_the_users_own_sidecar_failed():
    sidecar = {"name": "proxy", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}
    status = exited(0)
    status |= {"phase": "Failed", "containerStatuses": [sidecar, *status["containerStatuses"]]}
    assert pod_outcome(seen(status)).ending is SUCCESS
