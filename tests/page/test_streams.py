"""What a tab hears: everything at first, then what has changed, and what it should know of trouble."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from aiohttp import web

from sluice.client.resources import RUNS
from sluice.core.base.naming import revision_name
from sluice.page.channel import Streams
from sluice.page.feeds import rows
from tests.client.server import status
from tests.page.server import browsing

COLUMNS = [{"name": name} for name in ("Workflow", "Phase", "Progress", "Why", "Started At", "Finished At")]


def row(name, phase, **metadata):
    found = {
        "name": name,
        "namespace": "team",
        "uid": name,
        "resourceVersion": "5",
        "creationTimestamp": "c",
        **metadata,
    }
    return {"cells": ["etl", phase, "1/2", "", "s", None], "object": {"metadata": found}}


def table(*rows):
    return {"metadata": {"resourceVersion": "1"}, "columnDefinitions": COLUMNS, "rows": list(rows)}


class Cluster:
    """`found` has the answer to a read, or what makes one, by the end of its path; `events` are sent to whoever watches
    that, or the one object of that name.
    """

    def __init__(self, **found):
        self.found = found
        self.events = {name: asyncio.Queue() for name in found}

    async def __call__(self, request):
        name = request.path.rpartition("/")[2]
        if "watch" not in request.query:
            answer = self.found.get(name, table())
            answer = answer() if callable(answer) else answer
            return answer if isinstance(answer, web.Response) else web.json_response(answer)
        response = web.StreamResponse()
        await response.prepare(request)
        _, _, selected = request.query.get("fieldSelector", "").partition("metadata.name=")
        events = self.events.get(selected or name, asyncio.Queue())
        while event := await events.get():
            await response.write(json.dumps(event).encode() + b"\n")
        return response


class Heard:
    """The events of a stream."""

    def __init__(self, answer):
        self._content = answer.content

    async def next(self, name):
        """The next event of that name; others are passed over."""
        while True:
            event = (await asyncio.wait_for(self._content.readuntil(b"\n\n"), 20)).decode()
            if event.startswith(f"event: {name}\n"):
                return json.loads(event.partition("\ndata: ")[2])


async def test_a_list_is_sent_once_and_then_what_has_changed(tmp_path):
    cluster = Cluster(workflowruns=table(row("a", "Running"), row("b", "Failed", labels={"team": "x"})))
    async with browsing(cluster, tmp_path) as browser:
        heard = Heard(await browser.get("api/live?view=runs"))
        first = await heard.next("workflowruns")
        assert [(run["name"], run["phase"], run["labels"]) for run in first["changed"]] == [
            ("a", "Running", {}),
            ("b", "Failed", {"team": "x"}),
        ]
        assert await heard.next("workflows") == {"changed": [], "gone": []}
        cluster.events["workflowruns"].put_nowait({"type": "MODIFIED", "object": table(row("a", "Succeeded"))})
        cluster.events["workflowruns"].put_nowait({"type": "DELETED", "object": table(row("b", "Failed"))})
        seen = {"changed": [], "gone": []}
        while len(seen["gone"]) + len(seen["changed"]) < 2:  # in one event or in two
            seen = {key: seen[key] + found for key, found in (await heard.next("workflowruns")).items()}
        assert ([run["phase"] for run in seen["changed"]], seen["gone"]) == (["Succeeded"], ["b"])


async def test_backfills_come_with_the_runs_that_they_make(tmp_path):
    backfill = {"metadata": {"name": "spring", "namespace": "team", "uid": "b"}, "spec": {"workflow": "etl"}}
    listed = {"metadata": {"resourceVersion": "1"}, "items": [backfill]}
    cluster = Cluster(backfills=listed, workflowruns=table(row("a", "Running")))
    async with browsing(cluster, tmp_path) as browser:
        heard = Heard(await browser.get("api/live?view=backfills"))
        assert [found["name"] for found in await heard.next("backfills")] == ["spring"]
        heard = Heard(await browser.get("api/live?view=backfills"))
        assert [run["name"] for run in (await heard.next("workflowruns"))["changed"]] == ["a"]


async def test_a_lost_cluster_is_said_and_that_it_is_back(tmp_path):
    cluster = Cluster(workflowruns=table(row("a", "Running")))
    async with browsing(cluster, tmp_path) as browser:
        heard = Heard(await browser.get("api/live?view=runs"))
        await heard.next("workflowruns")
        cluster.found["workflowruns"] = status(503, "ServiceUnavailable", "etcd is away")
        cluster.events["workflowruns"].put_nowait({"type": "ERROR", "object": {"code": 410, "message": "too old"}})
        said = await heard.next("server")
        assert said["of"] == "workflowruns"
        assert "etcd is away" in said["lost"]
        cluster.found["workflowruns"] = table(row("a", "Failed"))
        assert await heard.next("server") == {"of": "workflowruns", "lost": ""}
        assert [run["phase"] for run in (await heard.next("workflowruns"))["changed"]] == ["Failed"]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            (403, "Forbidden", 'workflowruns.sluice.dev is forbidden: User "v" cannot list resource'),
            "Forbidden",
            "kubectl auth can-i list workflowruns.sluice.dev",
        ),
        ((404, "NotFound", "the server could not find the requested resource"), "NotInstalled", "helm install"),
        ((401, "Unauthorized", "Unauthorized"), "NoCluster", "does not accept the credentials"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_ends_a_stream_says_what_to_do(answer, kind, words, tmp_path):
    async with browsing(Cluster(workflowruns=status(*answer)), tmp_path) as browser:
        heard = Heard(await browser.get("api/live?view=runs"))
        failed = await heard.next("failed")
    assert failed["kind"] == kind
    assert words in failed["error"]


GRAPH = {
    "tasks": [
        {"name": "a", "bash": "true"},
        {"name": "b", "image": "x", "dependsOn": ["a"], "forEach": {"items": ["1"]}, "finally": True},
    ]
}
REVISION = revision_name("etl", "w", GRAPH)


def run(phase, **tasks):
    metadata = {"name": "etl-1", "namespace": "team", "uid": "u", "resourceVersion": "5", "managedFields": []}
    state = {"phase": phase, "revision": REVISION, "tasks": tasks}
    return {"metadata": metadata, "spec": {"workflow": "etl"}, "status": state}


async def test_of_a_run_its_graph_comes_and_then_the_tasks_that_have_changed(tmp_path):
    revision = {"metadata": {"ownerReferences": [{"kind": "Workflow", "name": "etl", "uid": "w"}]}, "data": GRAPH}
    before = run("Running", a={"phase": "Running", "outputs": "x" * 4000}, b={"phase": "Pending"})
    cluster = Cluster(**{"etl-1": before, REVISION: revision, "workflowruns": table()})
    async with browsing(cluster, tmp_path) as browser:
        heard = Heard(await browser.get("api/live?view=run&name=etl-1"))
        first = await heard.next("run")
        assert [(task["name"], task["kind"], task["dependsOn"]) for task in (await heard.next("graph"))["tasks"]] == [
            ("a", "bash", []),
            ("b", "image", ["a"]),
        ]
        assert first["changed"] == {"a": {"phase": "Running"}, "b": {"phase": "Pending"}}
        assert first["run"]["status"] == {"phase": "Running", "revision": REVISION}
        ended = {"phase": "Succeeded", "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:09Z"}
        after = run("Running", a=ended, b={"phase": "Pending"})
        cluster.events["etl-1"].put_nowait({"type": "MODIFIED", "object": after})
        assert (await heard.next("run"))["changed"] == {"a": ended}
        assert await heard.next("way") == ["a"]  # of b, which comes at the end, nothing is known
        cluster.events["etl-1"].put_nowait({"type": "DELETED", "object": after})
        assert await heard.next("failed") == {"error": "WorkflowRun etl-1 was deleted", "kind": "Deleted"}

        drawn = await (await browser.get("api/graph?name=etl-1")).json()
        assert [box["tasks"] for box in drawn["boxes"]] == [["a"], ["b"]]


@pytest.mark.parametrize(
    "tasks", [{"a": 1}, {"a": {"phase": []}}, {"a": {"items": 7}}, {"b": {"reason": {}, "message": None}}], ids=str
)
async def test_whatever_stands_in_the_status_of_a_task_the_run_is_shown(tasks, tmp_path):
    nothing = {"metadata": {"resourceVersion": "1"}, "items": []}
    cluster = Cluster(**{"etl-1": run("Running", **tasks), "workflowruns": table(), "pods": nothing})
    async with browsing(cluster, tmp_path) as browser:
        heard = Heard(await browser.get("api/live?view=run&name=etl-1&logs="))
        assert (await heard.next("run"))["run"]["status"]["phase"] == "Running"
        cluster.events["etl-1"].put_nowait({"type": "MODIFIED", "object": run("Failed", **tasks)})
        assert (await heard.next("run"))["run"]["status"]["phase"] == "Failed"


async def test_a_stream_that_comes_while_the_oldest_is_ending_counts():
    streams = Streams()
    async with AsyncExitStack() as oldest, AsyncExitStack() as others:
        await oldest.enter_async_context(streams.place("key"))
        for _ in range(4):
            await others.enter_async_context(streams.place("key"))
        await others.aclose()
        async with streams.place("key") as newest:
            await oldest.aclose()
            streams.end_all()
            assert newest.is_set()


async def test_a_fault_of_ours_ends_the_stream_and_says_where_to_look(tmp_path, caplog):
    async with browsing(Cluster(pools={"items": []}), tmp_path) as browser:  # a list without a version
        heard = Heard(await browser.get("api/live?view=pools"))
        assert (await heard.next("failed"))["kind"] == "Fault"
    assert "KeyError: 'metadata'" in caplog.text


async def test_what_changes_while_a_slow_tab_is_written_to_is_sent_afterwards(monkeypatch):
    found, changed = {"a": rows._Row.of({"phase": "Running"})}, asyncio.Event()

    async def follow(*_):
        yield found
        await changed.wait()
        yield found
        await asyncio.Event().wait()

    class SlowTab:
        def __init__(self):
            self.sent, self.done = [], asyncio.Event()

        async def send(self, _, event):
            self.sent += map(bytes, event["changed"])
            found["a"] = rows._Row.of({"phase": "Failed"})
            changed.set()
            await asyncio.sleep(0.01)
            if len(self.sent) > 1:
                self.done.set()

    monkeypatch.setattr(rows, "follow_as", follow)
    monkeypatch.setattr(rows.orjson, "Fragment", str.encode)
    tab = SlowTab()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        feeding = group.create_task(rows._feed(tab, None, "", RUNS, dict, group))
        await tab.done.wait()
        feeding.cancel()
        for task in group._tasks:
            task.cancel()
    assert tab.sent == [b'{"phase":"Running"}', b'{"phase":"Failed"}']
