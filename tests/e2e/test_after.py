"""Workflows after others, on the real cluster."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Kubectl, by_hand, condition, eventually, workflow

pytestmark = pytest.mark.chain("clock")  # it waits longest: beside the other operators, not after them

QUICK = {"name": "quick", "bash": "true"}


def runs(kubectl: Kubectl, of: str) -> list[str]:
    return sorted(run["metadata"]["name"] for run in kubectl.list("workflowruns") if run["spec"]["workflow"] == of)


def test_it_runs_once_for_each_success_though_the_operator_is_killed(
    bare: Kubectl, operator: Callable[[str], HostOperator]
) -> None:
    mortal = operator("mortal")
    mortal.leading()
    bare.apply(workflow("report", QUICK, after=[{"workflow": "ingest"}], concurrency={"policy": "Allow"}))
    waits = "waits for a new success of ingest; there is no Workflow ingest in this namespace"
    eventually(lambda: condition(bare.get("workflow", "report"), "Accepted").get("message") == waits, "it says so")
    bare.apply(workflow("ingest", QUICK, trigger="Manual"))
    bare.apply(by_hand("first", "ingest"))
    (made,) = eventually(lambda: runs(bare, "report"), "the first success has its run")
    mortal.kill()
    bare.apply(by_hand("second", "ingest"))
    mortal.start()
    bare.finished("second")
    both = eventually(lambda: len(runs(bare, "report")) == 2 and runs(bare, "report"), "the second one as well")
    assert made in both
    for name in both:
        bare.finished(name)

    mortal.kill()
    bare("delete", "workflowrun", *both)  # what has counted stays counted
    mortal.start()
    bare.apply(by_hand("third", "ingest"))
    (last,) = eventually(lambda: runs(bare, "report"), "the third")
    assert last not in both
    bare.finished(last)
    eventually(lambda: "pendingRun" not in bare.get("workflow", "report")["status"], "nothing else is to be made")
    assert runs(bare, "report") == [last]
    assert "Traceback" not in mortal.log
