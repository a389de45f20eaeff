"""One object that cannot be read stops no other: neither a LIST nor a watch, neither ours nor kopf's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import kopf
import pytest
from aiohttp import web
from kopf._cogs.clients import api
from kubernetes.aio.client import Configuration

from sluice.api import API_VERSION
from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.informers.kopf_informers import register, settings
from sluice.controller.informers.pod_informer import run_pod_informer
from sluice.controller.informers.resync import list_objects
from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.event_recorder import EventRecorder
from sluice.controller.kube.object_reader import ObjectReader
from sluice.controller.kube.objects import Key, object_view
from sluice.controller.kube.parsing import loads
from sluice.controller.observability.liveness import WatchHealth
from sluice.controller.observability.metrics import REGISTRY


def text(name: str, levels: int = 0, version: int = 1) -> str:
    """A Workflow, with a podTemplate of so many levels."""
    body = {
        "apiVersion": API_VERSION,
        "kind": "Workflow",
        "metadata": {"name": name, "namespace": "team", "uid": f"uid-of-{name}", "resourceVersion": str(version)},
        "spec": {"tasks": [{"name": "a", "image": "busybox", "podTemplate": "DEEP"}]},
    }
    return json.dumps(body).replace('"DEEP"', '{"a":' * levels + '"[{"' + "}" * levels)


def page(*items: str) -> str:
    return '{"kind": "List", "metadata": {"resourceVersion": "9"}, "items": [' + ", ".join(items) + "]}"


def event(item: str) -> str:
    return f'{{"type": "ADDED", "object": {item}}}\n'


END_OF_LIST = (
    '{"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9",'
    ' "annotations": {"k8s.io/initial-events-end": "true"}}}}\n'
)
NAMELESS = '{"metadata": {"resourceVersion": "9", "uid": "uid-of-none"}, "spec": {}}'


@pytest.mark.parametrize("levels", [255, 1100, 9990])
def test_what_could_not_be_written_again_is_not_read(levels):
    assert loads(text("etl", levels)).keys() == {"apiVersion", "kind", "metadata"}
    assert loads(text("etl", 190)) == json.loads(text("etl", 190))


def test_it_is_counted_each_time_and_told_once(caplog):
    told, skipped = [], set()
    reader = ObjectReader("workflows", object_view)
    reader.subscribe(lambda body, why: told.append((body["metadata"]["name"], why)))
    labels = {"resource": "workflows"}
    before = REGISTRY.get_sample_value("sluice_objects_unreadable_total", labels) or 0
    assert [reader.read(loads(text("etl", 1100)), skipped) for _ in range(2)] == [None, None]
    assert REGISTRY.get_sample_value("sluice_objects_unreadable_total", labels) == before + 2
    assert told == [("etl", "it is nested too deeply; leave out some levels")]
    assert (skipped, len(caplog.records)) == ({"uid-of-etl"}, 1)


def test_what_a_list_has_and_nobody_can_read_is_not_gone():
    cache = Cache()
    cache.workflows.upsert(object_view(json.loads(text("etl"))))
    cache.workflows.replace([], version=9, unreadable={"uid-of-etl"})
    assert Key("team", "etl") in cache.workflows
    cache.workflows.replace([], version=9)
    assert Key("team", "etl") not in cache.workflows


def test_what_an_object_does_to_one_handler_keeps_it_from_no_other(caplog):
    cache, told = Cache(), []
    cache.subscribe("workflows", lambda _: 1 / 0)
    cache.subscribe("workflows", told.append)
    cache.workflows.subscribe(lambda _: 1 / 0)
    cache.workflows.subscribe(lambda change: told.append(change.object.key))
    cache.workflows.upsert(object_view(json.loads(text("etl"))))
    assert told == [Key("team", "etl")] * 2
    assert len(caplog.records) == 2


class Server:
    """An API server that lists some objects, as Workflows and as pods: in pages, and one by one too if it `streams`. A
    watch tells some events and then nothing.
    """

    def __init__(self, listed: tuple[str, ...], events: tuple[str, ...], *, streams: bool) -> None:
        self._listed, self._events, self._streams = listed, events, streams
        self.written: list[dict] = []

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            self.written.append(await request.json())
        if request.path in DISCOVERY:
            return web.json_response(DISCOVERY[request.path])
        hostile = request.path.endswith(("/workflows", "/pods"))
        if "watch" not in request.query:
            listed = page(*self._listed if hostile else ())
            return web.Response(text=listed, content_type="application/json")
        initial = "sendInitialEvents" in request.query
        if initial and not self._streams:
            return web.json_response({"reason": "Invalid", "message": "WatchList is off"}, status=422)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        listed = (*map(event, self._listed if hostile else ()), END_OF_LIST)
        for line in listed if initial else self._events if hostile else ():
            await response.write(line.encode())
        await asyncio.Event().wait()
        return response

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


VERSION = {"version": "v1alpha1", "groupVersion": API_VERSION}


def kinds(*names: str) -> dict:
    """As the API server lists the kinds of a group."""
    common = {"singularName": "", "namespaced": True, "verbs": ["list", "watch"]}
    return {"resources": [common | {"kind": name, "name": f"{name.lower()}s"} for name in names]}


DISCOVERY = {
    "/api": {"versions": ["v1"]},
    "/api/v1": kinds("Namespace"),
    "/apis": {"groups": [{"name": "sluice.dev", "versions": [VERSION], "preferredVersion": VERSION}]},
    f"/apis/{API_VERSION}": kinds("Workflow", "WorkflowRun", "Pool", "Backfill"),
}


@pytest.fixture(params=[True, False], ids=["one by one", "in pages"])
def server(request: pytest.FixtureRequest) -> Server:
    """Its LIST and its watch have objects that cannot be read, and after them such that can."""
    listed = (text("a"), text("b", 1100), NAMELESS, text("c"))
    events = (event(text("d", 1100)), event(text("e", 300)), event(NAMELESS), event(text("f")))
    return Server(listed, events, streams=request.param)


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not so():
            await asyncio.sleep(0.01)


async def test_our_own_lists_and_watches_go_on(server: Server):
    async with server.serving() as url:
        kube, cache = KubeClient(Configuration(host=url), Clock()), Cache()
        await list_objects(kube, cache, "")
        assert [key.name for key in cache.workflows] == ["a", "c"]
        informer = asyncio.create_task(
            run_pod_informer(kube, cache.pods, "", asyncio.Event(), WatchHealth(Clock()), Clock())
        )
        await until(lambda: Key("team", "f") in cache.pods or informer.done())
        assert {"a", "c", "f"} <= {key.name for key in cache.pods}
        informer.cancel()
        await asyncio.gather(informer, return_exceptions=True)
        await kube.close()


async def test_an_event_says_that_it_is_passed_over(server: Server):
    async with server.serving() as url:
        kube, cache = KubeClient(Configuration(host=url), Clock()), Cache()
        events = EventRecorder(kube, Clock())
        cache.readers["workflows"].subscribe(lambda body, why: events.record_unreadable("Workflow", body, why))
        await list_objects(kube, cache, "")
        await until(lambda: bool(server.written))
        await kube.close()
    (told,) = server.written
    assert told["involvedObject"]["name"] == "b"
    assert (told["type"], told["reason"]) == ("Warning", "Unreadable")
    assert "nested too deeply" in told["message"]


@pytest.fixture
def _kopf_as_it_was() -> Iterator[None]:
    before = api.json, api.get
    yield
    api.json, api.get = before


@pytest.mark.usefixtures("_kopf_as_it_was")
async def test_kopfs_lists_and_watches_go_on(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails when kopf parses in another place than where our parser is."""
    cache, listening, stop = Cache(), asyncio.Event(), asyncio.Event()
    listening.set()
    registry = kopf.OperatorRegistry()
    register(registry, cache, listening, "")
    async with server.serving() as url:
        config = {
            "clusters": [{"name": "it", "cluster": {"server": url}}],
            "users": [{"name": "it", "user": {}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "current-context": "it",
        }
        (tmp_path / "kubeconfig").write_text(json.dumps(config))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        shell = asyncio.create_task(
            kopf.operator(registry=registry, settings=settings(), standalone=True, clusterwide=True, stop_flag=stop)
        )
        await until(lambda: shell.done() or Key("team", "f") in cache.workflows)
        assert sorted(key.name for key in cache.workflows) == ["a", "c", "f"]
        stop.set()
        await shell
