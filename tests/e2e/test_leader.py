"""One writer: of two operators one leads, and the other takes over when it must."""

from __future__ import annotations

import signal
from collections.abc import Callable

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, eventually, workflow
from tests.e2e.watch import PodWatch

Start = Callable[[str], HostOperator]

# Its second task is due only when the first has been let go, by hand, after the leader has changed.
GATED = workflow(
    "etl",
    {"name": "gate", "bash": "echo ready; until [ -e /tmp/go ]; do sleep 0.1; done"},
    {"name": "after", "dependsOn": ["gate"], "bash": "true"},
)


def pair(operator: Start) -> tuple[HostOperator, HostOperator]:
    """One that leads, and one that stands by."""
    leader = operator("first")
    leader.leading()
    other = operator("second")
    eventually(lambda: other.says("standing by"), "the second stands by")
    return leader, other


def at_the_gate(kubectl: Kubectl) -> str:
    kubectl.apply(GATED)
    run = kubectl.run_of("etl")
    eventually(lambda: kubectl.task(run, "gate").get("phase") == "Running", "the first task runs")
    return run


def let_go(kubectl: Kubectl, run: str) -> None:
    kubectl("exec", kubectl.task(run, "gate")["pod"], "--", "touch", "/tmp/go")  # noqa: S108


def test_exactly_one_leads_and_gives_the_lease_back_when_it_is_asked_to_end(bare: Kubectl, operator: Start) -> None:
    leader, other = pair(operator)
    assert not other.leads
    assert bare.get("lease", "sluice-operator")["spec"]["holderIdentity"] == "first"
    leader.send(signal.SIGTERM)
    assert leader.exit_code() == 0
    other.leading()


def test_when_the_leader_is_killed_the_other_finishes_its_runs(bare: Kubectl, operator: Start) -> None:
    leader, other = pair(operator)
    with PodWatch(bare) as watch:
        run = at_the_gate(bare)
        leader.kill()
        other.leading()
        let_go(bare, run)
        assert bare.finished(run)["status"]["phase"] == "Succeeded"
        assert watch.pods_of_attempts() == {"after/1": 1, "gate/1": 1}


def test_a_leader_that_was_stopped_for_too_long_writes_nothing_and_ends(bare: Kubectl, operator: Start) -> None:
    leader, other = pair(operator)
    with PodWatch(bare) as watch:
        run = at_the_gate(bare)
        leader.send(signal.SIGSTOP)
        other.leading()
        let_go(bare, run)
        leader.send(signal.SIGCONT)  # it finds the first task ended, and the second one due
        assert leader.exit_code() == 1
        assert bare.finished(run)["status"]["phase"] == "Succeeded"
        assert watch.pods_of_attempts() == {"after/1": 1, "gate/1": 1}
    assert bare.get("lease", "sluice-operator")["spec"]["holderIdentity"] == "second"
