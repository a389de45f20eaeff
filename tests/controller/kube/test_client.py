"""What follows from many answers leaves others their turn."""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio.client import Configuration

from sluice.controller.kube.client import KubeClient
from tests.controller.clock import Hands


async def test_a_request_gets_on_while_many_do_what_takes_long_with_their_answers() -> None:
    """It takes several turns of the event loop."""
    hands, seen, asked = Hands(), "", 0
    all_asked = asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        if asked == 16:
            all_asked.set()
        await all_asked.wait()
        return web.json_response({})

    async def work(kube: KubeClient) -> None:
        nonlocal seen
        await kube.get("/any")
        hands.wait(0.3)
        seen += "#"

    async def request() -> None:
        nonlocal seen
        while True:
            seen += "."
            await asyncio.sleep(0)

    app = web.Application()
    app.router.add_get("/any", answer)
    async with TestServer(app) as server, asyncio.timeout(10):
        kube = KubeClient(Configuration(host=str(server.make_url("")).rstrip("/")), hands.clock)
        beside = asyncio.create_task(request())
        await asyncio.gather(*(work(kube) for _ in range(16)))
        beside.cancel()
        await kube.close()
    turns = [len(part) for part in seen.split("#")[2:-1]]  # before the third it is known how long they take
    assert min(turns) > 5
