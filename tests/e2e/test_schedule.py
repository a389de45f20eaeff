"""Schedules on a real clock. Their pods find no node here: only the runs are of interest."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow

pytestmark = pytest.mark.chain("clock")  # it waits longest: beside the other operators, not after them

IDLE = {"name": "idle", "nodeSelector": {"example.com/nowhere": "true"}}


def status(kubectl: Kubectl) -> Json:
    found: Json = kubectl.get("workflow", "tick").get("status", {})
    return found


def runs(kubectl: Kubectl) -> dict[str, str]:
    """The UIDs of the runs by their times."""
    return {run["spec"]["scheduledTime"]: run["metadata"]["uid"] for run in kubectl.list("workflowruns")}


def test_each_of_three_minutes_has_one_run_though_the_operator_is_dead_across_one(
    bare: Kubectl, operator: Callable[[str], HostOperator]
) -> None:
    mortal = operator("mortal")
    mortal.leading()
    bare.apply(workflow("tick", IDLE, schedule={"cron": "* * * * *"}, concurrency={"policy": "Allow"}))
    first = eventually(lambda: min(runs(bare), default=None), "the first minute is run", 75)
    tick = datetime.fromisoformat(first).timestamp()
    second, third = (datetime.fromtimestamp(tick + later, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for later in (60, 120))
    mortal.kill()
    before = runs(bare)
    eventually(lambda: time.time() > tick + 62, "the second passes while nobody looks", 75)
    assert runs(bare) == before
    mortal.start()
    eventually(lambda: status(bare).get("lastScheduleTime", "") >= second, "it is run all the same")
    made = runs(bare)
    mortal.kill()
    mortal.start()
    eventually(lambda: status(bare).get("lastScheduleTime", "") >= third, "the third is run", 75)
    later = runs(bare)
    assert later.items() >= made.items() >= before.items()
    assert sorted(later) == [first, second, third]
    assert status(bare)["missedTimes"] == 0
    assert "Traceback" not in mortal.log
