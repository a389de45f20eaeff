"""What is decided when a person says stop, or wait."""

import pytest

from tests.core.counting import calls
from tests.core.kubelet import accepted, being_deleted, running
from tests.core.world import run


def test_stop_deletes_what_runs_and_starts_nothing():
    world = run("a, b >> c", parallelism=1, a="Running")
    world.decide()
    world.run.set_state("Stopped")
    assert world.decided() == ["delete a/1"]
    assert world.decided() == []
    world.loses("a", being_deleted(running()))
    assert world.decide().finished
    assert world.phases == {"a": "Stopped", "b": "Stopped", "c": "Stopped"}


@pytest.mark.parametrize("text", ["a >> b >> c", "c; b >> c; a >> b"])
def test_stop_before_the_start_stops_all_whatever_the_order_of_the_manifest(text):
    world = run(text, state="Stopped")
    assert world.decide().finished
    assert set(world.phases.values()) == {"Stopped"}


def test_stop_keeps_what_has_ended():
    world = run("a >> b; c >> d", a="Succeeded", c="Failed", b="Running")
    world.run.set_state("Stopped")
    world.decide()
    world.ends("b")
    world.decide()
    assert world.phases == {"a": "Succeeded", "b": "Succeeded", "c": "Failed", "d": "UpstreamFailed"}


def test_stop_between_two_attempts_makes_no_other():
    world = run("a", fields={"a": {"retries": {"limit": 1}}})
    world.starts()
    world.ends("a", 1)
    world.decide()
    world.run.set_state("Stopped")
    assert world.decide().finished
    assert world.phases["a"] == "Stopped"


def test_stop_catches_a_pod_that_is_just_being_made():
    world = run("a")
    world.decide()
    world.run.set_state("Stopped")
    assert world.decided() == []
    world.sees("a", accepted())
    assert world.decided() == ["delete a/1"]


def test_cost_of_an_event_in_a_stopped_run_is_that_of_one_task():
    def end(tasks):
        world = run(", ".join(f"t{number}" for number in range(tasks)))
        world.starts()
        world.decide()
        world.run.set_state("Stopped")
        world.decide()
        world.loses("t7", running())
        return calls(world.decide)

    assert end(2000) == end(20)


def test_stop_right_before_a_pod_is_made_spares_it():
    world = run("a")
    (create,) = world.decide().create
    assert create.proceed()
    world.run.set_state("Stopped")
    assert not create.proceed()
    assert world.decide().finished
    assert (world.run.slots.live, world.run.creates.in_flight) == (0, 0)


def test_pod_of_a_decision_that_is_out_of_date_is_not_wanted():
    world = run("a")
    (create,) = world.decide().create
    world.sees("a", accepted())
    assert not create.proceed()


def test_suspended_run_starts_nothing_and_lets_the_rest_end():
    world = run("a >> b; c", a="Running")
    world.run.set_state("Suspended")
    assert world.decided() == []
    world.ends("a")
    assert world.decided() == []
    world.run.set_state("Running")
    assert world.decided() == ["create b/1", "create c/1"]


def test_what_was_asked_for_is_not_made_once_the_shell_has_let_go_of_the_run():
    world = run("a")
    (create,) = world.decide().create
    world.run.close()
    assert not create.proceed()


def test_what_was_asked_for_is_put_back_while_the_run_is_suspended():
    world = run("a")
    (create,) = world.decide().create
    world.run.set_state("Suspended")
    assert not create.proceed()
    assert world.decided() == []
    world.run.set_state("Running")
    assert world.decided() == ["create a/1"]
