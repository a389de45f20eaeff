"""What is decided when pods go, stand still, or are heard of late."""

from dataclasses import replace

from sluice.core.run.task_state import TaskStep
from sluice.core.spec.ending import Ending
from tests.core.kubelet import (
    START,
    accepted,
    at,
    being_deleted,
    disrupted,
    exited,
    running,
    unschedulable,
    waiting,
    with_sandbox,
)
from tests.core.world import run

DAY = 24 * 3600


# Pods that go.


def test_lost_pod_is_made_again_and_the_cluster_pays():
    world = run("a", fields={"a": {"retries": {"limit": 0, "infrastructure": 1}}})
    world.starts()
    world.sees("a", running())
    world.loses("a", running())
    world.decide()
    assert world.task("a").last.ending is Ending.LOST
    assert world.decided(after=1) == ["create a/2"]


def test_pod_that_terminates_on_a_lost_node_holds_up_the_next_attempt_until_it_is_gone():
    """Its program may still run there: nobody but the node could say that it has ended."""
    lost = being_deleted(disrupted(running(), "Taint manager: deleting due to NoExecute taint"), asked=300)
    world = run("a", fields={"a": {"timeout": "1h", "poll": {"every": "1m", "timeout": "2h"}}})
    world.starts()
    world.sees("a", running())
    world.decide()
    world.sees("a", lost)
    assert world.decided(after=400) == []
    assert world.restarted().decided(after=7 * DAY) == []
    assert world.run.slots.live == 1
    world.loses("a", lost)
    world.decide()
    assert world.task("a").used.infrastructure == 1
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


def test_what_ends_because_it_is_deleted_has_not_ended_by_itself_although_the_kubelet_dates_that_anew():
    killed = exited(143, ended=5)
    for last in ("sees", "loses"):
        world = run("a", fields={"a": {"retries": {"limit": 0, "infrastructure": 1}}})
        world.starts()
        world.sees("a", being_deleted(running(), asked=5))
        getattr(world, last)("a", being_deleted(killed, asked=6, grace=0))
        world.decide()
        assert world.task("a").last.ending is Ending.INFRASTRUCTURE


def test_deletion_of_another_pod_by_that_name_is_not_ours():
    world = run("a")
    world.starts()
    world.run.pods.observe_deleted(replace(world.pod("a", running()), uid="another"))
    assert world.decided() == []
    assert world.steps["a"] is TaskStep.LIVE


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
    world.run.pods.observe(world.pod("a", exited(0), attempt=1))
    world.run.pods.observe_deleted(world.pod("a", exited(0), attempt=1))
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
    world.run.pods.observe(replace(world.pod("a", running()), attempt_of=None))
    assert world.steps["a"] is TaskStep.CREATING


def test_pod_that_ended_is_kept_until_its_end_is_recorded():
    world = run("a >> b")
    world.starts()
    pod = world.sees("a", exited(0))
    world.decide()
    assert [ended.uid for ended in world.run.stored.ended_pods] == [pod.uid]
    world.writes()
    assert world.run.stored.ended_pods == []
    assert world.stored["tasks"]["a"]["finishedAt"] == at(10)


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


def test_pod_that_we_delete_is_not_deleted_again_at_its_next_deadline():
    world = run("a", fields={"a": {"timeout": "600s"}})
    world.starts()
    world.sees("a", waiting("ErrImagePull"))
    world.decide()
    assert world.decided(after=601) == ["delete a/1"]
    world.sees("a", running())
    world.decide()
    assert world.decided(after=600) == []


def looks(world, after):
    return [(look.number, look.attempt) for look in world.decide(after).look]


MOUNT = "FailedMount: MountVolume.SetUp failed for volume data"


def test_a_pod_that_does_not_start_says_the_newest_warning_about_it():
    world = run("a")
    world.decide()
    world.sees("a", waiting("ContainerCreating", placed=1))
    assert looks(world, 2) == []
    assert looks(world, 28) == []
    assert looks(world, 1) == [(0, 1)]  # 30 s after it was placed
    world.run.warned(0, 1, MOUNT)
    world.writes()
    assert world.stored["tasks"]["a"]["reason"] == "FailedMount: on node node-1"
    assert world.stored["tasks"]["a"]["message"] == "MountVolume.SetUp failed for volume data"
    assert [second for second in range(32, 600) if looks(world, 1)] == [61, 121, 241, 481]  # it does not go on asking
    world.sees("a", waiting("ContainerCreating", placed=1))
    assert looks(world, 1) == []
    assert world.decided(after=1) == ["delete a/1"]
    assert (
        world.task("a").termination_cause.message == f"did not start in 10m on node node-1: ContainerCreating: {MOUNT}"
    )


def test_the_files_of_a_pod_that_does_not_start_are_seen_to_until_they_are_mounted():
    world = run("a, b", fields={"a": {"files": ["query.sql"]}})
    world.decide()
    world.sees("a", waiting("ContainerCreating", placed=1))
    world.sees("b", waiting("ContainerCreating", placed=1))
    assert seen_to(world, 30) == {}
    assert seen_to(world, 1) == {0: True, 1: False}
    assert seen_to(world.restarted(), 0) == {0: True, 1: False}
    assert seen_to(world, 30) == {0: True, 1: False}
    world.sees("a", with_sandbox(waiting("ContainerCreating", placed=1), made=62))
    assert seen_to(world, 60) == {0: False, 1: False}


def seen_to(world, after):
    return {look.number: look.files for look in world.decide(after).look}


def test_nobody_looks_for_warnings_about_a_pod_that_starts_or_says_why_it_does_not():
    world = run("a, b, c")
    world.decide()
    world.sees("a", waiting("ContainerCreating"))
    world.sees("b", waiting("ImagePullBackOff", "not found"))
    world.sees("c", unschedulable("0/3 nodes have 64 CPUs"))
    world.decide()
    world.sees("a", running())
    assert [looks(world, 10) for _ in range(30)] == [[]] * 30


def test_a_warning_about_an_attempt_that_has_ended_says_nothing_of_the_next():
    world = run("a", fields={"a": {"retries": {"limit": 1, "backoff": {"initial": "1s"}}}})
    world.decide()
    world.sees("a", waiting("ContainerCreating"))
    world.decide()
    world.run.warned(0, 1, MOUNT)
    world.sees("a", exited(1))
    world.decide()
    assert world.decided(after=60) == ["create a/2"]
    world.run.warned(0, 1, MOUNT)
    assert world.task("a").warning == ""


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
    fetches = {"initContainerStatuses": [{"name": "fetch", "state": {"running": {"startedAt": at(2)}}}]}
    world.sees("a", waiting("PodInitializing") | fetches)
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


# Outputs of which the file says that they are in the log.


def test_a_file_can_say_that_the_outputs_are_in_the_log():
    world = run("a >> b", fields={"a": {"outputs": ["k"]}})
    world.starts()
    world.ends("a", outputs="::outputs:: 9")
    assert world.decided() == ["read a/1"]
    world.logs("a", 'said\n::outputs::{"k": 12}\nmore\n::outputs::{"k": 1}\n')
    assert world.decided() == ["create b/1"]
    assert world.task("a").outputs == {"k": 12}


def test_outputs_in_the_log_count_only_in_one_piece():
    world = run("a", fields={"a": {"outputs": ["k"]}})
    world.starts()
    world.ends("a", outputs="::outputs:: 9\n")
    world.decide()
    world.logs("a", '::outputs::{"k": 1}\n')  # cut, or somebody else's
    world.decide()
    assert world.task("a").last.ending is Ending.INFRASTRUCTURE
    assert "in one piece, the 9 bytes" in world.task("a").last.message
    assert world.decided(after=1) == ["create a/2"]
