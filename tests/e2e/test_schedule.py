"""Schedules on a real clock. Their pods find no node here: only the runs are of interest."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, eventually, workflow

IDLE = {"name": "idle", "nodeSelector": {"example.com/nowhere": "true"}}


def status(kubectl: Kubectl) -> Json:
    found: Json = kubectl.get("workflow", "tick").get("status", {})
    return found


def runs(kubectl: Kubectl) -> dict[str, str]:
    """The UIDs of the runs by their times."""
    return {run["spec"]["scheduledTime"]: run["metadata"]["uid"] for run in kubectl.list("workflowruns")}


def test_a_time_that_the_operator_was_dead_for_is_run_once(
    bare: Kubectl, operator: Callable[[str], HostOperator]
) -> None:
    mortal = operator("mortal")
    mortal.leading()
    bare.apply(workflow("tick", IDLE, schedule={"cron": "* * * * *"}, concurrency={"policy": "Allow"}))
    planned = eventually(lambda: status(bare).get("nextScheduleTime"), "the next time is told")
    tick = datetime.fromisoformat(planned).timestamp()
    if tick - time.time() < 5:  # too close to be sure of dying before
        planned = eventually(lambda: runs(bare) and status(bare)["nextScheduleTime"], "the time has passed", 75)
        tick = datetime.fromisoformat(planned).timestamp()
    mortal.kill()
    before = runs(bare)
    eventually(lambda: time.time() > tick + 2, "the time passes while nobody looks", 75)
    assert runs(bare) == before
    mortal.start()
    eventually(lambda: status(bare).get("lastScheduleTime", "") >= planned, "the time is run")
    made = runs(bare)
    assert planned in made
    mortal.kill()
    mortal.start()
    mortal.leading()
    following = datetime.fromtimestamp(tick + 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    eventually(lambda: status(bare).get("lastScheduleTime", "") >= following, "the next one is run", 75)
    later = runs(bare)
    assert later.items() >= made.items()
    assert sorted(later) == sorted({*made, following})
    assert status(bare)["missed"] == 0
    assert "Traceback" not in mortal.log
