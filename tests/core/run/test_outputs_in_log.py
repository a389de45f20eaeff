"""Outputs that are read from the log of a pod, which takes a request: until it is answered the task has not ended."""

import pytest

from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.spec.ending import Ending
from tests.core.kubelet import RUN, START, exited, running
from tests.core.world import World, run

FILES = {"outputs": ["files"]}
STDOUT = {"outputs": ["k"], "outputsFrom": "Stdout", "bash": "date"}
BY_LOG = FILES | {"outputsFrom": "Log"}


def ended_with_outputs_in_its_log(**fields):
    world = run("a >> b", fields={"a": BY_LOG | fields})
    world.starts()
    world.ends("a")
    assert world.decided() == ["read a/1"]
    assert world.decided() == []
    return world


def test_task_has_not_ended_before_its_log_was_read():
    world = ended_with_outputs_in_its_log()
    assert world.reasons["a"] == "ReadingLog: its outputs are there"
    assert world.stored["tasks"]["a"]["phase"] == "Running"
    world.logs("a", '::outputs::{"files": 7}')
    assert world.decided() == ["create b/1"]
    world.writes()
    assert world.stored["tasks"]["a"]["outputs"] == '{"files":7}'


def test_log_that_cannot_be_read_says_why():
    world = ended_with_outputs_in_its_log()
    world.run.log_unread(0, 1, "502: no route to node-1")
    world.writes()
    assert world.stored["tasks"]["a"]["message"] == "502: no route to node-1"


@pytest.mark.parametrize("stopped_first", [True, False])
def test_a_stop_ends_a_task_whose_log_cannot_be_read(stopped_first):
    world = ended_with_outputs_in_its_log()
    if stopped_first:
        world.run.set_state("Stopped")
        assert world.decided() == []
    world.run.log_unread(0, 1, "502: no route to node-1")
    world.run.set_state("Stopped")
    assert world.decide().finished
    assert world.phases == {"a": "Stopped", "b": "Stopped"}


def test_the_timeout_ends_a_task_whose_log_cannot_be_read():
    world = ended_with_outputs_in_its_log(timeout="2m")
    world.run.log_unread(0, 1, "502: no route to node-1")
    wake_at = world.decide().wake_at
    assert wake_at is not None
    assert world.decide(wake_at - world.now).finished
    assert (world.phases["a"], world.reasons["a"]) == ("Failed", "Timeout")
    assert not world.run.wants_log(0, 1)


def test_log_without_outputs_is_the_programs_error():
    world = ended_with_outputs_in_its_log()
    world.logs("a", "done")
    world.decide()
    assert (world.phases["a"], world.reasons["a"]) == ("Failed", "Error")


def test_pod_that_goes_before_its_log_was_read_is_paid_by_the_cluster():
    world = ended_with_outputs_in_its_log(retries={"limit": 0, "infrastructure": 1})
    world.loses("a", exited(0))
    world.decide()
    assert world.task("a").used.infrastructure == 1
    world.logs("a", '::outputs::{"files": 7}')  # too late
    assert world.starts(after=1) == ["a"]
    world.ends("a")
    assert world.decided() == ["read a/2"]


def test_log_is_asked_for_again_after_a_restart():
    world = ended_with_outputs_in_its_log()
    world.writes()
    pods = [world.pod("a", exited(0))]
    again = World(
        restore(RUN, "etl-1", world.run.definition, status=world.stored, pods=pods, now=0.0, orders=Orders()),
        stored=world.stored,
    )
    assert again.decided() == ["read a/1"]


def test_stopped_run_still_reads_the_log_of_what_has_ended():
    world = ended_with_outputs_in_its_log()
    world.run.set_state("Stopped")
    assert world.decided() == []
    world.logs("a", '::outputs::{"files": 7}')
    assert world.decide().finished
    assert world.phases == {"a": "Succeeded", "b": "Stopped"}


def test_log_is_read_for_declared_outputs_of_a_success_only():
    world = run("a, b", fields={"a": BY_LOG})
    world.starts()
    world.ends("a", 1)
    world.ends("b")
    assert world.decided() == []
    assert world.phases == {"a": "Failed", "b": "Succeeded"}


def test_a_launcher_hands_on_standard_output_by_the_file():
    world = run("a >> b", fields={"a": STDOUT})
    world.starts()
    world.ends("a", outputs="Thursday\n")
    assert world.decided() == ["create b/1"]
    world.writes()
    assert world.stored["tasks"]["a"]["outputs"] == '{"k":"Thursday"}'


@pytest.mark.parametrize("program", [{"command": ["date"]}, {"bash": "date", "shell": ["zsh"]}])
def test_a_program_without_a_launcher_hands_on_its_whole_log(program):
    fields = {name: value for name, value in STDOUT.items() if name != "bash"}
    world = run("a >> b", fields={"a": fields | program})
    world.starts()
    world.ends("a")
    assert [read.whole for read in world.decide().read] == [True]
    world.logs("a", "Thursday\n")
    assert world.decided() == ["create b/1"]
    world.writes()
    assert world.stored["tasks"]["a"]["outputs"] == '{"k":"Thursday"}'


AFTER_A_MINUTE = ([], ["delete a/1"], ["delete a/1"])
LATE = [{"timeout": "60s"}, {"deadline": "60s"}, {"poll": {"every": "10s", "timeout": "60s"}}]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("limit", LATE, ids=str)
def test_a_success_that_is_seen_late_is_one_once_its_log_is_read(limit, restarted):
    world = run("a", fields={"a": BY_LOG | limit})
    world.starts()
    world.sees("a", running())
    world.decide(after=3)
    world.writes()
    world.now = START + 300
    world.sees("a", exited(ended=30))  # the operator, or its watch, was away
    if restarted:
        world = world.restarted()
    assert world.decided() == ["read a/1"]
    assert world.decided(after=30) == []
    world.logs("a", '::outputs::{"files": 1}')
    world.decide()
    assert (world.task("a").phase, world.task("a").outputs) == ("Succeeded", {"files": 1})


@pytest.mark.parametrize(("limit", "then"), list(zip(LATE, AFTER_A_MINUTE, strict=True)), ids=str)
def test_a_log_that_cannot_be_read_is_not_waited_for_longer_than_a_minute(limit, then):
    world = run("a", fields={"a": BY_LOG | limit})
    world.starts()
    world.sees("a", running())
    world.decide(after=3)
    world.now = START + 300
    world.sees("a", exited(ended=30))
    world.decide()
    assert world.decide().wake_at == START + 360
    assert world.decided(after=60) == then
    assert (world.task("a").last or world.task("a").termination_cause).ending is Ending.TIMEOUT
