"""What is decided when the API server does not make a pod."""

import pytest

from sluice.core.pod.create_errors import CreateError
from sluice.core.reconcile.create_failure import files_refused
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.ending import Ending, Outcome
from tests.core.kubelet import being_deleted, running, waiting, with_sandbox
from tests.core.world import run

ONCE = {"retries": {"execution": "AtMostOnce"}}


# The API server's no.


def test_quota_holds_the_run_and_it_tries_one_pod_at_a_time():
    world = run("a, b, c, d")
    world.decide()
    for task in "abcd":
        world.refuses(task, CreateError.QUOTA)
    assert world.run.slots.live == 0
    assert world.decide().create == []
    assert len(world.decided(after=5)) == 1


def test_hold_wakes_by_itself_and_a_full_quota_never_fails_a_task():
    world = run("a >> b")
    world.decide()
    for _ in range(3000):  # some hours
        world.refuses("a", CreateError.QUOTA)
        wake_at = world.decide().wake_at
        assert world.now < wake_at <= world.now + 5
        world.now = wake_at
        assert world.decided() == ["create a/1"]
    assert world.phases == {"a": "Pending", "b": "Pending"}


TOO_SMALL = "exceeded quota: q, requested: requests.cpu=3, used: requests.cpu=0, limited: requests.cpu=2"
WORDS = "alone it asks for requests.cpu=3 and ResourceQuota q allows 2 in all; ask for less, or have the quota raised"


@pytest.mark.parametrize(("pending_timeout", "limit_s"), [(None, 600), ("1m", 60)])
def test_pod_that_is_larger_than_a_quota_waits_for_its_pending_timeout_and_holds_nobody_up(pending_timeout, limit_s):
    fields = {} if pending_timeout is None else {"a": {"pendingTimeout": pending_timeout}}
    world = run("a, b >> c", fields=fields)
    world.decide()
    world.refuses("a", CreateError.QUOTA_TOO_SMALL, TOO_SMALL)
    world.ends("b")
    world.writes()
    assert world.stored["tasks"]["a"]["reason"].startswith("QuotaTooSmall: trying again at ")
    assert world.stored["tasks"]["a"]["message"] == f"{WORDS}: {TOO_SMALL}"
    assert world.decided(after=limit_s - 1) == ["create a/1"]
    world.refuses("a", CreateError.QUOTA_TOO_SMALL, TOO_SMALL)
    assert world.decided(after=5) == ["create a/1"]
    world.refuses("a", CreateError.QUOTA_TOO_SMALL, TOO_SMALL)
    assert world.phases == {"a": "Failed", "b": "Succeeded", "c": "UpstreamFailed"}


def test_success_opens_the_window_again():
    world = run(", ".join(f"t{number}" for number in range(8)))
    world.decide()
    for number in range(8):
        world.refuses(f"t{number}")
    assert [len(world.starts(after=5)), len(world.starts()), len(world.starts())] == [1, 2, 5]


def test_what_was_asked_for_before_the_first_no_is_not_asked_for_any_more():
    """The first no comes when thousands of pods may have been asked for."""
    world = run("a, b, c, d")
    creates = world.decide().create
    world.refuses("a")
    assert [create.proceed() for create in creates[1:]] == [False, False, True]
    assert [world.task(name).attempt for name in "bcd"] == [0, 0, 1]
    assert (world.run.slots.live, world.run.creates.in_flight) == (1, 1)


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


@pytest.mark.parametrize("refusal", [CreateError.TOO_LARGE, CreateError.INVALID])
def test_final_refusal_fails_the_task_with_the_servers_words(refusal):
    world = run("a >> b", fields={"a": {"retries": {"limit": 3}}})
    world.decide()
    world.refuses("a", refusal, "Pod is invalid")
    assert world.decide().finished
    assert world.phases == {"a": "Failed", "b": "UpstreamFailed"}
    assert world.task("a").last.message.startswith(f"{refusal}: Pod is invalid")
    assert world.run.slots.live == 0


def refused_for(world, refusal, seconds):
    """The task is tried and refused again and again; returns how often."""
    tries = 0
    until = world.now + seconds
    while world.now < until and not world.decide().finished:
        if world.steps["a"] is TaskStep.CREATING:
            world.refuses("a", refusal)
            tries += 1
        world.now += 1
    return tries


@pytest.mark.parametrize("refusal", [CreateError.FORBIDDEN, CreateError.POD_SECURITY])
def test_forbidden_is_given_up_after_ten_minutes(refusal):
    world = run("a")
    assert refused_for(world, refusal, 590) > 60
    assert world.phases["a"] == "Pending"
    refused_for(world, refusal, 30)
    assert world.phases["a"] == "Failed"


def test_forbidden_then_allowed_goes_on():
    world = run("a")
    refused_for(world, CreateError.FORBIDDEN, 300)
    assert world.starts(after=5) == ["a"]


def test_taken_name_waits_for_a_person_without_end():
    world = run("a")
    assert refused_for(world, CreateError.NAME_TAKEN, 7000) > 1100
    assert world.phases["a"] == "Pending"


def test_pod_security_is_tried_once_more_at_once_with_all_that_restricted_asks():
    world = run("a, b", parallelism=1)
    world.decide()
    world.refuses("a", CreateError.POD_SECURITY)
    assert world.run.pods.hardened
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
    world.refuses("a", CreateError.INVALID)
    assert world.decided() == []
    assert world.steps["a"] is TaskStep.LIVE


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


@pytest.mark.parametrize("refusal", [CreateError.QUOTA, CreateError.FORBIDDEN, CreateError.POD_SECURITY])
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


@pytest.mark.parametrize("for_each", [{}, {"forEach": {"items": ["x"]}}])
def test_ended_attempt_is_not_judged_again_after_a_restart_when_the_next_one_was_refused(for_each):
    world = run("a", fields={"a": {"retries": {"limit": 1}} | for_each})
    unit = "a[0]" if for_each else "a"
    for _ in range(3):
        world.starts()
        world.writes()
    world.ends(unit, 1)
    world.decide()
    world.writes()
    assert world.decided(after=1) == [f"create {unit}/2"]
    world.refuses(unit)
    world.writes()
    again = world.restarted()
    assert again.decided() == [f"create {unit}/2"]
    assert again.phases == {"a": "Pending"}
    assert again.task(unit).used.limit == 1


def test_under_a_quota_one_attempt_at_a_time_is_recorded():
    world = run("a, b, c", fields={"every": ONCE})
    world.decide()
    world.writes()
    world.decide()
    for task in "abc":
        world.refuses(task)
    world.decide(after=5)
    assert world.run.creates.recording == 1


def test_recorded_attempt_that_is_put_back_was_not_made_as_a_restart_knows():
    world = run("a", fields={"a": ONCE})
    world.decide()
    world.writes()
    (create,) = world.decide().create
    world.run.set_state("Suspended")
    assert not create.proceed()
    world.writes()
    again = world.restarted()
    again.run.set_state("Running")
    assert again.decided() == []
    again.writes()
    assert again.decided() == ["create a/1"]


def test_creation_that_was_carried_out_after_all_takes_its_slot_back():
    world = run("a, b", parallelism=1)
    world.decide()
    world.refuses("a", CreateError.BUSY)
    world.sees("a", running())
    assert world.decided(after=10) == []
    assert (world.run.slots.live, world.run.creates.in_flight) == (1, 0)
    world.ends("a")
    assert world.starts() == ["b"]


def test_refusal_of_an_earlier_attempt_is_no_news():
    world = run("a", fields={"a": {"retries": {"limit": 1}}})
    world.starts()
    world.ends("a", 1)
    world.decide()
    (create,) = world.decide(after=1).create
    world.intent("a", attempt=1).failed(CreateError.BUSY, "late", world.now)
    assert create.proceed()


def test_pod_that_is_too_large_fails_its_task_and_says_what_to_cut():
    world = run("a")
    world.decide()
    world.refuses("a", CreateError.TOO_LARGE, "etcdserver: request is too large")
    assert world.decide().finished
    assert world.task("a").last.message.startswith(
        "TooLarge: etcdserver: request is too large; the pod holds the script"
    )


# Its files are gone while it waits for them.


def waits_for_files():
    world = run("a >> b", fields={"a": {"files": ["query.sql"], "retries": {"limit": 3}}})
    world.decide()
    world.sees("a", waiting("ContainerCreating"))
    world.decide()
    return world


def lacks_files(world, error, message, attempt=1):
    return files_refused(world.run, world.number("a"), attempt, error, message, world.now)


@pytest.mark.parametrize("error", [CreateError.NAME_TAKEN, CreateError.QUOTA, CreateError.BUSY, CreateError.FORBIDDEN])
def test_a_pod_waits_for_files_that_may_come_and_says_so(error):
    world = waits_for_files()
    assert lacks_files(world, error, "no ConfigMap etl-1-files") is None
    world.writes()
    assert world.stored["tasks"]["a"]["reason"] == f"{error}: on node node-1"
    assert world.stored["tasks"]["a"]["message"] == "no ConfigMap etl-1-files"
    world.sees("a", running())
    world.ends("a")
    assert world.decided() == ["create b/1"]


def test_a_pod_whose_files_nobody_has_any_more_fails_as_if_it_had_not_been_made():
    world = waits_for_files()
    assert lacks_files(world, CreateError.FILES_GONE, "apply what it was").uid == world.task("a").pod.uid
    world.loses("a", being_deleted(waiting("ContainerCreating")))
    assert world.decide().finished
    assert world.phases == {"a": "Failed", "b": "UpstreamFailed"}
    assert world.task("a").last == Outcome(Ending.GAVE_UP, "FilesGone: apply what it was")


@pytest.mark.parametrize(
    "status", [running(), with_sandbox(waiting("ContainerCreating"), made=3), being_deleted(waiting())]
)
def test_a_pod_that_has_got_its_files_meanwhile_or_goes_needs_no_others(status):
    world = waits_for_files()
    world.sees("a", status)
    assert lacks_files(world, CreateError.FILES_GONE, "apply what it was") is None
    assert lacks_files(waits_for_files(), CreateError.FILES_GONE, "of an earlier attempt", attempt=0) is None
    assert (world.task("a").warning, world.task("a").termination_cause) == ("", None)
