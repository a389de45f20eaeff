"""DESIGN's "How an attempt ended": what `main` did decides, and where it did not end by itself, what struck first."""

import pytest

from sluice.core.pod.outcome import pod_outcome
from sluice.core.spec.definition import Definition
from sluice.core.spec.ending import Ending
from tests.core.kubelet import (
    START,
    accepted,
    at,
    being_deleted,
    disrupted,
    exited,
    past_deadline,
    running,
    seen,
    turned_away,
    waiting,
)
from tests.core.world import graph

SUCCESS, ERROR, TIMEOUT = Ending.SUCCESS, Ending.ERROR, Ending.TIMEOUT
OUT_OF_MEMORY, INFRASTRUCTURE = Ending.OUT_OF_MEMORY, Ending.INFRASTRUCTURE

KILLED = exited(137, "OOMKilled")
EVICTED = {"reason": "Evicted", "message": "The node was low on resource: memory."}
TASK = Definition.of(graph("a", a={"timeout": "30s"})).tasks[0]  # so its deadline is 31 s after the start


def failed_before(code, reason):
    """An init container failed, so the program never started."""
    terminated = {"exitCode": code, "reason": reason, "message": "no route", "finishedAt": at(5)}
    init = {"name": "fetch", "state": {"terminated": terminated}}
    return waiting("PodInitializing") | {"phase": "Failed", "initContainerStatuses": [init]}


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        # its deadline passed
        (past_deadline(running()), TIMEOUT),
        (past_deadline(exited(137, ended=31)), TIMEOUT),
        (past_deadline(exited(0, ended=31)), TIMEOUT),  # in the same second: it may have answered SIGTERM
        (past_deadline(exited(0, ended=30)), SUCCESS),  # another container went on
        (past_deadline(exited(3, ended=30)), ERROR),
        (past_deadline(KILLED), OUT_OF_MEMORY),
        (past_deadline(disrupted(exited(143, ended=31))), TIMEOUT),
        (past_deadline(being_deleted(exited(143, ended=31))), TIMEOUT),
        (past_deadline(waiting("ImagePullBackOff")), INFRASTRUCTURE),  # its program has not started
        # taken away before its program had ended
        (disrupted(exited(143)), INFRASTRUCTURE),
        (disrupted(exited(0)), INFRASTRUCTURE),  # answered SIGTERM with 0: its work is not done
        (disrupted(KILLED), INFRASTRUCTURE),
        (disrupted(exited(0), type_="TerminationTarget"), INFRASTRUCTURE),
        (disrupted(turned_away("Preempting", "")), INFRASTRUCTURE),
        (disrupted(exited(0), asked=10), INFRASTRUCTURE),  # whole seconds: in doubt, once more
        (disrupted(exited(0), asked=11), SUCCESS),
        (disrupted(exited(3), asked=11), ERROR),
        (disrupted(KILLED, asked=11), OUT_OF_MEMORY),
        (being_deleted(running(), asked=5), INFRASTRUCTURE),
        (being_deleted(accepted(), asked=5), INFRASTRUCTURE),
        (being_deleted(exited(0, ended=10), asked=5), INFRASTRUCTURE),
        (being_deleted(exited(0, ended=10), asked=10), INFRASTRUCTURE),  # whole seconds: in doubt, once more
        (being_deleted(exited(143, ended=10), asked=5), INFRASTRUCTURE),
        (being_deleted(KILLED, asked=5), INFRASTRUCTURE),
        # a deletion after its end changes nothing
        (being_deleted(exited(0, ended=10), asked=11), SUCCESS),
        (being_deleted(exited(3, ended=10), asked=11), ERROR),
        # its own end
        (exited(137, "ContainerStatusUnknown"), INFRASTRUCTURE),  # its node cannot say
        (exited(255, "Unknown"), INFRASTRUCTURE),  # nor can one that was restarted
        (exited(255, "Error"), ERROR),
        (KILLED, OUT_OF_MEMORY),
        (exited(0, "OOMKilled"), SUCCESS),  # a child of it was killed, and it did without
        (exited(0), SUCCESS),
        (exited(1), ERROR),
        (exited(137), ERROR),
        (exited(127, "StartError"), ERROR),
        # its program never started
        (failed_before(7, "Error"), INFRASTRUCTURE),
        (failed_before(137, "OOMKilled"), INFRASTRUCTURE),
        (turned_away("OutOfcpu", "Node didn't have enough resource: cpu"), INFRASTRUCTURE),
        (turned_away("NodeAffinity", "Pod was rejected"), INFRASTRUCTURE),
        (turned_away("Evicted", "The node was low on resource: memory."), INFRASTRUCTURE),
    ],
)
def test_how_an_attempt_ended(status, ending):
    assert pod_outcome(seen(status, TASK)).ending is ending


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (past_deadline(exited(137, ended=31)), "took longer than its timeout"),
        (past_deadline(accepted()), "its timeout was over before its program had started"),
        (failed_before(7, "Error"), "init container fetch failed: exit code 7: no route"),
        (failed_before(137, "OOMKilled"), "init container fetch failed: exit code 137 (OOMKilled): no route"),
        (
            disrupted(exited(137)) | EVICTED,
            "the pod was evicted: Eviction API: evicting: Evicted: The node was low on resource: memory.",
        ),
        (exited(137) | EVICTED, "exit code 137: Evicted: The node was low on resource: memory."),
        (
            exited(137, "ContainerStatusUnknown") | EVICTED,
            "the node lost track of the container: Evicted: The node was low on resource: memory.",
        ),
        (
            being_deleted(running(), asked=5) | {"reason": "Terminated", "message": "imminent node shutdown"},
            "the pod was deleted before it had finished: Terminated: imminent node shutdown",
        ),
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
    assert words in pod_outcome(seen(status, TASK)).message


def test_end_and_exit_code_are_the_containers():
    ended = pod_outcome(seen(exited(3, ended=10)))
    assert (ended.finished_at, ended.exit_code) == (START + 10, 3)


def test_a_program_that_could_not_be_started_did_not_start_in_1970():
    status = exited(128, "StartError")
    status["containerStatuses"][0]["state"]["terminated"]["startedAt"] = "1970-01-01T00:00:00Z"
    assert seen(status).container.started_at is None
    assert pod_outcome(seen(status)).ending is ERROR


def test_success_is_mains_even_if_the_users_own_sidecar_failed():
    sidecar = {"name": "proxy", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}
    status = exited(0)
    status |= {"phase": "Failed", "containerStatuses": [sidecar, *status["containerStatuses"]]}
    assert pod_outcome(seen(status)).ending is SUCCESS
