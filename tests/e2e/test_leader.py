"""One writer: of two operators one leads, and the other takes over when it must."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, eventually, workflow
from tests.e2e.watch import PodWatch
from tests.e2e.wire import Wire

Start = Callable[..., HostOperator]

# Settings, in seconds. The leader of a busy machine renews the first in time, and a test can wait for it to run out;
# nobody waits for the second.
RUNS_OUT = {"SLUICE_LEASE_DURATION": "20"}
OUTLASTS_THE_TEST = {"SLUICE_LEASE_DURATION": "600"}

# Its second task is due only when the first has been let go, by hand, after the leader has changed.
GATED = workflow(
    "etl",
    {"name": "gate", "bash": "echo ready; until [ -e /tmp/go ]; do sleep 0.1; done"},
    {"name": "after", "dependsOn": ["gate"], "bash": "true"},
)


def pair(operator: Start, lease: dict[str, str], **kubeconfig: Path) -> tuple[HostOperator, HostOperator]:
    """One that leads, and one that stands by."""
    leader = operator("first", **kubeconfig, **lease)
    leader.leading()
    other = operator("second", **lease)
    eventually(lambda: other.says("standing by"), "the second stands by")
    return leader, other


def at_the_gate(kubectl: Kubectl) -> str:
    kubectl.apply(GATED)
    run = kubectl.run_of("etl")
    eventually(lambda: kubectl.task(run, "gate").get("phase") == "Running", "the first task runs")
    return run


def let_go(kubectl: Kubectl, run: str) -> None:
    kubectl.let_go(kubectl.task(run, "gate")["pod"])


def test_exactly_one_leads_and_gives_the_lease_back_when_it_is_asked_to_end(bare: Kubectl, operator: Start) -> None:
    leader, other = pair(operator, OUTLASTS_THE_TEST)
    assert not other.leads
    assert bare.get("lease", "sluice-operator")["spec"]["holderIdentity"] == "first"
    leader.send(signal.SIGTERM)
    assert leader.exit_code() == 0
    other.leading()


def test_when_the_leader_is_killed_the_other_finishes_its_runs(bare: Kubectl, operator: Start) -> None:
    leader, other = pair(operator, RUNS_OUT)
    with PodWatch(bare) as watch:
        run = at_the_gate(bare)
        leader.kill()
        other.leading()
        let_go(bare, run)
        assert bare.finished(run)["status"]["phase"] == "Succeeded"
        assert watch.pods_of_attempts() == {"after/1": 1, "gate/1": 1}


def test_a_leader_that_was_stopped_for_too_long_writes_nothing_and_ends(bare: Kubectl, operator: Start) -> None:
    leader, other = pair(operator, RUNS_OUT)
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


def test_a_leader_that_is_cut_off_ends_and_what_it_has_sent_comes_too_late(
    bare: Kubectl, operator: Start, tmp_path: Path
) -> None:
    with Wire(bare) as wire, PodWatch(bare) as watch:
        leader, other = pair(operator, RUNS_OUT, kubeconfig=wire.kubeconfig(tmp_path / "wire"))
        run = at_the_gate(bare)
        wire.cut_at(f"POST /api/v1/namespaces/{bare.namespace}/pods")  # it asks for the second pod, and gets no answer
        let_go(bare, run)
        assert leader.exit_code() == 1
        other.leading()
        status = bare.finished(run)["status"]
        assert status["phase"] == "Succeeded"
        wire.mend()  # now its words arrive
        eventually(lambda: wire.all_answered and b"AlreadyExists" in wire.answers, "all that came late is answered")
        assert watch.pods_of_attempts() == {"after/1": 1, "gate/1": 1}
        assert bare.get("workflowrun", run)["status"] == status
    assert bare.get("lease", "sluice-operator")["spec"]["holderIdentity"] == "second"
