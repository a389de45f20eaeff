"""Approvals: who decides, when it counts, and what the task says."""

from dataclasses import replace

import pytest

from sluice.api.run import ApprovalDecision
from sluice.core.base.ownership import AttemptRef
from sluice.core.base.times import rfc3339
from sluice.core.reconcile.restore import restore
from sluice.core.run.dirty import Topic
from sluice.core.run.orders import Orders
from sluice.core.run.task_state import TaskStep
from sluice.core.spec.approval import Approval, resolve
from sluice.core.spec.definition import Definition
from sluice.core.spec.ending import Ending, Outcome
from sluice.core.status.reasons import Reason, reason
from sluice.core.status.run_phase import current_phase, run_message
from sluice.core.status.run_status import task_status
from sluice.core.validation.approvals import unknown_approvals
from tests.core.kubelet import RUN, START, at, exited, seen
from tests.core.validation.judged import A, faults
from tests.core.world import World, graph, run

NO_TIMEOUT = Approval()
HOUR = {"timeout": "1h"}
APPROVED = ApprovalDecision(decision="Approve")
ASKS = "Approval: set spec.approvals.ok.decision to Approve or Reject, and .by to your user name"


def asks(text="a >> ok >> b", state="Running", **approval):
    """A run whose task `ok` is an approval."""
    fields = {"ok": {"approval": approval}, "every": {"retries": {"limit": 3}}}
    return run(text, fields=fields, state=state, a="Succeeded")


@pytest.mark.parametrize(
    ("given", "ending", "words"),
    [
        ({"decision": "Approve"}, Ending.SUCCESS, "approved"),
        ({"decision": "Approve", "by": "ada"}, Ending.SUCCESS, "approved by ada"),
        ({"decision": "Reject", "by": "ada", "comment": "too late"}, Ending.REJECTED, "rejected by ada: too late"),
        ({"decision": "Reject", "comment": "too late"}, Ending.REJECTED, "rejected: too late"),
    ],
)
def test_decision(given, ending, words):
    assert resolve(NO_TIMEOUT, ApprovalDecision.model_validate(given), START, START + 5) == Outcome(
        ending, words, START + 5
    )


@pytest.mark.parametrize(
    ("default", "after", "ended"),
    [
        (None, 3599, None),
        (None, 3600, Outcome(Ending.TIMEOUT, "nobody decided within 60m", START + 3600)),
        ("Reject", 3600, Outcome(Ending.REJECTED, "rejected by default: nobody decided within 60m", START + 3600)),
        ("Approve", 3600, Outcome(Ending.SUCCESS, "approved by default: nobody decided within 60m", START + 3600)),
    ],
)
def test_timeout(default, after, ended):
    assert resolve(Approval(timeout_s=3600, default=default), None, START, START + after) == ended


def test_decision_that_is_seen_late_counts_before_the_timeout():
    ended = resolve(Approval(timeout_s=3600, default="Reject"), APPROVED, START, START + 9999)
    assert ended.ending is Ending.SUCCESS


# In a run.


def test_approved_task_lets_its_dependents_start_and_keeps_who_when_and_why():
    world = asks()
    assert world.decided() == []
    world.says("Approve", "ok", by="ada", comment="go")
    assert world.decided(after=60) == ["create b/1"]
    assert task_status(world.run, world.number("ok")) == {
        "phase": "Succeeded",
        "startedAt": at(0),
        "finishedAt": at(60),
        "message": "approved by ada: go",
    }


def test_rejected_task_has_failed_and_is_not_tried_again():
    world = asks()
    world.decide()
    world.says("Reject", "ok", by="ada", comment="not on a friday")
    assert world.decide().finished
    assert world.phases == {"a": "Succeeded", "ok": "Failed", "b": "UpstreamFailed"}
    assert reason(world.run, world.number("ok")) == Reason("Rejected", "rejected by ada: not on a friday")
    assert (current_phase(world.run), run_message(world.run)) == (
        "Failed",
        "task ok failed: rejected by ada: not on a friday",
    )


def test_decision_that_was_given_before_counts_as_soon_as_it_is_asked_for():
    world = run("a >> ok >> b", fields={"ok": {"approval": {}}})
    world.says("Approve", "ok")
    world.starts()
    assert world.decided() == []
    world.ends("a")
    assert world.decided() == ["create b/1"]


def test_chain_of_approvals_is_heard_at_once():
    world = run("x >> y >> b", fields={name: {"approval": {}} for name in "xy"})
    world.says("Approve", "y")
    assert world.decided() == []
    world.says("Approve", "x")
    assert world.decided() == ["create b/1"]


def test_it_holds_no_slot():
    world = run("ok, b", parallelism=1, fields={"ok": {"approval": {}}})
    assert world.starts() == ["b"]
    assert world.run.slots.live == 1


def test_time_is_up_without_news():
    world = asks(**HOUR)
    assert world.decide().wake_at == START + 3600
    assert world.decide(after=3599).wake_at == START + 3600
    assert world.decide(after=1).finished
    assert reason(world.run, world.number("ok")) == Reason("Timeout", "nobody decided within 60m")


def test_suspended_run_hears_no_decision_until_it_is_resumed():
    world = asks(state="Suspended", **HOUR)
    world.says("Approve", "ok")
    assert world.decided() == []
    assert reason(world.run, world.number("ok")).text.startswith("Suspended: ")
    assert world.decided(after=7200) == []
    world.run.set_state("Running")
    assert world.decided() == ["create b/1"]


def test_stopped_run_asks_no_longer():
    world = asks()
    world.decide()
    world.run.set_state("Stopped")
    assert world.decide().finished
    assert world.phases == {"a": "Succeeded", "ok": "Stopped", "b": "Stopped"}


def test_stopped_run_hears_no_decision_that_was_given_before():
    world = run("a >> ok", fields={"ok": {"approval": {}, "when": "tasks.a.phase == 'Failed'", "runIf": "AllDone"}})
    world.starts()
    world.run.set_approvals({"ok": APPROVED})
    world.run.set_state("Stopped")
    world.ends("a")
    assert world.decide().finished
    assert world.phases == {"a": "Succeeded", "ok": "Stopped"}


@pytest.mark.parametrize(
    ("approval", "words"),
    [
        ({}, Reason(ASKS)),
        ({"message": "Deploy $(run.name)?"}, Reason(ASKS, f"Deploy {RUN.name}?")),
        ({"timeout": "1h"}, Reason(f"{ASKS}; fails at {at(3600)}")),
        ({"timeout": "1h", "default": "Approve"}, Reason(f"{ASKS}; approved at {at(3600)}")),
        ({"timeout": "1h", "default": "Reject"}, Reason(f"{ASKS}; rejected at {at(3600)}")),
    ],
)
def test_it_says_what_a_person_is_to_do(approval, words):
    world = asks(**approval)
    world.decide()
    assert reason(world.run, world.number("ok")) == words


def test_timeout_goes_on_after_a_restart():
    world = asks(**HOUR)
    world.decide()
    world.writes()
    definition = Definition.of(graph("a >> ok >> b", ok={"approval": HOUR}))
    again = World(
        restore(RUN, "etl-1", definition, status=world.stored, pods=[], now=0.0, orders=Orders()),
        now=START + 600,
        stored=world.stored,
    )
    assert again.decide().wake_at == START + 3600
    assert again.writes() == {}
    assert again.decide(after=3000).finished


def test_cost_of_a_decision_is_that_of_one_task():
    world = run(", ".join(f"t{number}" for number in range(50)), fields={"every": {"approval": {}}})
    world.decide()
    world.writes()
    world.says("Approve", "t7")
    world.decide()
    assert world.run.dirty.peek(Topic.STATUS) == {world.number("t7")}


# Faults.


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        (
            {"bash": "true"},
            "bash: an approval waits for a person and has no pod; remove this, or make another task of it",
        ),
        ({"timeout": "1h"}, "timeout: an approval has no pod; write `approval.timeout`"),
        ({"retries": {"limit": 1}}, "retries: a decision is final; remove this"),
        (
            {"finally": True},
            "finally: what runs at the end must not wait for a person; remove this, or the approval",
        ),
        (
            {"approval": {"default": "Approve"}},
            "approval.default: counts when the time is up, and there is no limit; add `timeout`",
        ),
        ({"approval": {"default": "Yes"}}, "approval.default: input should be 'Approve' or 'Reject'"),
        ({"approval": {"message": "$(params.x)"}}, "approval.message: $(params.x) stands for nothing"),
    ],
)
def test_fault(task, fault):
    assert faults(A, {"name": "ok", "approval": {}} | task) == [f"spec.tasks[1].{fault}"]


def test_approval_needs_no_image():
    assert faults({"name": "ok", "approval": {"message": "Deploy?", "timeout": "1h", "default": "Reject"}}) == []


def test_decision_about_no_approval_is_told():
    definition = Definition.of(graph("a >> deploy", deploy={"approval": {}}))
    told = unknown_approvals({"deploy": {}, "deplyo": {}, "a": {}}, definition)
    assert [str(fault) for fault in told] == [
        "spec.approvals.a: no approval task is called 'a'",
        "spec.approvals.deplyo: no approval task is called 'deplyo'; did you mean 'deploy'?",
    ]


def test_no_pod_decides_in_a_persons_place():
    """Somebody made one that looks like the task's own, and it has ended well."""
    definition = Definition.of(graph("ok >> b", ok={"approval": {}}))
    forged = replace(seen(exited(0)), attempt_of=AttemptRef(RUN.ref, "ok", None, 1))
    world = World(restore(RUN, "etl-1", definition, status={}, pods=[forged], now=0.0, orders=Orders()))
    assert world.decided() == []
    world.run.pods.observe(forged)
    assert world.decided() == []
    assert world.steps["ok"] is TaskStep.ON_HOLD


@pytest.mark.parametrize(
    ("approval", "told"),
    [
        ({}, {"phase": "Succeeded"}),
        ({}, {"phase": "Failed"}),
        ({}, {"phase": "Succeeded", "reason": "GaveUp: x"}),
        ({}, {"phase": "Succeeded", "reason": "WhenFailed"}),
        ({"timeout": "24h", "default": "Approve"}, {"phase": "Succeeded", "finishedAt": rfc3339(START + 86400)}),
    ],
)
def test_what_a_status_alone_says_was_decided_is_asked_again_after_a_restart(approval, told):
    world = run("deploy >> ship", fields={"deploy": {"approval": approval}})
    world.decide()
    world.writes()
    world.stored["tasks"]["deploy"] |= told
    again = world.restarted()
    assert again.decided() == []
    assert again.steps == {"deploy": TaskStep.ON_HOLD, "ship": TaskStep.WAITING}
    again.says("Approve", "deploy")
    assert again.decided() == ["create ship/1"]


@pytest.mark.parametrize(
    ("approval", "decision", "after", "late", "phase"),
    [
        ({"timeout": "1h"}, None, 3600, "Approve", "Failed"),
        ({"timeout": "1h", "default": "Approve"}, None, 3600, "Reject", "Succeeded"),
        ({}, "Reject", 0, "Approve", "Failed"),
    ],
)
def test_who_decides_after_its_end_changes_nothing(approval, decision, after, late, phase):
    world = run("deploy >> ship", fields={"deploy": {"approval": approval}, "ship": {"runIf": "AllDone"}})
    world.decide()
    world.writes()
    if decision is not None:
        world.says(decision, "deploy")
    world.decide(after)
    world.writes()
    world.says(late, "deploy")
    again = world.restarted()
    again.decide()
    assert again.phases["deploy"] == phase


def test_one_that_nobody_was_asked_for_is_not_asked_for_after_a_restart():
    world = run("deploy, other", fields={"deploy": {"approval": {}, "when": "run.name"}})
    world.decide()
    world.writes()
    assert world.phases["deploy"] == "Failed"
    world.run.set_state("Stopped")
    again = world.restarted()
    again.decide()
    assert again.phases == {"deploy": "Failed", "other": "Stopped"}


def test_it_was_not_asked_for_before_its_run_began():
    """As a status made up by hand says: its time would be up at once."""
    approval = {"timeout": "1h", "default": "Approve"}
    world = run("deploy >> ship", fields={"deploy": {"approval": approval}})
    world.decide()
    world.writes()
    for entry in ({}, {"phase": "Succeeded", "finishedAt": rfc3339(world.now)}):
        world.stored["tasks"]["deploy"] |= {"startedAt": "1971-01-01T00:00:00Z"} | entry
        again = world.restarted()
        assert again.decided(60) == []
        assert again.steps["deploy"] is TaskStep.ON_HOLD
    assert again.decided(3600) == ["create ship/1"]


@pytest.mark.parametrize(
    ("approval", "decision", "after", "phase"),
    [
        ({}, "Approve", 0, "Succeeded"),
        ({}, "Reject", 0, "Failed"),
        ({"timeout": "1h"}, None, 3600, "Failed"),
        ({"timeout": "1h", "default": "Approve"}, None, 3600, "Succeeded"),
    ],
)
def test_what_was_decided_stays_so_after_a_restart(approval, decision, after, phase):
    world = run("deploy >> ship", fields={"deploy": {"approval": approval}, "ship": {"runIf": "AllDone"}})
    world.decide()
    if decision:
        world.says(decision, "deploy")
    world.decide(after=after)
    world.writes()
    again = world.restarted()
    assert again.task("deploy").phase == phase
