"""`sluice why`: of what waits, has failed or does not run at all, on a real cluster."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from tests.e2e.kubernetes import Json, Kubectl, by_hand, eventually, workflow
from tests.e2e.terminal import Sluice

POOL = {
    "apiVersion": "sluice.dev/v1alpha1",
    "kind": "Pool",
    "metadata": {"name": "warehouse"},
    "spec": {"slots": 1},
}
ONE = {"pools": [{"name": "warehouse"}]}
EXPORT = {"name": "export", "command": ["sleep", "1000"], **ONE}
TASKS: list[Json] = [
    {"name": "extract", "bash": "true", "expectedDuration": "2m"},
    {"name": "load", "bash": "true", "dependsOn": ["extract"], **ONE},
    {"name": "ship", "approval": {"message": "ship it?"}, "dependsOn": ["extract"]},
    {"name": "audit", "bash": "true", "dependsOn": ["load"], "resources": {"requests": {"cpu": "100m"}}},
]
FAILS = {"name": "fails", "bash": "echo no such table >&2; exit 3", "retries": {"limit": 0}}


def why(sluice: Sluice, name: str, expected: str) -> None:
    """Compares without where the time went, which is another thing each time."""
    said = sluice("why", name)
    lines = said.text.splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("  time"))
    replace(said, text=re.sub("(?<=fits now on ).*", "<node>", text)).shows(expected)


def test_each_state_has_its_answer(kubectl: Kubectl) -> None:
    sluice = Sluice(kubectl)
    kubectl.apply(POOL)
    kubectl.apply(workflow("report", EXPORT, trigger="Manual"))
    kubectl.apply(workflow("etl", *TASKS, trigger="Manual"))
    kubectl.apply(workflow("broken", FAILS, {"name": "after", "bash": "true", "dependsOn": ["fails"]}))
    kubectl.apply(by_hand("report-1", "report"))
    eventually(lambda: kubectl.task("report-1", "export").get("phase") == "Running", "it holds the slot")
    why(
        sluice,
        "etl",
        """
        Workflow etl has no run that goes.
        waits  trigger: Manual, so it runs only when somebody starts it
        sluice run etl -n <namespace>  # runs it now
        """,
    )
    kubectl.apply(by_hand("etl-1", "etl"))
    eventually(lambda: kubectl.task("etl-1", "load").get("reason", "").startswith("Pool: "), "load waits")
    eventually(lambda: kubectl.task("etl-1", "ship").get("reason", "").startswith("Approval: "), "ship asks")
    eventually(lambda: kubectl.get("pools.sluice.dev", "warehouse")["status"].get("waiters"), "the Pool says so")
    why(
        sluice,
        "etl/load",
        """
        load of etl-1 is not running.
        now  Pool: warehouse 1/1, held by report-1/export
        held by  report-1/export for <span>
        frees  unknown when: a slot is free as soon as a holder ends
        in line  1 of 1, for <span>
        takes  unknown: no run that could be read has done it
        next  it starts when slots of the Pool are free
        sluice why pool/warehouse -n <namespace>  # tells who holds it and who waits
        sluice stop report-1 -n <namespace>  # frees its slots
        """,
    )
    why(
        sluice,
        "etl/audit",
        """
        audit of etl-1 is not running.
        now  WaitingFor: load
        takes  unknown: no run that could be read has done it
        next  it starts when these have ended
        then  needs 0.1 CPU: fits now on <node>
        sluice why etl-1/load -n <namespace>  # tells what that one waits for
        """,
    )
    why(
        sluice,
        "etl",
        """
        etl-1 is running, 1/4.
        waits  load: Pool: warehouse 1/1, held by report-1/export
        waits  ship: Approval: set spec.approvals.ship.decision to Approve or Reject, and .by to your user name
        waits  audit: WaitingFor: load
        so far  <span>
        may take  unknown: no run of it has succeeded yet, so there is nothing to go by
        sluice approve etl-1/ship -n <namespace>  # approves; --reject says no
        """,
    )
    why(
        sluice,
        "pool/warehouse",
        """
        Pool warehouse has 1/1 slots in use, 1 wait.
        held by  report-1/export for <span>
        in line  etl-1/load for <span>
        frees  unknown when: a slot is free as soon as a holder ends
        sluice stop report-1 -n <namespace>  # frees its slots
        """,
    )
    kubectl.finished(kubectl.run_of("broken"))
    why(
        sluice,
        "broken",
        """
        broken-g1-<hash> has failed after <span>: fails failed first.
        failed  Error at <time>
        attempts  1, the last ended with exit code 3
        says  exit code 3
        not run  after
        next  its log says more
        sluice logs broken-g1-<hash>/fails -n <namespace>  # shows its log
        sluice retry broken-g1-<hash> -n <namespace>  # keeps what succeeded and runs the rest
        """,
    )
    written = json.loads(sluice("why", "etl/load", "-o", "json").text)
    assert written["commands"][-1]["arguments"] == ["sluice", "stop", "report-1"]
    sluice("why", "etl/laod").fails("Error: no task is called 'laod'; did you mean 'load'?")

    kubectl("create", "rolebinding", "viewer", "--clusterrole=view", "--user=viewer")
    viewer = Sluice(Kubectl(kubectl.cluster, kubectl.namespace, user="viewer"))
    said = viewer("why", "etl/load")
    assert said.comparable(said.text.replace(" --as viewer", "")) == said.comparable(sluice("why", "etl/load").text)
    assert "not seen  nodes and the pods on them: where it fits" in viewer("why", "etl/audit").text
