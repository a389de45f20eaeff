import json
from dataclasses import replace

import pytest

from sluice.core.pod.create_errors import CreateError
from sluice.core.status.fan_out_status import fan_out_entry
from sluice.core.status.run_phase import run_message, run_progress
from sluice.core.status.run_status import REWORD_EVERY_S, compose, task_status
from sluice.core.status.text_budget import text_budget, truncate
from tests.core.counting import calls
from tests.core.kubelet import accepted, at, disrupted, exited, running, unschedulable, waiting
from tests.core.world import merge_patch, run

MIB = 1024 * 1024


def conditions(world):
    return {condition["type"]: condition["status"] for condition in world.stored["conditions"]}


# What travels.


def test_first_patch_says_everything():
    world = run("a >> b", parallelism=2)
    world.decide()
    assert world.writes() == {
        "observedGeneration": 1,
        "phase": "Running",
        "revision": "etl-1",
        "progress": "0/2",
        "startedAt": at(0),
        "conditions": world.stored["conditions"],
        "tasks": {
            "a": {"phase": "Pending", "reason": "Starting: its pod is being created"},
            "b": {"phase": "Pending", "reason": "WaitingFor: a"},
        },
    }


@pytest.mark.parametrize(
    "by_hand",
    [
        {},
        {"b": {"phase": "Pending"}},
        {"a": {"phase": "Succeeded", "attempt": 7, "retryAt": at(9)}, "b": {"phase": "Running"}},
    ],
)
def test_what_somebody_else_wrote_is_put_right(by_hand):
    world = run("a >> b")
    world.starts()
    world.sees("a", running())
    world.writes()
    told = world.stored["tasks"]
    world.stored = world.stored | {"tasks": by_hand}
    world.run.status_found(by_hand)
    world.writes()
    assert {name: world.stored["tasks"][name] for name in told} == told


def test_why_it_waited_goes_when_it_starts():
    world = run("a")
    world.stored = {"phase": "Pending", "message": "Queued: 1/1 runs of etl are going (etl-g1)"}
    world.decide()
    world.writes()
    assert "message" not in world.stored


def test_nothing_new_is_nothing_to_send():
    world = run("a >> b")
    world.starts()
    world.writes()
    world.decide(after=60)
    assert world.writes() == {}


def test_only_changed_entries_travel_and_of_them_only_what_changed():
    world = run("a, b >> c")
    world.starts()
    world.writes()
    world.sees("a", running())
    world.decide()
    assert world.writes() == {"tasks": {"a": {"phase": "Running", "startedAt": at(2), "reason": None}}}


def test_null_removes_what_is_no_longer_so():
    world = run("a", fields={"a": {"retries": {"limit": 1}}})
    world.starts()
    world.ends("a", 1)
    world.decide()
    world.writes()
    assert world.stored["tasks"]["a"]["retryAt"] == at(1)
    world.starts(after=1)
    world.sees("a", running())
    world.decide()
    sent = world.writes()["tasks"]["a"]
    assert (sent["retryAt"], sent["reason"], sent["message"]) == (None, None, None)
    assert not world.stored["tasks"]["a"].keys() & {"retryAt", "reason", "message", "exitCode", "finishedAt"}


def test_stored_status_is_what_the_tasks_are():
    """Merge patches add up to the whole."""
    world = run("a, b >> c; d", parallelism=2, fields={"a": {"retries": {"limit": 1}}})
    for task, status in [("a", running()), ("b", exited(0)), ("a", exited(1)), ("d", waiting("ErrImagePull", "x"))]:
        world.starts(after=1)
        world.writes()
        world.sees(task, status)
    world.decide(after=REWORD_EVERY_S)
    world.writes()
    assert world.stored["tasks"] == {
        world.name(number): task_status(world.run, number) for number in range(len(world.run.tasks))
    }


@pytest.mark.parametrize(
    ("moves", "told"),
    [
        ([1.0], False),
        ([REWORD_EVERY_S], True),
        ([-3600.0], True),  # the clock was set back an hour: that is no reason to keep silent for an hour
        ([-3600.0, 1.0], False),
        ([3600.0], True),
    ],
)
def test_new_words_for_the_same_come_not_too_often_however_the_clock_is_set(moves, told):
    world = run("a")
    world.starts()
    sent = {}
    for number, seconds in enumerate([0, 0, *moves]):
        world.sees("a", unschedulable(f"0/{number + 1} nodes are available"))
        world.decide(after=seconds)
        sent = world.writes()
    assert ("tasks" in sent) == told


def test_patch_that_was_not_stored_is_said_again():
    world = run("a, b")
    world.starts()
    world.writes()
    world.ends("a")
    world.decide()
    lost = compose(world.run, world.stored, 1, world.now)
    world.sees("b", running())
    world.decide()
    lost.roll_back()
    again = compose(world.run, world.stored, 1, world.now)
    assert again.body["tasks"].keys() == {"a", "b"}
    assert [pod.attempt_of.task for pod in again.ended] == ["a"]


def test_attempt_to_record_is_said_again_until_it_is_stored():
    world = run("a", fields={"a": {"retries": {"execution": "AtMostOnce"}}})
    world.decide()
    lost = compose(world.run, world.stored, 1, world.now)
    assert lost.recorded == [(0, 1)]
    lost.roll_back()
    assert world.decided() == []
    world.writes()
    assert world.decided() == ["create a/1"]


# The words.


@pytest.mark.parametrize(
    ("text", "stands", "words"),
    [
        ("a, b, c", {}, "0/3"),
        ("a, b, c", {"a": "Succeeded", "b": "Running"}, "1/3"),
        ("a >> b; c", {"a": "Failed", "b": "UpstreamFailed", "c": "Succeeded"}, "1/3, 1 failed, 1 not run"),
        ("a, b, c", {"a": "Stopped", "b": "Stopped", "c": "Failed"}, "0/3, 1 failed, 2 stopped"),
    ],
)
def test_progress(text, stands, words):
    assert run_progress(run(text, **stands).run) == words


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ({"a": 0}, ""),
        ({"b": 3}, "task b failed: exit code 3"),
        ({"b": 3, "c": 1}, "task b failed (and 1 more): exit code 3"),
    ],
)
def test_message_names_the_first_failed_task(codes, words):
    world = run("a, b, c")
    world.starts()
    for task, code in codes.items():
        world.ends(task, code)
    world.decide()
    assert run_message(world.run) == words


@pytest.mark.parametrize(
    ("stands", "state", "phase", "true"),
    [
        ({}, "Running", "Running", {"Accepted", "Reconciling"}),
        ({}, "Suspended", "Suspended", {"Accepted", "Reconciling"}),
        ({"a": "Running"}, "Stopped", "Running", {"Accepted", "Reconciling"}),  # until its pods have ended
        ({"a": "Succeeded", "b": "Succeeded"}, "Running", "Succeeded", {"Accepted", "Complete", "Finished"}),
        ({"a": "Failed"}, "Running", "Failed", {"Accepted", "Failed", "Finished", "Stalled"}),
        ({"a": "Succeeded"}, "Stopped", "Stopped", {"Accepted", "Failed", "Finished", "Stalled"}),
        ({"a": "Succeeded", "b": "Succeeded"}, "Stopped", "Succeeded", {"Accepted", "Complete", "Finished"}),
    ],
)
def test_phase_and_conditions(stands, state, phase, true):
    world = run("a >> b", state=state, **stands)
    world.decide()
    world.writes()
    assert world.stored["phase"] == phase
    assert {type_ for type_, status in conditions(world).items() if status == "True"} == true
    assert ("finishedAt" in world.stored) == ("Finished" in true)


# One task.


def test_entry_of_an_ended_task():
    world = run("a", fields={"a": {"retries": {"limit": 1}}})
    for _ in range(2):
        world.starts(after=1)
        world.sees("a", exited(3, message="bye", started=4, ended=9))
        world.decide()
    assert task_status(world.run, 0) == {
        "phase": "Failed",
        "attempt": 2,
        "pod": world.task("a").pod.name,
        "startedAt": at(4),
        "finishedAt": at(9),
        "exitCode": 3,
        "reason": "Error: 1 of 1 retries used",
        "message": "exit code 3: bye",
        "retries": {"limit": 1, "infrastructure": 0},
    }


def test_attempt_is_written_once_its_pod_exists():
    """After a crash, an attempt that was merely asked for would be taken for lost."""
    world = run("a")
    world.decide()
    assert "attempt" not in task_status(world.run, 0)
    world.sees("a", accepted())
    assert task_status(world.run, 0)["attempt"] == 1


def test_pod_that_was_never_made_has_no_name():
    world = run("a")
    world.decide()
    world.refuses("a", CreateError.INVALID, "no image")
    world.decide()
    entry = task_status(world.run, 0)
    assert (entry["phase"], entry["message"]) == ("Failed", "Invalid: no image")
    assert not entry.keys() & {"attempt", "pod"}


def test_refused_retry_shows_the_attempt_before_it():
    world = run("a", fields={"a": {"retries": {"limit": 1}}})
    world.starts()
    world.ends("a", 1)
    world.decide()
    world.decide(after=1)
    world.refuses("a")
    entry = task_status(world.run, 0)
    assert (entry["attempt"], entry["retryAt"]) == (1, at(1))


def test_end_of_a_hold_changes_the_reason_of_all_that_wait():
    world = run("a, b", parallelism=1)
    world.decide()
    world.refuses("a", CreateError.QUOTA)
    world.decide()
    world.writes()
    (started,) = world.starts(after=5)
    world.writes()
    (waits,) = {"a", "b"} - {started}
    assert world.stored["tasks"][waits]["reason"] == "Parallelism: 1/1"


def test_change_of_a_cap_or_a_state_changes_the_reason_of_all_that_wait():
    world = run("a, b", parallelism=1)
    world.starts()
    world.writes()
    world.run.set_state("Suspended")
    world.decide()
    assert world.writes()["tasks"]["b"]["reason"].startswith("Suspended")


# Its size.


def test_long_words_of_the_server_are_cut_to_what_the_schema_takes():
    world = run("a")
    world.decide()
    world.refuses("a", CreateError.INVALID, "spec.containers[0].env[0].name: Invalid value; " * 5000)
    assert world.decide().finished
    world.writes()  # the schema judges
    assert world.stored["message"].startswith("task a failed: Invalid: spec.containers[0].env[0].name")
    assert _as_go_writes_it(world.stored) < 32 * 1024


@pytest.mark.parametrize(
    ("text", "room", "left"),
    [
        ("word", 10, "word"),
        ("word", 4, "word"),
        ("words", 4, "word"),
        ("<<<<", 12, "<<"),
        ("語語語", 8, "語語"),
        ('"""', 4, '""'),
        ("語", 2, ""),
    ],
)
def test_fit_leaves_as_much_as_has_room(text, room, left):
    assert truncate(text, room) == left


def test_text_room_is_all_a_task_needs_until_there_are_very_many():
    assert text_budget(1) == text_budget(100) == 512
    assert text_budget(1000) > text_budget(2000) > 64


@pytest.mark.parametrize("letter", ["x", "語", "<", '"'], ids=["latin", "chinese", "markup", "quote"])
def test_status_of_2000_failed_tasks_with_the_longest_names_fits_1_mib(letter):
    names = [f"{number:04}-".ljust(63, "t") for number in range(2000)]
    world = run(", ".join(names), fields={"every": {"retries": {"limit": 1}}})
    for _ in range(2):
        world.starts(after=1)
        for name in names:
            world.sees(name, exited(137, "ContainerCannotRun", letter * 4096))
        world.decide()
    world.writes()
    assert world.stored["phase"] == "Failed"
    assert _as_go_writes_it(world.stored) < MIB


def test_status_of_2000_unschedulable_tasks_fits_1_mib():
    names = [f"{number:04}-".ljust(63, "t") for number in range(2000)]
    world = run(", ".join(names))
    world.starts()
    for name in names:
        world.sees(name, waiting("ImagePullBackOff", "no such image " * 300))
    world.decide()
    world.writes()
    assert _as_go_writes_it(world.stored) < MIB


def test_status_of_2000_tasks_that_failed_while_they_polled_fits_1_mib():
    names = [f"{number:04}-".ljust(63, "t") for number in range(2000)]
    poll = {"poll": {"every": "1s", "timeout": "1h"}, "retries": {"limit": 1}}
    world = run(", ".join(names), fields={"every": poll})
    for _ in range(2):
        world.starts(after=1)
        for name in names:
            world.sees(name, exited(137, "ContainerCannotRun", "bye " * 300))
        world.decide()
    world.writes()
    assert world.stored["tasks"][names[0]]["poll"] == {"since": at(2), "tries": 0}
    assert _as_go_writes_it(world.stored) < MIB


def test_status_of_2000_evicted_tasks_fits_1_mib():
    names = [f"{number:04}-".ljust(63, "t") for number in range(2000)]
    world = run(", ".join(names))
    world.starts()
    for name in names:
        evicted = disrupted(exited(143), "Eviction API: evicting " * 30)
        world.run.pods.observe(replace(world.pod(name, evicted), node="n" * 63))
    world.decide()
    world.writes()
    assert world.stored["tasks"][names[0]]["avoidNode"] == "n" * 63
    assert _as_go_writes_it(world.stored) < MIB


def _as_go_writes_it(status):
    """The bytes that the API server stores: UTF-8, and `<`, `>` and `&` escaped."""
    text = json.dumps(status, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode()) + 5 * sum(map(text.count, "<>&"))


def test_merge_patch_is_what_the_api_server_does():
    """RFC 7386, appendix A."""
    assert merge_patch({"a": "b", "c": {"d": "e", "f": "g"}}, {"a": "z", "c": {"f": None}}) == {
        "a": "z",
        "c": {"d": "e"},
    }
    assert merge_patch({"a": [{"b": "c"}]}, {"a": [1]}) == {"a": [1]}
    assert merge_patch({}, {"a": {"bb": {"ccc": None}}}) == {"a": {"bb": {}}}


def test_a_reason_that_only_changes_its_numbers_is_written_once_in_ten_seconds():
    world = run("a")
    world.starts()
    world.writes()
    for second in range(1, 10):
        world.sees("a", unschedulable(f"0/{second} nodes are available"))
        world.decide(after=1)
        sent = world.writes()
        assert (sent != {}) == (second <= 2), second  # another reason, and the first time that its numbers change
    world.decide(after=3)
    assert world.writes()["tasks"]["a"] == {"reason": "Unschedulable: 0/9 nodes are available"}
    assert world.writes() == {}


def test_the_last_words_are_not_held_back():
    world = run("a")
    world.starts()
    world.sees("a", unschedulable("0/1 nodes"))
    world.decide()
    world.writes()
    world.run.set_state("Stopped")
    world.decide()
    world.loses("a", unschedulable("0/2 nodes"))
    assert world.decide().finished
    world.writes()
    assert world.stored["tasks"]["a"]["phase"] == "Stopped"


def test_message_of_a_run_that_fails_by_a_leaf_alone_names_it():
    """As where the task before it may fail, and its outputs are missing."""
    stands = {"a": "Failed", "b": "UpstreamFailed", "c": "Succeeded"}
    world = run("a >> b; c", leaf_failed=True, fields={"a": {"allowFailure": True}}, **stands)
    assert world.decide().finished
    assert run_message(world.run) == "task b was not reached (failWhen: LeafFailed)"


def test_items_that_have_ended_cost_a_write_of_the_status_nothing():
    def cost(ended):
        world = run("each", fields={"each": {"forEach": {"range": {"end": ended + 2}}}})
        world.decide()
        world.writes()
        for index in range(ended):
            world.starts()
            world.ends(f"each[{index}]")
        world.decide()
        assert fan_out_entry(world.run, 0)["items"]["succeeded"] == f"0-{ended - 1}"
        return calls(lambda: fan_out_entry(world.run, 0))

    assert cost(200) == cost(20)
