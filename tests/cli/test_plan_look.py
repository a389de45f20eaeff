"""`sluice plan` against a cluster whose answers are prepared: what is compared, and what may not be read."""

import json

import pytest
from aiohttp import web

from sluice.api.chart import ChartDefaults, PodLimits
from sluice.cli.plan.prepare import Preparation
from sluice.cli.plan.replay import Limits, replay
from sluice.cli.plan.seen.look import look
from sluice.cli.plan.wishes import Wishes
from sluice.cli.plan.words.text import as_text
from sluice.cli.run.file import Manifest
from sluice.cli.terminal import Terminal
from sluice.client.errors import ClientError
from sluice.client.names import parse
from sluice.client.resources import RUNS, WORKFLOWS
from sluice.core.base.naming import change_of, graph_of, pod_name, revision_name
from tests.client.server import serving, status
from tests.core.kubelet import START, at

NOW = START + 7200
OURS = "/apis/sluice.dev/v1alpha1/namespaces/team"


def spec(*tasks, **more):
    return {"defaults": {"image": "busybox"}, "onChange": {"reuse": "Unchanged"}, "tasks": list(tasks), **more}


def task(name, *after, **fields):
    return {"name": name, "command": ["true"], "dependsOn": list(after), **fields}


OLD = spec(
    task("extract", outputs=["files"]),
    task("clean", forEach={"from": "$(tasks.extract.outputs.files)"}, image="pipelines:1.4"),
    task("old-check"),
    parallelism=8,
)
NEW = spec(
    task("extract", outputs=["files"]),
    task("clean", forEach={"from": "$(tasks.extract.outputs.files)"}, image="pipelines:1.5"),
    task("audit", "clean"),
    parallelism=16,
)


def metadata(name, uid, **more):
    return {"name": name, "namespace": "team", "uid": uid, "resourceVersion": "7", "generation": 3, **more}


REVISION = revision_name("etl", "w1", graph_of(OLD))
WORKFLOW = {
    "metadata": metadata("etl", "w1", creationTimestamp=at(-999)),
    "spec": OLD,
    "status": {
        "lastRun": {"generation": 3, "revision": REVISION, "name": "etl-g3", "change": change_of(graph_of(OLD))}
    },
}


def ended(seconds, **more):
    return {"phase": "Succeeded", "startedAt": at(0), "finishedAt": at(seconds), **more}


RUN = {
    "metadata": metadata("etl-g3", "r1", creationTimestamp=at(-9)),
    "spec": {"workflow": "etl", "revision": REVISION},
    "status": {
        "phase": "Succeeded",
        "revision": REVISION,
        "startedAt": at(0),
        "finishedAt": at(600),
        "tasks": {
            "extract": ended(10, outputs=json.dumps({"files": ["a", "b", "c"]})),
            "clean": ended(60, items={"total": 3, "succeeded": "0-2"}),
            "old-check": ended(5),
        },
    },
}
OWNER = {"kind": "Workflow", "name": "etl", "uid": "w1"}
TABLE = {
    "metadata": {},
    "columnDefinitions": [{"name": "Workflow"}, {"name": "Phase"}],
    "rows": [{"cells": ["etl", "Succeeded"], "object": {"metadata": RUN["metadata"]}}],
}
ANSWERS = {
    f"{OURS}/workflows/etl": WORKFLOW,
    f"{OURS}/workflowruns/etl-g3": RUN,
    f"{OURS}/workflowruns": TABLE,
    f"{OURS}/pools": {"metadata": {}, "items": []},
    f"/apis/apps/v1/namespaces/team/controllerrevisions/{REVISION}": {
        "metadata": {"name": REVISION, "ownerReferences": [OWNER]},
        "data": graph_of(OLD),
    },
    "/api/v1/namespaces/team/pods": {"metadata": {}, "items": []},
    "/api/v1/namespaces/team/resourcequotas": {"metadata": {}, "items": []},
    "/api/v1/nodes": {
        "metadata": {},
        "items": [
            {
                "metadata": {"name": "node-1"},
                "status": {
                    "allocatable": {"cpu": "8", "memory": "8Gi", "pods": "110"},
                    "conditions": [{"type": "Ready", "status": "True"}],
                },
            }
        ],
    },
    "/api/v1/pods": {"metadata": {}, "items": []},
}


def prepared(answers):
    """A text among the answers is a resource that may not be listed."""

    async def answer(request):
        path = request.path
        if path not in answers:
            return status(404, "NotFound", f"{path} is not there", name="x")
        found = answers[path]
        if isinstance(found, str):
            return status(403, "Forbidden", f'{found} is forbidden: User "me" cannot list resource "{found}"')
        return web.json_response(found)

    return answer


async def planned(folder, new, answers=ANSWERS, terminal=Terminal()):  # noqa: B008  # it is frozen
    """The plan's lines, and what was not seen."""
    manifests = [Manifest(WORKFLOWS, {"metadata": {"name": "etl"}, "spec": new})]
    async with serving(prepared(answers), folder) as client:
        known = await look(client, manifests, None)
    (found,) = Preparation(manifests, known, Wishes(), NOW).planned()
    return as_text(found, known.namespace, NOW, terminal), known.unseen


async def test_what_is_there_is_compared_reused_and_timed(tmp_path):
    lines, unseen = await planned(tmp_path, NEW)
    assert lines == [
        "etl in team: would start 1 run of 3 tasks, 1 of them reused, in about 1m35s.",
        "",
        "  extract      =  unchanged, succeeded 1h ago          reused",
        "  clean        ~  image pipelines:1.4 → pipelines:1.5  runs, 3 items",
        "  audit        +  new, after clean                     runs",
        "  old-check    -  gone",
        "  parallelism  ~  8 → 16                               starts nothing by itself",
        "",
        "  time     1m35s (1 kept run)",
        "  longest  clean ▸ audit  1m35s",
        "  at most  3 pods  ████████▃▃▃▃",
        "  fits     yes: 8 CPU and 8Gi free on 1 node",
        "  guessed  audit: 35s (no history)",
    ]
    assert unseen == ("the chart's defaults and caps: ConfigMap sluice-defaults cannot be read",)


async def test_in_a_terminal_it_fits_and_what_becomes_of_a_task_is_seen_first(tmp_path):
    many = spec(*NEW["tasks"], *(task(f"more-{number:02}") for number in range(30)))
    lines, _ = await planned(tmp_path, many, terminal=Terminal(columns=60, rows=24))
    assert max(map(len, lines[2:])) <= 60
    assert [line for line in lines if line.endswith("  reused")] == []  # what has changed has its room first
    assert "  and 23 more tasks: -o json has them all" in lines
    lines, _ = await planned(tmp_path, NEW, terminal=Terminal(columns=60, rows=24))
    assert lines[2:5] == [
        "  extract      =  unchanged, succ…  reused",
        "  clean        ~  image pipelines…  runs, 3 items",
        "  audit        +  new, after clean  runs",
    ]


async def test_the_same_again_starts_nothing(tmp_path):
    lines, _ = await planned(tmp_path, OLD)
    assert lines[0].startswith("etl in team: would start nothing: what it does is unchanged. A run of it: 3 tasks")
    assert [line.split("  ")[-1] for line in lines[2:5]] == ["would run", "would run, 3 items", "would run"]


@pytest.mark.parametrize(
    "broken",
    [
        spec(task("extract", "nobody")),
        spec(task("extract", "clean"), task("clean", "extract")),
        spec(task("extract", forEach={"from": 3})),
        {"tasks": [{"name": 7}]},
    ],
)
async def test_what_is_there_and_has_faults_counts_for_nothing(tmp_path, broken):
    status = {"lastRun": {"generation": "x"}, "conditions": 3}
    run = {**RUN, "status": {**RUN["status"], "tasks": {"extract": 3, "clean": {"phase": 7, "items": "x"}}}}
    answers = ANSWERS | {
        f"{OURS}/workflows/etl": {**WORKFLOW, "spec": broken, "status": status},
        f"{OURS}/workflowruns/etl-g3": run,
    }
    lines, _ = await planned(tmp_path, NEW, answers)
    assert lines[0].startswith("etl in team: would start 1 run of 3 tasks")
    assert [line.split()[:2] for line in lines[2:5]] == [["extract", "+"], ["clean", "+"], ["audit", "+"]]


async def test_a_run_of_the_file_that_resumes_keeps_what_is_the_same(tmp_path):
    asked = {"workflow": "etl", "resumeFrom": {"run": "etl-g3", "rerun": [{"task": "clean", "items": "1"}]}}
    manifests = [Manifest(RUNS, {"metadata": {"name": "again"}, "spec": asked})]
    async with serving(prepared(ANSWERS), tmp_path) as client:
        known = await look(client, manifests, None)
    (found,) = Preparation(manifests, known, Wishes(), NOW).planned()
    lines = as_text(found, known.namespace, NOW, Terminal())
    assert (lines[0], found.kept_of) == (
        "again in team: would start 1 run of 3 tasks, 3 of them reused, in about 1m00s.",
        "etl-g3",
    )
    assert [line.rpartition("  ")[2] for line in lines[2:5]] == [
        "reused",
        "runs, 1 of 3 items, the others reused",
        "reused",
    ]


async def test_slots_that_others_hold_count_as_free_and_are_named(tmp_path):
    pool = {"metadata": {"name": "warehouse"}, "spec": {"slots": 2}, "status": {"used": 1}}
    new = spec(task("load", pools=[{"name": "warehouse"}]))
    lines, _ = await planned(tmp_path, new, ANSWERS | {f"{OURS}/pools": {"metadata": {}, "items": [pool]}})
    assert "  guessed  pool warehouse is free (1 of 2 slots are in use now)" in lines


REPORT = spec(task("export", pools=[{"name": "warehouse"}], expectedDuration="1m"))
REPORT_NAME = revision_name("report", "w2", graph_of(REPORT))
REPORT_OWNER = {
    "kind": "WorkflowRun",
    "name": "report-1",
    "uid": "r2",
    "controller": True,
    "apiVersion": "sluice.dev/v1alpha1",
}
EXPORT = {
    "metadata": metadata(
        pod_name("report-1", "r2", "export", 1),
        "p2",
        labels={"sluice.dev/run": "report-1", "sluice.dev/task": "export", "sluice.dev/attempt": "1"},
        ownerReferences=[REPORT_OWNER],
    ),
    "spec": {"nodeName": "node-1"},
    "status": {
        "phase": "Running",
        "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": at(7200)}],
        "containerStatuses": [{"name": "main", "state": {"running": {"startedAt": at(7200)}}}],
    },
}
POOL = {"slots": 1, "used": 1, "holders": ["report-1/export"]}
HELD = ANSWERS | {
    f"{OURS}/pools": {
        "metadata": {},
        "items": [{"metadata": {"name": "warehouse"}, "spec": {"slots": 1}, "status": POOL}],
    },
    f"{OURS}/workflows/report": {"metadata": metadata("report", "w2"), "spec": REPORT},
    f"{OURS}/workflowruns/report-1": {
        "metadata": metadata("report-1", "r2"),
        "spec": {"workflow": "report"},
        "status": {
            "phase": "Running",
            "revision": REPORT_NAME,
            "startedAt": at(7190),
            "tasks": {"export": {"phase": "Running", "attempt": 1}},
        },
    },
    f"/apis/apps/v1/namespaces/team/controllerrevisions/{REPORT_NAME}": {
        "metadata": {"name": REPORT_NAME, "ownerReferences": [{"kind": "Workflow", "name": "report", "uid": "w2"}]},
        "data": graph_of(REPORT),
    },
    "/api/v1/namespaces/team/pods": {"metadata": {}, "items": [EXPORT]},
}


async def test_a_run_that_holds_a_slot_goes_on_beside(tmp_path):
    new = spec(task("load", pools=[{"name": "warehouse"}], expectedDuration="10s"))
    lines, _ = await planned(tmp_path, new, HELD)
    assert lines[0] == "etl in team: would start 1 run of 1 task, in about 1m10s."
    assert "  waits    1m00s for pool warehouse (1 slot); with 2 slots 10s in all" in lines
    assert "  guessed  report-1 goes on beside it, and its tasks take as long as they have" in lines


ALONE = {"concurrency": {"policy": "Queue", "maxRuns": 1}}
GOES = {"cells": ["report", "Running"], "object": {"metadata": metadata("report-1", "r2", creationTimestamp=at(7190))}}


async def test_a_run_waits_for_those_that_its_workflow_lets_go_first(tmp_path):
    answers = HELD | {
        f"{OURS}/workflows/report": {"metadata": metadata("report", "w2"), "spec": REPORT | ALONE},
        f"{OURS}/workflowruns": {**TABLE, "rows": [GOES]},
        f"{OURS}/pools": {"metadata": {}, "items": [{"metadata": {"name": "warehouse"}, "spec": {"slots": 9}}]},
    }
    manifests = [Manifest(RUNS, {"metadata": {"name": "again"}, "spec": {"workflow": "report"}})]
    async with serving(prepared(answers), tmp_path) as client:
        known = await look(client, manifests, None)
    (found,) = Preparation(manifests, known, Wishes(), NOW).planned()
    lines = as_text(found, known.namespace, NOW, Terminal())
    assert lines[0] == "again in team: would start 1 run of 1 task, in about 2m00s."
    assert "  waits    1m00s for maxRuns 1; with 2 1m00s in all" in lines


async def test_pods_of_other_namespaces_count_under_the_charts_cap(tmp_path):
    pods = [{"cells": [], "object": {"metadata": {"name": f"p{n}", "namespace": "other"}}} for n in range(2)]
    answers = ANSWERS | {"/api/v1/pods": {"metadata": {}, "items": [], "columnDefinitions": [], "rows": pods}}
    manifests = [Manifest(WORKFLOWS, {"metadata": {"name": "etl"}, "spec": spec(task("a"), task("b"))})]
    chart = ChartDefaults(limits=PodLimits(pods=3))
    async with serving(prepared(answers), tmp_path) as client:
        known = await look(client, manifests, chart)
    (found,) = Preparation(manifests, known, Wishes({"a": 10, "b": 10}), NOW).planned()
    assert (found.plan.time.typical_s, found.plan.narrow.kind) == (20, "podLimit")
    assert "2 pods of other runs stay, and count under the chart's caps" in found.guesses


async def test_slots_of_a_run_that_cannot_be_read_count_as_free(tmp_path):
    new = spec(task("load", pools=[{"name": "warehouse"}], expectedDuration="10s"))
    lines, _ = await planned(tmp_path, new, {k: v for k, v in HELD.items() if "report" not in k})
    assert lines[0] == "etl in team: would start 1 run of 1 task, in about 10s."
    assert "  guessed  pool warehouse is free (1 of 1 slots are in use now)" in lines


async def test_a_run_that_goes_on_is_waited_for(tmp_path):
    going = {**RUN, "status": {**RUN["status"], "phase": "Running"}}
    answers = ANSWERS | {f"{OURS}/workflowruns/etl-g3": going, f"{OURS}/workflowruns": {**TABLE, "rows": []}}
    lines, _ = await planned(tmp_path, NEW, answers)
    assert lines[0] == "etl in team: would start 1 run of 3 tasks, once etl-g3 has ended."


@pytest.mark.parametrize("path", ["/api/v1/nodes", "/api/v1/pods"])
async def test_without_nodes_or_foreign_pods_fits_is_left_out_and_said(tmp_path, path):
    lines, unseen = await planned(tmp_path, NEW, ANSWERS | {path: "nodes"})
    assert not [line for line in lines if line.startswith("  fits")]
    assert [
        words
        for words in unseen
        if words.startswith("whether it fits: that takes the nodes and all their pods (you may not list ")
    ]


async def test_a_workflow_that_is_not_there_is_new(tmp_path):
    answers = {path: each for path, each in ANSWERS.items() if not path.startswith(f"{OURS}/workflow")}
    lines, _ = await planned(tmp_path, NEW, answers)
    assert lines[0] == "etl in team: would start 1 run of 3 tasks."
    assert "  guessed  clean: 1 item (the output of extract is not known)" in lines


async def replayed(folder, name, *, answers=ANSWERS, **limits):
    async with serving(prepared(answers), folder) as client:
        return await replay(client, parse(name), Limits(**limits), Wishes(), NOW)


LOADS = spec(task("load", forEach={"range": {"end": 6}}, pools=[{"name": "warehouse"}]), parallelism=4)
LOADS_NAME = revision_name("etl", "w1", graph_of(LOADS))
LOADED = {
    **RUN,
    "status": {
        **RUN["status"],
        "revision": LOADS_NAME,
        "finishedAt": at(120),
        "tasks": {"load": ended(120, items={"total": 6, "succeeded": "0-5"})},
    },
}
REPLAYED = ANSWERS | {
    f"{OURS}/workflows/etl": {**WORKFLOW, "spec": LOADS},
    f"{OURS}/workflowruns/etl-g3": LOADED,
    f"{OURS}/pools": {"metadata": {}, "items": [{"metadata": {"name": "warehouse"}, "spec": {"slots": 1}}]},
    f"/apis/apps/v1/namespaces/team/controllerrevisions/{LOADS_NAME}": {
        "metadata": {"name": LOADS_NAME, "ownerReferences": [OWNER]},
        "data": graph_of(LOADS),
    },
}


async def test_a_past_run_is_replayed_under_other_limits(tmp_path):
    found = await replayed(tmp_path, "etl-g3", answers=REPLAYED, pools={"warehouse": 3})
    assert found.headline == "etl-g3 took 2m00s, replayed 2m00s; with pool warehouse 3 40s."
    found = await replayed(tmp_path, "etl", answers=REPLAYED, parallelism=8, pools={"warehouse": 9})
    assert found.headline == "etl-g3 took 2m00s, replayed 2m00s; with parallelism 8, pool warehouse 9 20s."
    assert found.as_text(Terminal()).splitlines()[2:5] == [
        "  time     20s (1 kept run)",
        "  longest  load  20s",
        "  at most  6 pods  ████████████",
    ]
    own, other = json.loads(found.as_json())["plans"]
    assert (own["time"]["typicalSeconds"], other["time"]["typicalSeconds"]) == (120, 20)


async def test_a_run_that_cannot_be_replayed_says_why(tmp_path):
    with pytest.raises(ClientError, match="no task of the run uses a pool 'warhouse'; did you mean 'warehouse'"):
        await replayed(tmp_path, "etl-g3", answers=REPLAYED, pools={"warhouse": 3})
    with pytest.raises(ClientError, match="the graph of run etl-g3 is gone or may not be read"):
        await replayed(tmp_path, "etl-g3", answers={k: v for k, v in ANSWERS.items() if "revisions" not in k})
    going = {**LOADED, "status": {"phase": "Running", "startedAt": at(0)}}
    with pytest.raises(ClientError, match="run etl-g3 has not ended"):
        await replayed(tmp_path, "etl-g3", answers=REPLAYED | {f"{OURS}/workflowruns/etl-g3": going})
