"""The Lease is renewed while the process works, however long a piece of its work is, and not once it hangs."""

import asyncio
import threading
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio.client import Configuration

from sluice.controller.kube.client import KubeClient
from sluice.controller.kube.leader_election import LeaderElection, Lease
from sluice.controller.kube.own_loop import OwnLoop, Turns
from tests.controller.clock import Hands

ALL = "/apis/coordination.k8s.io/v1/namespaces/team/leases"


class Leases:
    """One, and how often it was written."""

    def __init__(self) -> None:
        self.lease: Any = None
        self.writes = 0
        self.written = threading.Event()
        """The third time."""

    async def _get(self, _: web.Request) -> web.Response:
        return web.json_response(self.lease or {"reason": "NotFound"}, status=200 if self.lease else 404)

    async def _write(self, request: web.Request) -> web.Response:
        self.lease = await request.json()
        self.writes += 1
        self.lease["metadata"]["resourceVersion"] = str(self.writes)
        if self.writes == 3:
            self.written.set()
        return web.json_response(self.lease)

    async def serve(self) -> TestServer:
        app = web.Application()
        app.router.add_get(f"{ALL}/sluice", self._get)
        app.router.add_put(f"{ALL}/sluice", self._write)
        app.router.add_post(ALL, self._write)
        server = TestServer(app)
        await server.start_server()
        return server


def client(server: TestServer, hands: Hands) -> KubeClient:
    return KubeClient(Configuration(host=f"http://{server.host}:{server.port}"), hands.clock)


async def test_it_is_renewed_while_the_event_loop_has_no_turn() -> None:
    leases, hands = Leases(), Hands()
    with OwnLoop() as elsewhere, OwnLoop() as beside:
        server = await elsewhere.run(leases.serve())
        kube = client(server, hands)
        leader = LeaderElection(kube, Lease("team", "sluice", "me", 2), hands.clock)
        await beside.run(leader.acquire())
        keeping = asyncio.create_task(beside.run(leader.keep(lambda: "")))
        await asyncio.sleep(0)
        assert leases.written.wait(60)  # two times more
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await beside.run(kube.close())
        await elsewhere.run(server.close())
    assert leader.leads()


async def test_it_is_lost_when_the_process_hangs_for_too_long(caplog: pytest.LogCaptureFixture) -> None:
    leases, hands = Leases(), Hands()
    server = await leases.serve()
    kube = client(server, hands)
    leader = LeaderElection(kube, Lease("team", "sluice", "me", 2), hands.clock)
    await leader.acquire()

    def hangs() -> str:
        hands.wait(1)
        return "no turn for long"

    async with asyncio.timeout(60):
        await leader.keep(hangs)
    assert (leases.writes, leader.leads()) == (1, False)
    assert caplog.messages == ["the Lease team/sluice was not renewed in time: no turn for long"]
    await kube.close()
    await server.close()


async def test_how_long_an_event_loop_has_had_no_turn_counts_from_the_question() -> None:
    hands = Hands()
    turns = Turns(hands.clock)
    assert turns.awaited_s() == 0
    await asyncio.sleep(0)  # it has a turn
    hands.wait(31)  # nobody asks for one
    assert turns.awaited_s() == 0
    hands.wait(31)
    assert turns.awaited_s() == 31
    await asyncio.sleep(0)
    assert turns.awaited_s() == 0
