"""How a run is brought to an end before its tasks are: failFast, its timeout, a person; and what runs all the same."""

import pytest

from sluice.core.reconcile.restore import restore
from sluice.core.run.orders import Orders
from sluice.core.status.run_phase import current_phase, run_end, run_message, run_progress
from tests.core.kubelet import START, being_deleted, running
from tests.core.world import run

FINALLY = {"finally": True}


def test_a_replaced_run_is_stopped_and_says_for_whom():
    world = run("a >> b; tidy", fields={"tidy": FINALLY})
    world.starts()
    world.run.take_orders(Orders(state="Stopped", why="replaced by run etl-g2", replaced_by="etl-g2"))
    assert world.decided() == ["delete a/1"]
    world.loses("a", being_deleted(running()))
    assert world.starts() == ["tidy"]
    world.writes()
    again = restore(
        world.run.identity, "etl-1", world.run.definition, status=world.stored, pods=[], now=0.0, orders=Orders()
    )
    assert again.replaced_by == "etl-g2"
    world.ends("tidy")
    assert world.decide().finished
    world.writes()
    assert (world.stored["phase"], world.stored["message"]) == ("Stopped", "replaced by run etl-g2")
    assert world.stored["tasks"]["b"]["reason"] == "Stopped: replaced by run etl-g2"


def test_a_task_that_may_fail_counts_as_succeeded():
    world = run("a >> b", fields={"a": {"allowFailure": True}})
    world.starts()
    world.ends("a", 1)
    assert world.starts() == ["b"]
    world.ends("b")
    assert world.decide().finished
    assert (current_phase(world.run), run_progress(world.run)) == ("Succeeded", "1/2, 1 failed")


def test_a_handler_does_not_turn_a_failure_into_a_success():
    world = run("a >> alert", fields={"alert": {"runIf": "OneFailed"}})
    world.starts()
    world.ends("a", 1)
    assert world.starts() == ["alert"]
    world.ends("alert")
    assert world.decide().finished
    assert current_phase(world.run) == "Failed"


@pytest.mark.parametrize(("code", "ends"), [(0, "Succeeded"), (1, "Failed")])
def test_leaf_failed_looks_at_the_last_tasks_only(code, ends):
    world = run("a >> rescue", leaf_failed=True, fields={"rescue": {"runIf": "AllDone"}})
    world.starts()
    world.ends("a", 1)
    world.starts()
    world.ends("rescue", code)
    assert world.decide().finished
    assert current_phase(world.run) == ends


def test_skips_travel_and_are_no_failure():
    world = run("a >> alert >> tell", fields={"alert": {"runIf": "OneFailed"}})
    world.starts()
    world.ends("a")
    assert world.decide().finished
    assert world.phases == {"a": "Succeeded", "alert": "Skipped", "tell": "Skipped"}
    assert (current_phase(world.run), run_progress(world.run)) == ("Succeeded", "1/3, 2 skipped")


@pytest.mark.parametrize("code", [0, 1])
def test_finally_starts_when_all_others_have_ended_however_they_did(code):
    world = run("a; b; tidy", fields={"tidy": FINALLY})
    assert world.starts() == ["a", "b"]
    world.ends("a", code)
    assert world.decided() == []
    world.ends("b")
    assert world.starts() == ["tidy"]
    assert run_end(world.run, world.now).failed == (("a",) if code else ())
    world.ends("tidy")
    assert world.decide().finished
    assert current_phase(world.run) == ("Failed" if code else "Succeeded")


def test_finally_tasks_wait_for_each_other():
    world = run("a; tidy >> report", fields={"tidy": FINALLY, "report": FINALLY})
    world.starts()
    world.ends("a")
    assert world.starts() == ["tidy"]
    world.ends("tidy")
    assert world.starts() == ["report"]


def test_finally_tasks_run_after_a_stop():
    world = run("a >> b; tidy", fields={"tidy": FINALLY})
    world.starts()
    world.sees("a", running())
    world.run.set_state("Stopped")
    assert world.decided() == ["delete a/1"]
    world.loses("a", being_deleted(running()))
    assert world.starts() == ["tidy"]
    assert run_end(world.run, world.now).phase == "Stopped"
    world.ends("tidy")
    assert world.decide().finished
    assert current_phase(world.run) == "Stopped"


def test_fail_fast_stops_the_others_and_the_run_has_failed():
    world = run("a, b >> c", fail_fast="Stop")
    world.starts()
    world.sees("b", running())
    world.ends("a", 3)
    assert world.decided() == ["delete b/1"]
    world.loses("b", being_deleted(running()))
    assert world.decide().finished
    assert world.phases == {"a": "Failed", "b": "Stopped", "c": "UpstreamFailed"}
    assert (current_phase(world.run), run_message(world.run)) == ("Failed", "task a failed: exit code 3")


def test_a_run_that_is_being_stopped_stays_so_when_it_is_suspended():
    world = run("a, b", fail_fast="Stop")
    world.starts()
    world.ends("a", 3)
    assert world.decided() == ["delete b/1"]
    why = world.run.wind_down.why
    world.run.set_state("Suspended")
    assert (why, world.run.wind_down.why) == ("another task failed, and failFast is set", why)


def test_a_run_that_has_succeeded_does_not_say_why_it_failed():
    late = run("a", timeout_s=10)
    late.starts()
    late.ends("a")
    assert late.decide(after=11).finished
    assert (current_phase(late.run), run_message(late.run)) == ("Succeeded", "")
    handled = run("a >> b", leaf_failed=True, fields={"b": {"runIf": "OneFailed"}})
    handled.starts()
    handled.ends("a", 1)
    assert handled.starts() == ["b"]
    handled.ends("b")
    assert handled.decide().finished
    assert (current_phase(handled.run), run_message(handled.run)) == ("Succeeded", "")


def test_a_fan_out_over_nothing_is_stopped_like_any_other_task_and_asks_no_condition():
    world = run("a >> b", state="Stopped", a="Succeeded", fields={"b": {"forEach": {"items": []}, "when": "false"}})
    world.decide()
    assert world.phases == {"a": "Succeeded", "b": "Stopped"}


def test_draining_lets_what_runs_end_and_begins_nothing():
    more = {"retries": {"limit": 3}}
    world = run("a, b, c; d >> e; last", fail_fast="Drain", fields={"b": more, "c": more, "last": {"finally": True}})
    for task in world.starts():
        world.sees(task, running())
    world.ends("c", 1)
    world.decide()  # its second attempt is due in a second
    world.ends("a", 1)
    assert world.decided() == []
    ended = {"a": "Failed", "c": "Stopped", "e": "Stopped"}
    assert world.phases == ended | {"b": "Pending", "d": "Pending", "last": "Pending"}
    world.ends("b", 1)
    world.ends("d")
    assert world.decided() == ["create last/1"]
    assert world.phases == ended | {"b": "Stopped", "d": "Succeeded", "last": "Pending"}


@pytest.mark.parametrize("by_hand", [True, False])
def test_draining_is_over_with_the_timeout_of_the_run_or_when_somebody_stops_it(by_hand):
    world = run("a, b", fail_fast="Drain", timeout_s=60)
    for task in world.starts():
        world.sees(task, running())
    world.ends("a", 1)
    assert world.decided() == []
    if by_hand:
        world.run.set_state("Stopped")
    else:
        assert world.decide().wake_at == START + 60
        world.now = START + 60
    assert world.decided() == ["delete b/1"]


def test_fail_fast_overlooks_a_task_that_may_fail():
    world = run("a, b", fail_fast="Stop", fields={"a": {"allowFailure": True}})
    world.starts()
    world.ends("a", 3)
    assert world.decided() == []


def test_timeout_of_the_run_stops_all_and_the_run_has_failed():
    world = run("a >> b", timeout_s=60)
    world.starts()
    world.sees("a", running())
    assert world.decide().wake_at == world.now + 60
    assert world.decided(after=60) == ["delete a/1"]
    world.loses("a", being_deleted(running()))
    assert world.decide().finished
    assert world.phases == {"a": "Stopped", "b": "Stopped"}
    assert (current_phase(world.run), run_message(world.run)) == ("Failed", "the run took longer than its timeout, 60s")


def test_nothing_is_retried_while_the_run_is_brought_to_an_end():
    world = run("a, b", fail_fast="Stop", fields={"b": {"retries": {"limit": 5}}})
    world.starts()
    world.ends("a", 1)
    world.ends("b", 1)
    assert world.decide().finished
    assert world.phases == {"a": "Failed", "b": "Stopped"}


def test_who_tidies_up_after_a_task_does_not_take_its_failure_away():
    """With `failWhen: LeafFailed`: `finally` tasks make nobody a non-leaf."""
    report = {"finally": True, "allowFailure": True, "env": [{"name": "X", "value": "$(tasks.a.outputs.k)"}]}
    alert = {"finally": True, "when": "run.phase == 'Failed'"}
    fields = {"a": {"outputs": ["k"]}, "report": report, "alert": alert}
    world = run("a, report, alert", leaf_failed=True, fields=fields)
    world.starts()
    world.ends("a", 3)
    assert world.starts() == ["alert"]
    world.ends("alert")
    world.decide()
    assert world.writes()["phase"] == "Failed"


def test_a_last_task_that_fails_fails_the_run_also_if_another_comes_after_it():
    last = {"finally": True}
    world = run("a, x >> y", leaf_failed=True, fields={"x": last, "y": last | {"runIf": "AllDone"}})
    for task, code in (("a", 0), ("x", 3), ("y", 0)):
        assert world.starts() == [task]
        world.ends(task, code)
    world.decide()
    assert world.writes()["phase"] == "Failed"
