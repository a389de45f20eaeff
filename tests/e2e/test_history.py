"""Ended runs go when they need not stay, and nothing is made again for them."""

from __future__ import annotations

import json

from tests.e2e.kubernetes import Kubectl, by_hand, eventually, workflow

YESTERDAY = json.dumps({"status": {"finishedAt": "2026-01-01T00:00:00Z"}})


def test_old_runs_of_a_workflow_go_and_stay_gone(kubectl: Kubectl) -> None:
    runs = []
    for word in ("one", "two", "three"):
        manifest = workflow("etl", {"name": "work", "bash": f"echo {word}"}, history={"succeeded": 1})
        kubectl.apply(manifest)
        runs.append(eventually(lambda: kubectl.run_of("etl") not in runs and kubectl.run_of("etl"), "another run"))
        kubectl.finished(runs[-1])
    kubectl.apply(by_hand("by-hand", "etl"))
    kubectl.finished("by-hand")
    for run in runs[:2]:
        kubectl("patch", "workflowrun", run, "--subresource=status", "--type=merge", "-p", YESTERDAY)
    kubectl("label", "workflow", "etl", "looked-at=again")

    eventually(lambda: not ({run["metadata"]["name"] for run in kubectl.list("workflowruns")} & set(runs[:2])), "gone")
    eventually(lambda: not kubectl.pods(runs[0]), "so are its pods")
    kubectl("label", "workflow", "etl", "looked-at=once-more", "--overwrite")
    seen = eventually(lambda: kubectl.get("workflow", "etl")["status"]["lastRun"], "the Workflow's mark")
    assert seen["name"] == runs[2]
    assert sorted(run["metadata"]["name"] for run in kubectl.list("workflowruns")) == sorted([runs[2], "by-hand"])
