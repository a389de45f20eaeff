"""`main` has ended, and another container of its pod goes on."""

import pytest

from sluice.core.pod.outcome import pod_outcome
from sluice.core.pod.view import pod_view
from sluice.core.spec.ending import Ending
from tests.core.kubelet import being_deleted, beside, disrupted, exited, past_deadline, pod, running, seen
from tests.core.world import run


def test_a_task_ends_with_main_and_its_pod_keeps_its_slot_until_it_is_terminal():
    world = run("a, b", parallelism=1)
    assert world.starts() == ["a"]
    world.sees("a", beside(exited(0)))
    assert world.decided() == []
    assert (world.phases["a"], world.reasons["b"]) == ("Succeeded", "Parallelism: 1/1")
    world.sees("a", past_deadline(beside(exited(0), others_end=20)))
    assert world.decided() == ["create b/1"]


def test_a_pod_that_is_removed_frees_its_slot_too():
    world = run("a, b", parallelism=1)
    world.starts()
    world.sees("a", beside(exited(0)))
    world.decide()
    world.loses("a", being_deleted(beside(exited(0)), asked=20))
    assert world.decided() == ["create b/1"]


def test_dependents_start_and_the_run_ends_without_waiting_for_the_pod():
    world = run("a >> b")
    world.starts()
    world.sees("a", beside(exited(0)))
    assert world.starts() == ["b"]
    world.sees("b", beside(exited(0)))
    assert world.decide().finished
    assert world.run.slots.live == 2


def test_a_retry_starts_beside_the_pod_of_the_attempt_before():
    world = run("a", fields={"a": {"retries": {"limit": 1, "backoff": {"initial": "1s"}}}})
    world.starts()
    world.sees("a", beside(exited(3)))
    world.decide()
    assert world.starts(after=2) == ["a"]
    assert world.run.slots.live == 2
    world.run.pods.observe(world.pod("a", past_deadline(beside(exited(3), others_end=20)), attempt=1))
    assert world.run.slots.live == 1
    world.ends("a")
    assert world.decide().finished
    assert world.run.slots.live == 0


@pytest.mark.parametrize("code", [0, 3])
def test_a_restarted_operator_knows_who_keeps_a_slot(code):
    world = run("a, b", parallelism=1, fields={"a": {"retries": {"limit": 1}}})
    world.starts()
    world.sees("a", beside(exited(code)))
    world.decide()
    world.writes()
    again = world.restarted()
    assert again.decided() == []
    assert again.run.slots.live == 1
    again.sees("a", past_deadline(beside(exited(code), others_end=20)))
    assert again.run.slots.live == 0


def test_stopping_the_run_leaves_the_pod_alone():
    world = run("a, b", fields={"a": {"poll": {"every": "1m", "timeout": "2h"}}})
    world.starts()
    world.sees("a", beside(exited(0)))
    world.sees("b", running())
    world.decide()
    world.run.set_state("Stopped")
    assert world.decided() == ["delete b/1"]


@pytest.mark.parametrize(
    "status",
    [
        being_deleted(beside(exited(0, ended=10)), asked=10),
        disrupted(beside(exited(0, ended=10)), asked=10),
        beside(exited(0, ended=61)),  # its deadline is at 61: scheduled at 1, and a timeout of a minute
        beside(exited(137, "ContainerStatusUnknown")),
    ],
    ids=["deleted", "disrupted", "deadline", "unknown"],
)
def test_where_main_does_not_decide_the_end_of_the_pod_does(status):
    world = run("a", fields={"a": {"timeout": "1m"}})
    world.starts()
    world.sees("a", status)
    assert world.decided() == []
    assert world.phases["a"] == "Pending"


def test_the_lowered_deadline_is_later_than_the_end_of_main():
    """So an operator that was restarted meanwhile judges the same."""
    lingering = pod(beside(exited(0, ended=10)))
    found = pod_view(lingering)
    assert found.outlived is not None
    lowered = lingering["spec"] | {"activeDeadlineSeconds": found.outlived.deadline_s}
    killed = past_deadline(beside(exited(0, ended=10), others_end=20))
    after = pod_view(lingering | {"spec": lowered, "status": killed})
    assert pod_outcome(after).ending is Ending.SUCCESS


def test_who_lingers():
    assert seen(beside(exited(0))).outlived is not None
    assert seen(beside(running())).outlived is None
    assert seen(beside(exited(0), others_end=20)).outlived is None
    assert seen(exited(0) | {"phase": "Running"}).outlived is None
    sidecar = {"name": "proxy", "state": {"running": {}}}
    assert seen(exited(0) | {"phase": "Running", "initContainerStatuses": [sidecar]}).outlived is None
