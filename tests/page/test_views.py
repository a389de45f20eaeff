"""What the views of the page ask once: answers of the server, from what the API server has."""

import pytest

from sluice.core.base.naming import pod_name, revision_name, scheduled_run_name
from sluice.core.base.times import instant
from tests.client.server import status
from tests.page.server import browsing
from tests.page.test_streams import Cluster, Heard, row, table

GRAPH = {"tasks": [{"name": "a", "bash": "true"}, {"name": "b", "bash": "true", "dependsOn": ["a"]}]}
REVISION = revision_name("etl", "w", GRAPH)
OWNER = {"kind": "Workflow", "name": "etl", "uid": "w"}
LISTS = ("pods", "pools", "nodes", "resourcequotas")


def at(minutes):
    return f"2026-03-01T12:{minutes:02}:00Z"


def ended(began, finished):
    return {"phase": "Succeeded", "attempt": 1, "startedAt": at(began), "finishedAt": at(finished)}


def run(name, phase, **tasks):
    metadata = {"name": name, "namespace": "team", "uid": f"u-{name}", "resourceVersion": "5"}
    status = {"phase": phase, "revision": REVISION, "startedAt": at(0), "finishedAt": at(9), "tasks": tasks}
    return {"metadata": metadata, "spec": {"workflow": "etl"}, "status": status}


def pod(run, task, created, scheduled, began, finished):
    labels = {"sluice.dev/run": run, "sluice.dev/task": task, "sluice.dev/attempt": "1"}
    owner = {"apiVersion": "sluice.dev/v1alpha1", "kind": "WorkflowRun", "name": run, "uid": f"u-{run}"}
    return {
        "metadata": {
            "name": pod_name(run, f"u-{run}", task, 1),
            "namespace": "team",
            "uid": task,
            "resourceVersion": "3",
            "creationTimestamp": at(created),
            "labels": labels,
            "ownerReferences": [{**owner, "controller": True}],
        },
        "spec": {"containers": [{"name": "main"}]},
        "status": {
            "phase": "Succeeded",
            "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": at(scheduled)}],
            "containerStatuses": [
                {
                    "name": "main",
                    "state": {"terminated": {"exitCode": 0, "startedAt": at(began), "finishedAt": at(finished)}},
                }
            ],
        },
    }


def cluster(*runs, **found):
    listed = {"metadata": {"resourceVersion": "1"}, "items": []}
    workflow = {"metadata": {"name": "etl", "namespace": "team", "uid": "w", "generation": 1}, "spec": dict(GRAPH)}
    return Cluster(
        **{each["metadata"]["name"]: each for each in runs},
        **{REVISION: {"metadata": {"name": REVISION, "ownerReferences": [OWNER]}, "data": GRAPH}},
        **(dict.fromkeys(LISTS, listed) | {"workflowruns": table(), "etl": workflow} | found),
    )


async def asked(cluster, path, folder):
    async with browsing(cluster, folder) as browser:
        return await (await browser.get(path)).json()


async def test_the_timeline_has_the_parts_of_each_task_also_those_that_only_its_pod_knows(tmp_path):
    pods = {"metadata": {"resourceVersion": "1"}, "items": [pod("etl-1", "b", 4, 5, 7, 9)]}
    found = cluster(run("etl-1", "Succeeded", a=ended(0, 3), b=ended(7, 9)), pods=pods)
    assert await asked(found, "api/timeline?name=etl-1", tmp_path) == {
        "bars": [
            {"task": "a", "parts": [["its last attempt", 0, 180]]},
            {
                "task": "b",
                "parts": [
                    ["dependencies", 0, 180],
                    ["limits", 180, 240],
                    ["no node", 240, 300],
                    ["image", 300, 420],
                    ["running", 420, 540],
                ],
            },
        ],
        "took": 540,
        "pools": [],
        "unseen": [],
    }


async def test_a_run_is_replayed_under_other_limits(tmp_path):
    found = cluster(run("etl-1", "Succeeded", a=ended(0, 3), b=ended(7, 9)))
    answer = await asked(found, "api/whatif?name=etl-1&parallelism=2", tmp_path)
    assert answer["words"] == "etl-1 took 9m00s, replayed 5m00s; with parallelism 2 5m00s."
    assert answer["bars"] == {"a": [["running", 0, 180]], "b": [["dependencies", 0, 180], ["running", 180, 300]]}
    assert "whole number from 1" in (await asked(found, "api/whatif?name=etl-1&parallelism=0", tmp_path))["error"]
    assert (
        "no task of the run uses a pool 'x'"
        in (await asked(found, "api/whatif?name=etl-1&pools=x=2", tmp_path))["error"]
    )


async def test_of_a_workflow_the_next_times_of_its_schedule_are_told_until_it_is_suspended(tmp_path):
    workflow = {"metadata": {"name": "etl"}, "spec": {**GRAPH, "schedule": {"cron": "0 3 1 1 *"}}}
    found = cluster(etl=workflow)
    answer = await asked(found, "api/workflow?name=etl", tmp_path)
    assert answer["tasks"] == ["a", "b"]
    assert len(answer["next"]) == 10
    assert all(time.endswith("-01-01T03:00:00Z") for time in answer["next"])
    for schedule in ({"cron": "0 3 1 1 *", "suspend": True}, {"cron": "never"}, {"every": "1h", "timeZone": "Mars"}):
        workflow["spec"]["schedule"] = schedule
        assert (await asked(found, "api/workflow?name=etl", tmp_path))["next"] == []


async def test_the_grid_has_the_state_of_each_task_of_the_runs_that_are_there(tmp_path):
    waits = {"phase": "Pending", "reason": "WaitingFor: a"}
    gone = status(404, "NotFound", 'workflowruns.sluice.dev "gone" not found', name="gone")
    found = cluster(run("etl-1", "Running", a={"phase": "Failed"}, b=waits), run("etl-2", "Running", a=7), gone=gone)
    answer = await asked(found, "api/grid?runs=etl-1%20gone%20etl-2", tmp_path)
    assert answer == {"etl-1": {"a": "Failed", "b": "Waiting"}, "etl-2": {"a": "Waiting"}}


async def test_the_plan_of_a_new_run_has_the_words_of_the_command_line(tmp_path):
    parameters = [{"name": "size", "type": "Integer", "default": 1}]
    workflow = {
        "metadata": {"name": "etl", "uid": "w", "generation": 1},
        "spec": {"tasks": [{"name": "a", "bash": "true", "expectedDuration": "90s"}], "parameters": parameters},
    }
    found = cluster(etl=workflow)
    answer = await asked(found, "api/plan?name=etl&arguments=size=2", tmp_path)
    assert answer["words"] == "etl in team: would start 1 run of 1 task, in about 1m30s."
    assert answer["tasks"] == [{"name": "a", "does": "runs"}]
    assert {"label": "time", "text": "1m30s (expectedDuration)"} in answer["facts"]
    assert "must be a whole number" in (await asked(found, "api/plan?name=etl&arguments=size=x", tmp_path))["error"]


async def test_a_backfill_has_its_times_with_their_runs_until_it_begins_by_the_schedule_of_its_workflow(tmp_path):
    spec = {"workflow": "etl", "from": "2026-03-01T00:00:00Z", "until": "2026-03-03T00:00:00Z"}
    backfill = {"metadata": {"name": "spring", "uid": "b"}, "spec": spec}
    workflow = {"metadata": {"name": "etl", "uid": "w"}, "spec": {**GRAPH, "schedule": {"cron": "0 2 * * *"}}}
    name = scheduled_run_name("etl", "w", instant("2026-03-01T02:00:00Z"))
    runs = table(row(name, "Failed", labels={"sluice.dev/backfill-uid": "b"}))
    found = cluster(spring=backfill, etl=workflow, workflowruns=runs)
    days = [["2026-03-01", "02:00", "Failed", name, True], ["2026-03-02", "02:00", "Waiting", "", False]]
    assert await asked(found, "api/backfill?name=spring", tmp_path) == {"times": days}

    backfill["status"] = {"phase": "Running", "schedule": {"cron": "30 2 * * *"}}
    assert [each[1] for each in (await asked(found, "api/backfill?name=spring", tmp_path))["times"]] == ["02:30"] * 2
    backfill["status"], spec["cron"] = {}, "never"
    assert "spec.cron" in (await asked(found, "api/backfill?name=spring", tmp_path))["error"]


CALLS = {
    "tasks": [{"name": "get", "bash": "true"}, {"name": "load", "workflow": {"name": "etl"}, "dependsOn": ["get"]}]
}
CALLER = revision_name("outer", "o", CALLS)
FROZEN = {
    "metadata": {"name": CALLER, "ownerReferences": [{"kind": "Workflow", "name": "outer", "uid": "o"}]},
    "data": CALLS,
}


def calling(child):
    called = {"load": {"phase": "Running", "run": child}} if child else {}
    found = run("outer-1", "Running", get=ended(0, 1), **called)
    found["status"]["revision"] = CALLER
    return found


@pytest.mark.parametrize(
    ("child", "boxes"),
    [
        ("etl-1", ["get", "load/a", "load/b"]),
        ("", ["get", "load/now"]),  # not called yet: as the Workflow is now
        ("gone", ["get", "load"]),
    ],
)
async def test_a_child_run_is_drawn_in_place_of_the_task_that_called_it_as_long_as_it_is_there(child, boxes, tmp_path):
    now = {"metadata": {"name": "etl"}, "spec": {"tasks": [{"name": "now", "bash": "true"}]}}
    gone = status(404, "NotFound", 'workflowruns.sluice.dev "gone" not found', name="gone")
    found = cluster(calling(child), run("etl-1", "Running"), **{CALLER: FROZEN, "gone": gone, "etl": now})
    picture = await asked(found, "api/graph?name=outer-1&inside=load%0Aload/a%0Anone", tmp_path)
    assert [box["key"] for box in picture["boxes"]] == boxes


async def test_how_a_child_run_stands_is_followed_until_it_is_gone(tmp_path):
    child = run("etl-1", "Running", a={"phase": "Running"})
    found = cluster(calling("etl-1"), child, **{CALLER: FROZEN})
    async with browsing(found, tmp_path) as browser:
        heard = Heard(await browser.get("api/live?view=run&name=outer-1&inside=load=etl-1"))
        first = await heard.next("child")
        assert (first["path"], [task["name"] for task in first["tasks"]]) == ("load", ["a", "b"])
        assert first["changed"] == {"a": {"phase": "Running"}}
        after = run("etl-1", "Running", a=ended(0, 3))
        found.events["etl-1"].put_nowait({"type": "MODIFIED", "object": after})
        assert (await heard.next("child")) == {"path": "load", "changed": {"a": ended(0, 3)}, "gone": []}
        found.events["etl-1"].put_nowait({"type": "DELETED", "object": after})
        found.events["outer-1"].put_nowait({"type": "MODIFIED", "object": calling("etl-2")})
        while (await heard.next("run"))["changed"].get("load", {}).get("run") != "etl-2":
            pass  # the parent goes on
