"""Lists come object by object; where the API server cannot do that, in pages: an object of ours may have 1.5 MB, and no
more of them than a page are whole in memory.
"""

from __future__ import annotations

import weakref
from typing import Any

from aiohttp import web
from kubernetes.aio.client import Configuration

from sluice.controller.clock import Clock
from sluice.controller.informers.cache import Cache
from sluice.controller.informers.kopf_informers import settings
from sluice.controller.informers.resync import list_objects
from sluice.controller.kube.client import KubeClient, _seen

_WORKFLOWS = 5


def _workflow(number: int) -> dict[str, Any]:
    metadata = {"name": f"w{number}", "namespace": "team", "uid": f"u{number}", "resourceVersion": "1"}
    return {"metadata": metadata, "spec": {"tasks": []}}


async def test_our_kinds_come_two_at_a_time() -> None:
    asked: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        if "watch" in request.query:
            return web.json_response({"reason": "Invalid", "message": "WatchList is off"}, status=422)
        there = _WORKFLOWS if request.path.endswith("/workflows") else 0
        limit, begin = int(request.query["limit"]), int(request.query.get("continue", "0"))
        if there:
            asked.append((request.query["limit"], request.query.get("continue", "")))
        end = min(begin + limit, there)
        metadata = {"resourceVersion": "9"} | ({"continue": str(end)} if end < there else {})
        return web.json_response({"metadata": metadata, "items": [_workflow(number) for number in range(begin, end)]})

    app, cache = web.Application(), Cache()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    configuration = Configuration()
    configuration.host = f"http://127.0.0.1:{runner.addresses[0][1]}"
    kube = KubeClient(configuration, Clock())
    try:
        await list_objects(kube, cache, "")
    finally:
        await kube.close()
        await runner.cleanup()
    assert asked == [("2", ""), ("2", "2"), ("2", "4")]
    assert {key.name for key in cache.workflows} == {f"w{number}" for number in range(_WORKFLOWS)}


def test_kopf_lists_in_pages_too_and_lets_go_of_them() -> None:
    assert (settings().watching.chunk_size, settings().queueing.idle_timeout) == (2, 0.1)


def test_an_object_is_let_go_once_it_has_been_seen() -> None:
    class Body(dict[str, Any]):
        pass

    bodies = [Body(number=number) for number in range(3)]
    refs = [weakref.ref(body) for body in bodies]
    page = {"items": bodies}
    del bodies
    alive = [sum(ref() is not None for ref in refs) for _ in _seen(lambda body: body["number"], page)]
    assert alive == [2, 1, 0]
