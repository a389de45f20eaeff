"""Why a task is not running: one row a reason."""

from dataclasses import replace

import pytest

from sluice.core.pod.create_errors import CreateError
from sluice.core.status.reasons import Reason, reason
from tests.core.kubelet import accepted, being_deleted, disrupted, exited, running, unschedulable, waiting
from tests.core.world import run

PULL = "Back-off pulling image"


def why(world, task):
    return reason(world.run, world.number(task))


@pytest.mark.parametrize(
    ("text", "ended", "words"),
    [
        ("a >> b", {}, "WaitingFor: a"),
        ("a, b >> c", {"a": "Succeeded"}, "WaitingFor: b"),
        ("a, b, c >> d", {}, "WaitingFor: a, b, c"),
        ("a, b, c, d, e >> f", {}, "WaitingFor: a, b, c and 2 more"),
        ("a, b, c >> d", {"a": "Failed", "b": "UpstreamFailed"}, "UpstreamFailed: a, b"),
    ],
)
def test_dependencies(text, ended, words):
    world = run(text, **ended)
    assert why(world, text[-1]) == Reason(words)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (accepted(), Reason("Scheduling: its pod waits for the cluster's scheduler")),
        (unschedulable("0/3 nodes have 64 CPUs"), Reason("Unschedulable: 0/3 nodes have 64 CPUs")),
        (waiting("ContainerCreating"), Reason("ContainerCreating: on node node-1")),
        (waiting(""), Reason("Starting: on node node-1")),
        (
            waiting("ImagePullBackOff", PULL),
            Reason("ImagePullBackOff: check the image's name and the pull secret", PULL),
        ),
        (
            waiting("CreateContainerConfigError", 'secret "s" not found'),
            Reason("CreateContainerConfigError: on node node-1", 'secret "s" not found'),
        ),
        (being_deleted(unschedulable()), Reason("Terminating: its pod is being deleted")),
        (being_deleted(running()), Reason("Terminating: its pod is being deleted on node node-1")),
        (
            being_deleted(disrupted(running(), "Taint manager: deleting due to NoExecute taint")),
            Reason(
                "Terminating: its pod is being deleted on node node-1", "Taint manager: deleting due to NoExecute taint"
            ),
        ),
        (running(), Reason()),
    ],
)
def test_pod(status, words):
    world = run("a")
    world.starts()
    world.sees("a", status)
    world.decide()
    assert why(world, "a") == words


def test_pod_that_we_delete_says_for_what():
    world = run("a")
    world.starts()
    world.sees("a", waiting("ErrImagePull", "not found"))
    world.decide()
    world.decide(after=601)
    world.sees("a", being_deleted(waiting("ErrImagePull", "not found")))
    assert why(world, "a") == Reason(
        "Terminating: its pod is being deleted on node node-1", "gave up after 10m: ErrImagePull: not found"
    )


def test_pod_that_somebody_keeps_from_going_says_so():
    world = run("a")
    world.starts()
    pod = world.pod("a", being_deleted(unschedulable()))
    world.run.pods.observe(replace(pod, finalizer="example.com/keep"))
    assert why(world, "a") == Reason("Terminating: its pod is being deleted, and waits for finalizer example.com/keep")


def test_parallelism_says_how_many_run():
    world = run("a, b, c", parallelism=2)
    world.starts()
    assert why(world, "c") == Reason("Parallelism: 2/2")


def test_suspended_says_what_to_do():
    world = run("a", state="Suspended")
    world.decide()
    assert why(world, "a") == Reason("Suspended: the run starts no task until spec.state is Running")


def test_starting():
    world = run("a")
    world.decide()
    assert why(world, "a") == Reason("Starting: its pod is being created")


@pytest.mark.parametrize("refusal", [CreateError.QUOTA, CreateError.BUSY, CreateError.NAMESPACE_GONE])
def test_refused_run_holds_all_its_ready_tasks(refusal):
    world = run("a, b", parallelism=1)
    world.decide()
    world.refuses("a", refusal, "the server's words")
    for task in "ab":
        assert why(world, task) == Reason(
            f"{refusal}: the API server takes no pod at present; trying again", "the server's words"
        )


@pytest.mark.parametrize("refusal", [CreateError.FORBIDDEN, CreateError.NAME_TAKEN])
def test_refused_task_says_when_it_tries_again(refusal):
    world = run("a", parallelism=1)
    world.decide()
    world.refuses("a", refusal, "the server's words")
    assert why(world, "a") == Reason(f"{refusal}: trying again at 00:00:00Z", "the server's words")


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"limit": 2}, exited(3), Reason("Backoff: until 00:00:01Z, 1 of 2 retries used", "exit code 3")),
        (
            {},
            being_deleted(running()),
            Reason(
                "Backoff: until 00:00:01Z, 1 of 5 infrastructure retries used",
                "the pod was deleted before it had finished",
            ),
        ),
    ],
)
def test_backoff_says_until_when_and_who_pays(fields, status, words):
    world = run("a", fields={"a": {"retries": fields}})
    world.starts()
    world.loses("a", status)
    world.decide()
    assert why(world, "a") == words


@pytest.mark.parametrize(
    ("retries", "status", "words"),
    [
        ({}, exited(3, message="bye"), Reason("Error", "exit code 3: bye")),
        ({"limit": 1}, exited(3), Reason("Error: 1 of 1 retries used", "exit code 3")),
        ({"limit": 1, "exitCodes": [3]}, exited(3), Reason("Error: 1 of 1 retries used", "exit code 3")),
        (
            {"limit": 3, "exitCodes": [75]},
            exited(3),
            Reason("Error: 0 of 3 retries used, as exit code 3 is not among retries.exitCodes", "exit code 3"),
        ),
        (
            {"limit": 3, "endings": ["Timeout"]},
            exited(3),
            Reason("Error: 0 of 3 retries used, as Error is not among retries.endings", "exit code 3"),
        ),
        ({"exitCodes": [75]}, exited(3), Reason("Error", "exit code 3")),
        (
            {},
            exited(137, "OOMKilled"),
            Reason("OutOfMemory", "ran out of memory (OOMKilled); raise resources.limits.memory"),
        ),
        (
            {"infrastructure": 1},
            being_deleted(running()),
            Reason("Infrastructure: 1 of 1 infrastructure retries used", "the pod was deleted before it had finished"),
        ),
        (
            {"infrastructure": 0},
            running(),
            Reason("Lost", "the pod is gone and nobody saw how it ended"),
        ),
    ],
)
def test_failed_says_how_the_last_attempt_ended(retries, status, words):
    world = run("a", fields={"a": {"retries": retries}})
    while world.phases["a"] == "Pending":
        world.starts(after=60)
        world.writes()  # at most once: recorded first
        if world.run.slots.live:
            world.starts()
            world.loses("a", status)
    assert why(world, "a") == words


def test_given_up_task_needs_no_count_of_retries():
    world = run("a", fields={"a": {"retries": {"limit": 3}}})
    world.decide()
    world.refuses("a", CreateError.INVALID, "spec.containers[0].image: Required value")
    assert why(world, "a") == Reason("GaveUp", "Invalid: spec.containers[0].image: Required value")


def test_stopped_and_succeeded():
    world = run("a, b", state="Stopped", a="Stopped", b="Succeeded")
    assert why(world, "a") == Reason("Stopped: the run was stopped")
    assert why(world, "b") == Reason()
