"""Stories of one run: what was seen, and what was decided."""

from dataclasses import replace

import pytest

from sluice.core.execution import Limits
from sluice.core.execution import Step
from sluice.core.outcome import Ending
from sluice.core.refusal import Refusal
from tests.core.kubelet import START, accepted, at, being_deleted, exited, running, unschedulable, waiting
from tests.core.world import run

DAY = 24 * 3600
ONCE = {"retries": {"infrastructure": 0}}

# Starting.


@pytest.mark.parametrize(
    ("text", "stands", "starts"),
    [
        ("a", {}, ["create a/1"]),
        ("a, b, c >> d", {}, ["create a/1", "create b/1", "create c/1"]),
        ("a, b, c >> d", {"a": "Succeeded", "b": "Succeeded"}, ["create c/1"]),
        ("a, b, c >> d", {"a": "Succeeded", "b": "Succeeded", "c": "Succeeded"}, ["create d/1"]),
        ("a >> b; c >> b", {"a": "Succeeded"}, ["create c/1"]),
        ("a >> b", {"a": "Running"}, []),
    ],
)
def test_what_is_ready_starts_at_once(text, stands, starts):
    assert run(text, **stands).decided() == starts


def test_end_of_a_task_starts_its_dependents_in_the_same_decision():
    world = run("a >> b, c")
    world.starts()
    world.ends("a")
    assert world.decided() == ["create b/1", "create c/1"]


def test_deciding_twice_asks_for_nothing_twice():
    world = run("a, b >> c")
    assert world.decided() == ["create a/1", "create b/1"]
    assert world.decided() == []
    world.sees("a", running())
    world.sees("b", waiting("ErrImagePull"))
    assert world.decided() == []
    assert world.decided(after=3600) == ["delete b/1"]
    assert world.decided(after=3600) == []


def test_run_finishes_when_its_last_task_has_ended():
    world = run("a >> b")
    assert not world.decide().finished
    for task in "ab":
        world.starts()
        world.ends(task)
    assert world.decide(after=7).finished
    assert (world.run.started_at, world.run.finished_at) == (START, START + 7)
    assert world.decide(after=7).finished
    assert world.run.finished_at == START + 7


# The cap.


def test_cap_holds_and_tasks_start_in_the_order_of_the_manifest():
    world = run("c, a, b, d", parallelism=2)
    assert world.starts() == ["c", "a"]
    assert world.starts() == []
    world.ends("a")
    assert world.starts() == ["b"]


def test_slot_is_held_until_the_pod_has_ended():
    world = run("a, b", parallelism=1)
    world.starts()
    for status in (unschedulable(), waiting("ContainerCreating"), running(), being_deleted(running())):
        world.sees("a", status)
        assert world.starts() == []
    world.loses("a", being_deleted(running()))
    assert world.starts() == ["b"]


def test_pod_that_is_only_asked_for_holds_a_slot_too():
    world = run("a, b", parallelism=1)
    assert world.decided() == ["create a/1"]
    assert world.decided() == []


def test_raised_cap_lets_more_through_and_a_lowered_one_ends_nothing():
    world = run("a, b, c, d", parallelism=1)
    world.starts()
    world.run.set_limits(Limits(3))
    assert world.starts() == ["b", "c"]
    world.run.set_limits(Limits(1))
    assert world.decided() == []
    for task in "abc":
        world.ends(task)
    assert world.starts() == ["d"]


# What failed, and what follows.


@pytest.mark.parametrize(
    ("text", "phases"),
    [
        ("a >> b", {"b": "UpstreamFailed"}),
        ("a >> b >> c >> d", {"b": "UpstreamFailed", "c": "UpstreamFailed", "d": "UpstreamFailed"}),
        ("a, x >> b", {"b": "UpstreamFailed", "x": "Pending"}),  # at once: x has not ended
        ("a >> b; x >> y", {"b": "UpstreamFailed", "x": "Pending", "y": "Pending"}),  # others go on
    ],
)
def test_failure_reaches_all_that_wait_for_it(text, phases):
    world = run(text)
    world.starts()
    world.ends("a", 1)
    world.decide()
    assert world.phases == {"a": "Failed"} | phases


def test_failure_reaches_the_end_of_a_chain_of_2000():
    chain = " >> ".join(f"t{number}" for number in range(2000))
    world = run(chain)
    world.starts()
    world.ends("t0", 1)
    assert world.decide().finished
    assert world.phases["t1999"] == "UpstreamFailed"


def test_failed_attempt_is_made_again_after_its_backoff():
    world = run("a >> b", fields={"a": {"retries": {"limit": 2}}})
    world.starts()
    world.ends("a", 1)
    decision = world.decide()
    assert (decision.create, decision.wake_at) == ([], START + 1)
    assert world.decided(after=1) == ["create a/2"]
    world.ends("a", 1)
    assert world.decide().wake_at == START + 1 + 2
    assert world.decided(after=1.9) == []
    assert world.decided(after=0.1) == ["create a/3"]
    world.ends("a", 1)
    assert world.decide().finished
    assert world.phases == {"a": "Failed", "b": "UpstreamFailed"}


def test_retry_that_succeeds_is_a_success():
    world = run("a >> b", fields={"a": {"retries": {"limit": 1}}})
    world.starts()
    world.ends("a", 1)
    world.decide()
    world.starts(after=1)
    world.ends("a")
    assert world.decided() == ["create b/1"]


def test_task_between_two_attempts_holds_no_slot():
    world = run("a, b", parallelism=1, fields={"a": {"retries": {"limit": 1}}})
    world.starts()
    world.ends("a", 1)
    assert world.starts() == ["b"]


def test_old_deadline_does_not_cut_a_backoff_short():
    world = run("a", fields={"a": {"timeout": "10s", "retries": {"limit": 9}}})
    for delay in (1, 2, 4, 8, 16, 32, 64, 128):
        world.starts()
        world.sees("a", running(placed=world.now - START))
        world.decide()
        world.ends("a", 1)
        world.decide()
        assert world.decided(after=delay - 0.1) == []
        world.now += 0.1


# Pods that go.


def test_lost_pod_is_made_again_and_the_cluster_pays():
    world = run("a", fields={"a": {"retries": {"limit": 0, "infrastructure": 1}}})
    world.starts()
    world.sees("a", running())
    world.loses("a", running())
    world.decide()
    assert world.task("a").last.ending is Ending.LOST
    assert world.decided(after=1) == ["create a/2"]


def test_pod_that_was_gone_before_anybody_saw_it_is_lost():
    world = run("a")
    world.starts()
    world.loses("a", accepted())
    world.decide()
    assert world.task("a").last.ending is Ending.LOST


def test_end_that_is_seen_only_in_the_deletion_counts():
    world = run("a >> b")
    world.starts()
    world.loses("a", exited(0))
    assert world.decided() == ["create b/1"]


def test_deletion_of_another_pod_by_that_name_is_not_ours():
    world = run("a")
    world.starts()
    world.run.pod_gone(replace(world.pod("a", running()), uid="another"))
    assert world.decided() == []
    assert world.steps["a"] is Step.LIVE


def test_late_event_with_an_older_version_changes_nothing():
    world = run("a >> b")
    world.starts()
    world.sees("a", running(), version=500)
    world.sees("a", exited(1), version=499)
    world.decide()
    assert world.phases["a"] == "Pending"
    assert world.task("a").pod.version == 500


def test_news_of_an_older_attempt_changes_nothing():
    world = run("a", fields={"a": {"retries": {"limit": 1}}})
    world.starts()
    world.ends("a", 1)
    world.decide()
    world.starts(after=1)
    world.run.see_pod(world.pod("a", exited(0), attempt=1))
    world.run.pod_gone(world.pod("a", exited(0), attempt=1))
    assert world.decided() == []
    assert world.phases["a"] == "Pending"


def test_news_of_an_ended_task_changes_nothing():
    world = run("a, b")
    world.starts()
    world.ends("a", 1)
    world.decide()
    world.sees("a", exited(0))
    world.loses("a", exited(0))
    world.decide()
    assert world.phases == {"a": "Failed", "b": "Pending"}


def test_pod_of_another_run_is_not_ours():
    world = run("a")
    world.decide()
    world.run.see_pod(replace(world.pod("a", running()), owner_uid="another"))
    assert world.steps["a"] is Step.CREATING


# Patience.


def test_image_that_does_not_exist_is_given_up():
    world = run("a >> b", fields={"a": {"retries": {"limit": 3}}})
    world.starts()
    world.sees("a", waiting("ErrImagePull", "not found"))
    assert world.decide().wake_at == START + 1 + 600
    assert world.decided(after=601) == ["delete a/1"]
    world.loses("a", being_deleted(waiting("ErrImagePull", "not found")))
    assert world.decide().finished
    assert world.phases == {"a": "Failed", "b": "UpstreamFailed"}
    assert world.task("a").last.message == "gave up after 10m: ErrImagePull: not found"


def test_pod_that_gets_on_is_not_given_up():
    world = run("a")
    world.starts()
    world.sees("a", waiting("ImagePullBackOff"))
    world.decide()
    world.sees("a", running())
    assert world.decided(after=DAY) == []


def test_full_cluster_is_given_a_day():
    world = run("a")
    world.starts()
    world.sees("a", unschedulable())
    assert world.decided(after=DAY - 1) == []
    assert world.decided(after=1) == ["delete a/1"]


def test_trouble_that_comes_back_after_its_alarm_is_still_given_up():
    world = run("a")
    world.starts()
    world.sees("a", waiting("ErrImagePull"))
    world.decide()
    world.sees("a", waiting("ContainerCreating"))
    assert world.decided(after=601) == []
    world.sees("a", waiting("ErrImagePull"))
    assert world.decided(after=1) + world.decided(after=600) == ["delete a/1"]


def test_success_in_the_last_moment_is_a_success():
    world = run("a", fields={"a": {"timeout": "10s"}})
    world.starts()
    world.sees("a", running())
    world.decide()
    assert world.decided(after=71) == ["delete a/1"]
    world.sees("a", being_deleted(exited(0, ended=70), asked=71))
    world.decide()
    assert world.phases["a"] == "Succeeded"


def test_operator_ends_what_the_kubelet_did_not_and_the_task_pays():
    world = run("a", fields={"a": {"timeout": "10s"}})
    world.starts()
    world.sees("a", running())
    world.decide()
    assert world.decided(after=71) == ["delete a/1"]
    world.loses("a", being_deleted(running(), asked=71))
    world.decide()
    assert world.task("a").last.ending is Ending.TIMEOUT
    assert world.phases["a"] == "Failed"


# The API server's no.


def test_quota_holds_the_run_and_it_tries_one_pod_at_a_time():
    world = run("a, b, c, d")
    world.decide()
    for task in "abcd":
        world.refuses(task, Refusal.QUOTA)
    assert world.run.live == 0
    assert world.decide().create == []
    assert len(world.decided(after=5)) == 1


def test_hold_wakes_by_itself_and_a_full_quota_never_fails_a_task():
    world = run("a >> b")
    world.decide()
    for _ in range(3000):  # some hours
        world.refuses("a", Refusal.QUOTA)
        wake_at = world.decide().wake_at
        assert world.now < wake_at <= world.now + 5
        world.now = wake_at
        assert world.decided() == ["create a/1"]
    assert world.phases == {"a": "Pending", "b": "Pending"}


def test_success_opens_the_window_again():
    world = run(", ".join(f"t{number}" for number in range(8)))
    world.decide()
    for number in range(8):
        world.refuses(f"t{number}")
    assert [len(world.starts(after=5)), len(world.starts()), len(world.starts())] == [1, 2, 5]


def test_end_of_a_pod_tries_again_early_since_it_made_room():
    world = run("a, b", a="Running")
    world.decide()
    for _ in range(6):
        world.refuses("b")
        world.decide(after=5)
    world.refuses("b")
    assert world.decide().wake_at == world.now + 5
    world.ends("a")
    assert world.decide().wake_at == world.now + 0.5


def test_task_that_was_refused_lets_others_try_first():
    """A big pod that never fits does not keep small ones out."""
    world = run("big, small")
    world.decide()
    world.refuses("big")
    world.refuses("small")
    (first,) = world.decided(after=5)
    world.refuses("big" if "big" in first else "small")
    (second,) = world.decided(after=5)
    assert {first, second} == {"create big/1", "create small/1"}


@pytest.mark.parametrize("refusal", [Refusal.TOO_LARGE, Refusal.INVALID])
def test_final_refusal_fails_the_task_with_the_servers_words(refusal):
    world = run("a >> b", fields={"a": {"retries": {"limit": 3}}})
    world.decide()
    world.refuses("a", refusal, "Pod is invalid")
    assert world.decide().finished
    assert world.phases == {"a": "Failed", "b": "UpstreamFailed"}
    assert world.task("a").last.message == f"{refusal}: Pod is invalid"
    assert world.run.live == 0


def refused_for(world, refusal, seconds):
    """The task is tried and refused again and again; returns how often."""
    tries = 0
    until = world.now + seconds
    while world.now < until and not world.decide().finished:
        if world.steps["a"] is Step.CREATING:
            world.refuses("a", refusal)
            tries += 1
        world.now += 1
    return tries


@pytest.mark.parametrize("refusal", [Refusal.FORBIDDEN, Refusal.POD_SECURITY])
def test_forbidden_is_given_up_after_ten_minutes(refusal):
    world = run("a")
    assert refused_for(world, refusal, 590) > 60
    assert world.phases["a"] == "Pending"
    refused_for(world, refusal, 30)
    assert world.phases["a"] == "Failed"


def test_forbidden_then_allowed_goes_on():
    world = run("a")
    refused_for(world, Refusal.FORBIDDEN, 300)
    assert world.starts(after=5) == ["a"]


def test_taken_name_waits_for_a_person_without_end():
    world = run("a")
    assert refused_for(world, Refusal.NAME_TAKEN, 7000) > 1100
    assert world.phases["a"] == "Pending"


def test_pod_security_is_tried_once_more_at_once_with_all_that_restricted_asks():
    world = run("a, b", parallelism=1)
    world.decide()
    world.refuses("a", Refusal.POD_SECURITY)
    assert world.run.hardened
    assert len(world.decided()) == 1


def test_refused_retry_keeps_its_attempt():
    world = run("a", fields={"a": {"retries": {"limit": 1}}})
    world.starts()
    world.ends("a", 1)
    world.decide()
    assert world.decided(after=1) == ["create a/2"]
    world.refuses("a")
    assert world.decided(after=1) == ["create a/2"]


def test_late_refusal_of_a_pod_that_exists_changes_nothing():
    world = run("a")
    world.starts()
    world.refuses("a", Refusal.INVALID)
    assert world.decided() == []
    assert world.steps["a"] is Step.LIVE


# At most once.


def test_attempt_is_recorded_before_its_pod_is_made():
    world = run("a", fields={"a": ONCE})
    assert world.decided() == []
    assert world.writes()["tasks"]["a"]["attempt"] == 1
    assert world.decided() == ["create a/1"]
    assert world.decided() == []


def test_recording_holds_a_slot():
    world = run("a, b, c", parallelism=2, fields={"every": ONCE})
    world.decide()
    world.writes()
    assert world.decided() == ["create a/1", "create b/1"]


def test_lost_means_failed():
    world = run("a", fields={"a": ONCE})
    world.starts()
    world.writes()
    world.starts()
    world.loses("a", running())
    world.decide()
    assert world.phases["a"] == "Failed"


def test_each_retry_of_the_task_is_recorded_too():
    world = run("a", fields={"a": {"retries": {"limit": 1, "infrastructure": 0}}})
    world.starts()
    world.writes()
    world.starts()
    world.ends("a", 1)
    world.decide()
    assert world.decided(after=1) == []
    assert world.writes()["tasks"]["a"]["attempt"] == 2
    assert world.decided() == ["create a/2"]


@pytest.mark.parametrize("refusal", [Refusal.QUOTA, Refusal.FORBIDDEN, Refusal.POD_SECURITY])
def test_refused_attempt_is_recorded_again_before_it_is_tried_again(refusal):
    world = run("a", fields={"a": ONCE})
    world.decide()
    world.writes()
    world.decide()
    world.refuses("a", refusal)
    assert world.decided() + world.decided(after=5) == []
    world.writes()
    assert world.stored["tasks"]["a"]["attempt"] == 1
    assert world.decided() == ["create a/1"]


# A person says stop, or wait.


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


def test_stop_right_before_a_pod_is_made_spares_it():
    world = run("a")
    (create,) = world.decide().create
    assert world.run.still_wanted(create.number, create.attempt)
    world.run.set_state("Stopped")
    assert not world.run.still_wanted(create.number, create.attempt)
    assert world.decide().finished
    assert (world.run.live, world.run.creating) == (0, 0)


def test_pod_of_a_decision_that_is_out_of_date_is_not_wanted():
    world = run("a")
    (create,) = world.decide().create
    world.sees("a", accepted())
    assert not world.run.still_wanted(create.number, create.attempt)


def test_suspended_run_starts_nothing_and_lets_the_rest_end():
    world = run("a >> b; c", a="Running")
    world.run.set_state("Suspended")
    assert world.decided() == []
    world.ends("a")
    assert world.decided() == []
    world.run.set_state("Running")
    assert world.decided() == ["create b/1", "create c/1"]


def test_pod_that_ended_is_kept_until_its_end_is_recorded():
    world = run("a >> b")
    world.starts()
    pod = world.sees("a", exited(0))
    world.decide()
    assert [ended.uid for ended in world.run.ended_pods] == [pod.uid]
    world.writes()
    assert world.run.ended_pods == []
    assert world.stored["tasks"]["a"]["finishedAt"] == at(10)
