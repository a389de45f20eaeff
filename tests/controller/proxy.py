"""A proxy before the API server that does to requests what networks and busy servers do.

Beyond it is `kubectl proxy`, which has the administrator's credentials and speaks plain HTTP.
Where pods find no node, it also plays the kubelet: each pod runs and succeeds at once.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.cluster import Cluster

Forward = Callable[..., Awaitable[web.StreamResponse]]  # of a watch, at most `events`; in the name of another `agent`
Act = Callable[[web.Request, Forward], Awaitable[web.StreamResponse]]

_HOP = {"host", "connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass
class Fault:
    """Done to the next `times` requests whose method, path and query match these patterns."""

    act: Act
    method: str
    where: str
    times: int = 1

    def takes(self, request: web.Request) -> bool:
        if self.times == 0 or not (
            re.fullmatch(self.method, request.method) and re.search(self.where, request.path_qs)
        ):
            return False
        self.times -= 1
        return True


def refuse(code: int, reason: str) -> Act:
    """The server says no, and does nothing. Its words have a number that is another each time, as webhooks' may."""
    numbers = count(1)

    async def act(_request: web.Request, _forward: Forward) -> web.StreamResponse:
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
        return web.json_response(status | {"message": f"{reason}, says the test ({next(numbers)})"}, status=code)

    return act


async def lose(request: web.Request, _forward: Forward) -> web.StreamResponse:
    """The request never arrives."""
    return hang_up(request)


async def swallow(request: web.Request, forward: Forward) -> web.StreamResponse:
    """The request is carried out, and its answer never arrives."""
    await forward()
    return hang_up(request)


async def hang(request: web.Request, forward: Forward) -> web.StreamResponse:
    """The request is carried out, and there is no answer, nor an end of the connection."""
    await forward()
    return await ignore(request, forward)


async def ignore(_request: web.Request, _forward: Forward) -> web.StreamResponse:
    """Nothing happens, for as long as the client cares to wait."""
    await asyncio.Event().wait()
    raise AssertionError


def cut(events: int) -> Act:
    """A watch ends in the middle, after so many events."""

    async def act(request: web.Request, forward: Forward) -> web.StreamResponse:
        await forward(events=events)
        return hang_up(request)

    return act


async def expire(_request: web.Request, _forward: Forward) -> web.StreamResponse:
    """A watch from a version that the server has forgotten."""
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 410, "reason": "Expired"}
    event = {"type": "ERROR", "object": status | {"message": "too old resource version, says the test"}}
    return web.Response(text=json.dumps(event) + "\n", content_type="application/json")


def hang_up(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


class Proxy:
    """Serves while its `with` block goes on. `created` counts the pods that were made through it, by name."""

    def __init__(self, server: str, namespace: str, *faults: Fault, pods_run: bool = True) -> None:
        self.namespace = namespace
        self._server, self._pods_run = server, pods_run
        self._faults = faults
        self._open: list[web.Request] = []
        self.created: Counter[str] = Counter()
        self._ready = Event()

    @property
    def pending(self) -> list[Fault]:
        """Faults that have not been done in full."""
        return [fault for fault in self._faults if fault.times]

    def inflict(self, *faults: Fault) -> None:
        """From now on these, and no others."""
        self._faults = faults

    def hang_up(self, where: str) -> None:
        """Ends all connections with such a request."""
        for request in [request for request in self._open if re.search(where, request.path_qs)]:
            self._loop.call_soon_threadsafe(hang_up, request)

    def kubeconfig(self, file: Path) -> Path:
        """Writes a kubeconfig that leads here."""
        named: dict[str, Any] = {
            "clusters": [{"name": "proxy", "cluster": {"server": f"http://127.0.0.1:{self._port}"}}],
            "users": [{"name": "proxy", "user": {}}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "proxy"}}],
        }
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "proxy", **named}))
        return file

    def __enter__(self) -> Self:
        self._thread = Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._port = runner.addresses[0][1]
        timeout = aiohttp.ClientTimeout(total=None)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as self._session:
            kubelet = asyncio.create_task(self._kubelet() if self._pods_run else asyncio.sleep(0))
            self._ready.set()
            await self._done.wait()
            kubelet.cancel()
            await asyncio.gather(kubelet, return_exceptions=True)
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}

        async def forward(events: int | None = None, agent: str = "") -> web.StreamResponse:
            url, said = f"{self._server}{request.path_qs}", headers | ({"User-Agent": agent} if agent else {})
            async with self._session.request(
                request.method, url, data=BytesIO(body) if body else None, headers=said
            ) as answer:
                if "watch=" in request.query_string or "follow=" in request.query_string:
                    return await _stream(request, answer, events)
                content = await answer.read()
                if request.method == "POST" and request.path.endswith("/pods") and answer.status == 201:
                    self.created[json.loads(content)["metadata"]["name"]] += 1
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
                return web.Response(body=content, status=answer.status, headers=kept)

        fault = next((fault for fault in self._faults if fault.takes(request)), None)
        self._open.append(request)
        try:
            return await (fault.act(request, forward) if fault else forward())
        finally:
            self._open.remove(request)

    async def _kubelet(self) -> None:
        pods = f"{self._server}/api/v1/namespaces/{self.namespace}/pods"
        async with self._session.get(pods, params={"watch": "1"}) as answer:
            async for line in answer.content:
                event = json.loads(line)
                if event["type"] == "ADDED":
                    await self._run(f"{pods}/{event['object']['metadata']['name']}")

    async def _run(self, pod: str) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        ended = {"startedAt": now, "finishedAt": now, "exitCode": 0}
        for phase, state in (("Running", {"running": {"startedAt": now}}), ("Succeeded", {"terminated": ended})):
            container = {"name": "main", "image": "", "imageID": "", "ready": False, "restartCount": 0, "state": state}
            patch = json.dumps({"status": {"phase": phase, "containerStatuses": [container]}})
            headers = {"Content-Type": "application/merge-patch+json"}
            async with self._session.patch(f"{pod}/status", data=patch, headers=headers) as answer:
                answer.raise_for_status()


async def _stream(request: web.Request, answer: aiohttp.ClientResponse, events: int | None) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": "application/json"})
    with suppress(ConnectionResetError, aiohttp.ClientPayloadError):  # the client has gone, or the server has
        await response.prepare(request)
        while line := await answer.content.readline(max_line_length=2**24):
            await response.write(line)
            events = events - 1 if events else None
            if events == 0:
                break
    return response


@contextmanager
def without_credentials(cluster: Cluster) -> Iterator[str]:
    """The URL of the cluster's API server for clients that have no credentials, while the block goes on."""
    command = [cluster.bin / "kubectl", "--kubeconfig", cluster.kubeconfig, "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as proxy:
        assert proxy.stdout is not None
        try:
            yield "http://" + proxy.stdout.readline().split()[-1]  # Starting to serve on 127.0.0.1:12345
        finally:
            proxy.terminate()
