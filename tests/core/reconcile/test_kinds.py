"""Tasks that end in a way of their own: a join, a wait, and one whose exit code says that there is nothing to do."""

import pytest

from sluice.api.run import ApprovalDecision
from tests.core.kubelet import START, at
from tests.core.validation.judged import A, faults
from tests.core.world import run

JOIN = {"join": {}}


def test_a_join_lets_branches_meet_without_a_pod():
    world = run("a, b >> j >> c, d", fields={"j": JOIN})
    assert world.starts() == ["a", "b"]
    world.ends("a")
    assert world.decided() == []
    world.ends("b")
    assert world.starts() == ["c", "d"]
    assert world.phases["j"] == "Succeeded"
    assert world.restarted().decided() == []


def test_a_join_goes_by_its_trigger_rule_and_its_condition():
    world = run("a >> j >> b; a >> k >> c", fields={"j": JOIN | {"runIf": "AllDone"}, "k": JOIN | {"when": "false"}})
    world.starts()
    world.ends("a", 1)
    world.decide()
    assert world.phases["j"] == "Succeeded"
    assert world.phases["k"] == "UpstreamFailed"
    other = run("j >> b", fields={"j": JOIN | {"when": "false"}})
    other.decide()
    assert other.phases == {"j": "Skipped", "b": "Skipped"}


def test_a_graph_of_joins_alone_is_done_at_once():
    world = run("a >> b", fields={"every": JOIN})
    assert world.decide().finished
    assert world.phases == {"a": "Succeeded", "b": "Succeeded"}


@pytest.mark.parametrize("field", ["image", "bash", "retries", "forEach", "outputs", "finally", "timeout", "approval"])
def test_a_join_runs_nothing(field):
    values = {"retries": {"limit": 1}, "forEach": {"items": ["x"]}, "outputs": ["k"], "finally": True, "timeout": "1h"}
    task = {"name": "a", field: values.get(field, {} if field == "approval" else "x")} | JOIN
    assert f"spec.tasks[0].{field}" in {fault.partition(":")[0] for fault in faults(task)}


TEN_MINUTES = {"wait": {"for": "10m"}}


def test_a_wait_is_over_after_its_time_from_when_it_was_ready():
    world = run("a >> w >> b", fields={"w": TEN_MINUTES})
    world.starts()
    world.ends("a")
    assert world.decide(after=60).wake_at == START + 660
    assert world.reasons["w"] == f"Wait: until {at(660)}"
    assert world.decided(after=599) == []
    again = world.restarted()
    again.now = world.now
    assert again.starts(after=1) == ["b"]


def test_the_time_of_a_wait_goes_on_while_the_run_is_suspended():
    world = run("a >> w >> b", fields={"w": TEN_MINUTES})
    world.starts()
    world.ends("a")
    world.run.set_state("Suspended")
    world.decide()
    world.run.set_state("Running")
    assert world.starts(after=600) == ["b"]


@pytest.mark.parametrize(
    ("until", "phase", "wakes_at"),
    [
        (at(-5), "Succeeded", None),  # it has passed
        (at(90), "Pending", START + 90),
        ("$(params.when)", "Failed", None),
    ],
)
def test_a_wait_until_a_time(until, phase, wakes_at):
    world = run("w", fields={"w": {"wait": {"until": until}}})
    assert world.decide().wake_at == wakes_at
    assert world.phases["w"] == phase
    if phase == "Failed":
        assert world.task("w").last.message.startswith("wait.until is '$(params.when)', and must be a time such as ")


def test_waits_and_approvals_may_follow_each_other_at_once():
    over, asks = {"wait": {"until": at(-5)}}, {"approval": {}}
    world = run("v >> p >> w >> q >> b", fields={"v": over, "w": over, "p": asks, "q": asks})
    world.run.set_approvals({name: ApprovalDecision(decision="Approve") for name in "pq"})
    assert world.starts() == ["b"]


def test_a_wait_is_stopped_and_one_at_the_end_is_not():
    world = run("w, a; last", fields={"w": TEN_MINUTES, "last": TEN_MINUTES | {"finally": True}}, fail_fast="Stop")
    world.starts()
    world.ends("a", 1)
    world.decide()
    assert world.phases["w"] == "Stopped"
    assert world.decide(after=600).finished
    assert world.phases["last"] == "Succeeded"


@pytest.mark.parametrize(
    ("wait", "fault"),
    [
        ({}, "wait: needs one of `for` and `until`, for example for: 10m"),
        ({"for": "1m", "until": "$(params.x)"}, "wait: needs one of `for` and `until`"),
        ({"until": "tomorrow"}, "wait.until: 'tomorrow' is no time; write for example 2026-03-01T02:00:00Z"),
        ({"for": "soon"}, "wait.for: "),
    ],
)
def test_a_wait_says_how_long(wait, fault):
    (found,) = faults({"name": "a", "wait": wait}, parameters=[{"name": "x", "default": "x"}])
    assert found.startswith(f"spec.tasks[0].{fault}")


NOTHING = {"skipExitCodes": [99], "retries": {"limit": 2}}


def test_an_exit_code_says_that_there_is_nothing_to_do():
    world = run("a >> b, c", fields={"a": NOTHING, "c": {"runIf": "NoneFailed"}}, fail_fast="Stop")
    world.starts()
    world.ends("a", 99)
    assert world.starts() == ["c"]
    assert world.phases["a"] == world.phases["b"] == "Skipped"
    assert world.reasons["a"] == "Skipped: exit code 99 says that there is nothing to do"
    again = world.restarted()
    again.decide()
    assert again.phases["a"] == "Skipped"


def test_another_exit_code_is_tried_again():
    world = run("a", fields={"a": NOTHING})
    world.starts()
    world.ends("a", 1)
    world.decide()
    assert world.starts(after=1) == ["a"]


def test_items_that_have_nothing_to_do_are_not_counted_and_hand_on_null():
    fan = {"forEach": {"items": ["x", "y"]}, "outputs": ["k"]} | NOTHING
    world = run("a", fields={"a": fan})
    world.decide()
    world.writes()
    assert world.starts() == ["a[0]", "a[1]"]
    world.ends("a[0]", 99)
    world.ends("a[1]", outputs="k=1")
    assert world.decide().finished
    assert world.phases == {"a": "Succeeded"}
    assert world.run.tasks[0].outputs == {"k": [None, "1"]}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"skipExitCodes": [0]}, "skipExitCodes[0]: input should be greater than or equal to 1"),
        (NOTHING | {"retries": {"exitCodes": [7, 99]}}, "skipExitCodes[0]: 99 is among retries.exitCodes as well"),
        ({"skipExitCodes": [75], "poll": {"every": "30s"}}, 'skipExitCodes[0]: 75 says "not yet" of a task that polls'),
    ],
)
def test_an_exit_code_has_one_meaning(fields, words):
    (found,) = faults(A | fields)
    assert found.startswith(f"spec.tasks[0].{words}")
