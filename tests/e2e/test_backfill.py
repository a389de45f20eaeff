"""Backfills on the real cluster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from tests.e2e.host import HostOperator
from tests.e2e.kubernetes import Json, Kubectl, KubectlError, condition, eventually, most_at_once, workflow

DAILY = {"cron": "0 2 * * *", "suspend": True}
LOAD = {"name": "load", "bash": 'sleep 1; case $SLUICE_SCHEDULED_TIME in *-03T*) exit "$PARAM_CODE";; esac'}
IDLE = {"name": "idle", "nodeSelector": {"example.com/nowhere": "true"}}


def backfill(name: str, **spec: object) -> Json:
    days = {"from": "2025-03-01T00:00:00Z", "until": "2025-03-07T00:00:00Z"}
    return {
        "apiVersion": "sluice.dev/v1alpha1",
        "kind": "Backfill",
        "metadata": {"name": name},
        "spec": {"workflow": "etl"} | days | spec,
    }


def status(kubectl: Kubectl, name: str) -> Json:
    found: Json = kubectl.get("backfill", name).get("status", {})
    return found


def runs(kubectl: Kubectl, of: str) -> dict[str, Json]:
    """The runs of a Backfill by their day, and `-r2` if it is the second."""
    found = kubectl.list("workflowruns", f"sluice.dev/backfill={of}")
    return {r["spec"]["scheduledTime"][:10] + "".join(r["metadata"]["name"].partition("-r2")[1:2]): r for r in found}


def test_each_time_is_run_once_though_the_operator_is_killed_and_a_run_deleted(
    bare: Kubectl, operator: Callable[[str], HostOperator]
) -> None:
    mortal = operator("mortal")
    mortal.leading()
    parameters = [{"name": "code", "default": "1"}]
    bare.apply(workflow("etl", LOAD, schedule=DAILY, parameters=parameters))
    bare.apply(backfill("march", maxRuns=2))
    eventually(lambda: status(bare, "march").get("succeeded", 0) >= 2, "the first two times are counted", 90)
    first = runs(bare, "march")["2025-03-01"]["metadata"]["name"]
    mortal.kill()
    bare("delete", "workflowrun", first)
    mortal.start()
    eventually(lambda: "finishedAt" in status(bare, "march"), "the Backfill ends", 120)
    ended, made = status(bare, "march"), runs(bare, "march")
    assert (ended["phase"], ended["progress"]) == ("Failed", "5/6, 1 failed")
    assert sorted(made) == [f"2025-03-0{day}" for day in range(2, 7)]
    assert ended["failedRuns"] == [made["2025-03-03"]["metadata"]["name"]]
    assert condition(bare.get("backfill", "march"), "Failed")["status"] == "True"
    moments = ((run["metadata"]["creationTimestamp"], run["status"]["finishedAt"]) for run in made.values())
    assert most_at_once((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in moments) <= 2

    bare.apply(backfill("again", rerun="Failed", arguments={"code": "0"}, **{"from": "2025-03-02T00:00:00Z"}))
    eventually(lambda: "finishedAt" in status(bare, "again"), "the second Backfill ends", 60)
    assert (status(bare, "again")["phase"], status(bare, "again")["progress"]) == ("Succeeded", "1/5, 4 skipped")
    assert list(runs(bare, "again")) == ["2025-03-03-r2"]
    assert "Traceback" not in mortal.log


def test_it_waits_for_its_workflow_and_stops_when_suspended_or_deleted(kubectl: Kubectl) -> None:
    kubectl.apply(backfill("march"))
    eventually(lambda: "there is no Workflow 'etl'" in status(kubectl, "march").get("message", ""), "it says so")
    kubectl.apply(workflow("etl", IDLE, trigger="Manual"))
    eventually(lambda: status(kubectl, "march")["phase"] == "Refused", "without times it is refused")
    assert "say `cron` or `every` here" in condition(kubectl.get("backfill", "march"), "Stalled")["message"]
    kubectl.patch("workflow", "etl", {"spec": {"trigger": None, "schedule": DAILY}})
    (first,) = eventually(lambda: runs(kubectl, "march").values(), "the first run, without a further hand")
    with pytest.raises(KubectlError, match="create another Backfill"):
        kubectl.patch("backfill", "march", {"spec": {"until": "2025-03-02T00:00:00Z"}})

    kubectl.patch("backfill", "march", {"spec": {"state": "Suspended"}})
    kubectl.patch("workflowrun", first["metadata"]["name"], {"spec": {"state": "Stopped"}})
    eventually(lambda: status(kubectl, "march")["progress"] == "0/6, 1 failed", "the stopped run is counted")
    assert status(kubectl, "march")["phase"] == "Suspended"
    assert len(runs(kubectl, "march")) == 1

    kubectl.patch("backfill", "march", {"spec": {"state": "Running"}})
    eventually(lambda: len(runs(kubectl, "march")) == 2, "the next run")
    kubectl("delete", "backfill", "march")
    second = runs(kubectl, "march")["2025-03-02"]["metadata"]["name"]
    kubectl.patch("workflowrun", second, {"spec": {"state": "Stopped"}})
    kubectl.finished(second)
    kubectl.apply(backfill("other"))
    eventually(lambda: runs(kubectl, "other"), "another Backfill comes to the next time")
    assert list(runs(kubectl, "other")) == ["2025-03-03"]
    assert sorted(runs(kubectl, "march")) == ["2025-03-01", "2025-03-02"]
