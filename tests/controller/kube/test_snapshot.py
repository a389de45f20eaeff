"""A collection object by object: from the real API server, and from a stream with all that a real one may say."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio.client import Configuration

from sluice.controller.clock import Clock
from sluice.controller.kube.client import ApiError, KubeClient
from sluice.core.base.errors import Unanswered
from tests.e2e.kubernetes import Kubectl

PATH = "/api/v1/pods"
END = {
    "type": "BOOKMARK",
    "object": {"metadata": {"resourceVersion": "9", "annotations": {"k8s.io/initial-events-end": "true"}}},
}


def event(kind: str, name: str, version: str = "1") -> dict[str, Any]:
    return {"type": kind, "object": {"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": version}}}


def client(url: str) -> KubeClient:
    configuration = Configuration()
    configuration.host = url
    return KubeClient(configuration, Clock())


@asynccontextmanager
async def stream(*events: dict[str, Any]) -> AsyncIterator[KubeClient]:
    async def answer(request: web.Request) -> web.Response:
        if "watch" not in request.query:
            return web.json_response({"metadata": {"resourceVersion": "7"}, "items": [event("", "paged")["object"]]})
        return web.Response(text="".join(json.dumps(event) + "\n" for event in events))

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    kube = client(f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        yield kube
    finally:
        await kube.close()
        await runner.cleanup()


def version_of(item: dict[str, Any]) -> tuple[str, str]:
    return item["metadata"]["name"], item["metadata"]["resourceVersion"]


async def test_what_changes_while_the_list_comes_counts_as_it_is_at_its_end() -> None:
    events = [event("ADDED", "a"), event("ADDED", "b"), event("MODIFIED", "a", "8"), event("DELETED", "b", "9")]
    async with stream(*events, END, event("ADDED", "late")) as kube:
        assert await kube.snapshot(version_of, PATH) == ([("a", "8")], "9")


async def test_a_bookmark_on_the_way_is_not_the_end() -> None:
    on_the_way = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "5"}}}
    async with stream(event("ADDED", "a"), on_the_way, event("ADDED", "b"), END) as kube:
        found, _ = await kube.snapshot(version_of, PATH)
    assert [name for name, _ in found] == ["a", "b"]


async def test_a_stream_that_ends_before_the_list_is_no_list() -> None:
    async with stream(event("ADDED", "a")) as kube:
        with pytest.raises(Unanswered, match="ended early"):
            await kube.snapshot(version_of, PATH)


@pytest.mark.parametrize("refused", [410, 422])
async def test_where_a_stream_is_refused_the_list_comes_in_pages(refused: int) -> None:
    status = {"code": refused, "reason": "Expired", "message": "says the test"}
    async with stream({"type": "ERROR", "object": status}) as kube:
        assert await kube.snapshot(version_of, PATH) == ([("paged", "1")], "7")


async def test_what_cannot_be_seen_any_more_is_left_out() -> None:
    async with stream(event("ADDED", "a"), event("MODIFIED", "a", "2"), END) as kube:
        seen = {"1": "readable"}
        assert await kube.snapshot(lambda item: seen.get(version_of(item)[1]), PATH) == ([], "9")


async def test_the_real_server_streams(api_server: str, kubectl: Kubectl) -> None:
    for number in range(3):
        kubectl("create", "configmap", f"c{number}")
    kube = client(api_server)
    path = f"/api/v1/namespaces/{kubectl.namespace}/configmaps"
    try:
        streamed, version = await kube.snapshot(lambda item: item["metadata"]["name"], path)
        paged, _ = await kube.views(lambda item: item["metadata"]["name"], path)
        assert sorted(streamed) == sorted(paged) != []
        kubectl("create", "configmap", "after")
        async for event in kube.watch(path, version):  # nothing between the list and its watch is missed
            assert event["object"]["metadata"]["name"] == "after"
            break
        assert kube._streams, "it was listed in pages"
        with pytest.raises(ApiError):
            await kube.snapshot(lambda item: item, "/api/v1/nothings")
    finally:
        await kube.close()


async def test_a_pod_that_is_six_times_as_long_on_the_wire_as_in_etcd_can_be_watched() -> None:
    """The API server writes each `<` as \\u003c."""
    long = event("ADDED", "long")
    long["object"]["metadata"]["annotations"] = {"a": "\u0000" * 1_400_000}  # six characters each here, too
    async with stream(long) as kube:
        found = [item async for item in kube.watch(PATH, "1")]
    assert [len(item["object"]["metadata"]["annotations"]["a"]) for item in found] == [1_400_000]


async def test_a_line_beyond_all_measure_is_no_answer() -> None:
    long = event("ADDED", "long")
    long["object"]["metadata"]["annotations"] = {"a": "a" * 2**24}
    async with stream(long) as kube:
        with pytest.raises(Unanswered):
            [item async for item in kube.watch(PATH, "1")]
