"""A proxy before the API server that does to requests what networks and busy servers do.

It speaks plain HTTP, so a kubeconfig that leads to it needs no credentials; it has the administrator's.
Where pods find no node, it also plays the kubelet: each pod runs and succeeds at once.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import ssl
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

import aiohttp
import yaml
from aiohttp import web

Forward = Callable[[], Awaitable[web.StreamResponse]]
Act = Callable[[web.Request, Forward], Awaitable[web.StreamResponse]]

_HOP = {"host", "connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass
class Fault:
    """Done to the next `times` requests of that method whose path and query match, after the first `spared` ones."""

    act: Act
    method: str
    where: str
    times: int = 1
    spared: int = 0

    def takes(self, request: web.Request) -> bool:
        if self.times == 0 or request.method != self.method or not re.search(self.where, request.path_qs):
            return False
        if self.spared:
            self.spared -= 1
            return False
        self.times -= 1
        return True


def refuse(code: int, reason: str) -> Act:
    """The server says no, and does nothing."""

    async def act(_request: web.Request, _forward: Forward) -> web.StreamResponse:
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
        return web.json_response(status | {"message": f"{reason}, says the test"}, status=code)

    return act


async def lose(request: web.Request, _forward: Forward) -> web.StreamResponse:
    """The request never arrives."""
    return _hang_up(request)


async def swallow(request: web.Request, forward: Forward) -> web.StreamResponse:
    """The request is carried out, and its answer never arrives."""
    await forward()
    return _hang_up(request)


async def expire(_request: web.Request, _forward: Forward) -> web.StreamResponse:
    """A watch from a version that the server has forgotten."""
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 410, "reason": "Expired"}
    event = {"type": "ERROR", "object": status | {"message": "too old resource version, says the test"}}
    return web.Response(text=json.dumps(event) + "\n", content_type="application/json")


def _hang_up(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


class Proxy:
    """Serves while its `with` block goes on. `created` counts the pods that were made through it, by name."""

    def __init__(self, kubeconfig: Path, namespace: str, faults: Iterable[Fault]) -> None:
        self._server, self._tls = _upstream(kubeconfig)
        self._namespace = namespace
        self._faults = list(faults)
        self.created: Counter[str] = Counter()
        self.errors: list[BaseException] = []
        self._ready = Event()

    @property
    def pending(self) -> list[Fault]:
        """Faults that have not been done in full."""
        return [fault for fault in self._faults if fault.times]

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
        connector = aiohttp.TCPConnector(ssl=self._tls, limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as self._session:
            kubelet = asyncio.create_task(self._kubelet())
            self._ready.set()
            await self._done.wait()
            kubelet.cancel()
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}

        async def forward() -> web.StreamResponse:
            url = f"{self._server}{request.path_qs}"
            async with self._session.request(request.method, url, data=body, headers=headers) as answer:
                if "watch=" in request.query_string:
                    return await _stream(request, answer)
                content = await answer.read()
                if request.method == "POST" and request.path.endswith("/pods") and answer.status == 201:
                    self.created[json.loads(body)["metadata"]["name"]] += 1
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
                return web.Response(body=content, status=answer.status, headers=kept)

        fault = next((fault for fault in self._faults if fault.takes(request)), None)
        return await (fault.act(request, forward) if fault else forward())

    async def _kubelet(self) -> None:
        pods = f"{self._server}/api/v1/namespaces/{self._namespace}/pods"
        async with self._session.get(pods, params={"watch": "1"}) as answer:
            async for line in answer.content:
                event = json.loads(line)
                if event["type"] == "ADDED":
                    await self._run(f"{pods}/{event['object']['metadata']['name']}")

    async def _run(self, pod: str) -> None:
        ended = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:01Z", "exitCode": 0}
        for phase, state in (("Running", {"running": {}}), ("Succeeded", {"terminated": ended})):
            container = {"name": "main", "image": "", "imageID": "", "ready": False, "restartCount": 0, "state": state}
            patch = json.dumps({"status": {"phase": phase, "containerStatuses": [container]}})
            headers = {"Content-Type": "application/merge-patch+json"}
            async with self._session.patch(f"{pod}/status", data=patch, headers=headers) as answer:
                answer.raise_for_status()


async def _stream(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": "application/json"})
    await response.prepare(request)
    async for line in answer.content:
        await response.write(line)
    return response


def _upstream(kubeconfig: Path) -> tuple[str, ssl.SSLContext]:
    """The API server of a kubeconfig that has a client certificate, and how to speak to it."""
    config = yaml.safe_load(kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]

    def pem(entry: dict[str, str], name: str) -> str:
        encoded = entry.get(f"{name}-data")
        return base64.b64decode(encoded).decode() if encoded else Path(entry[name]).read_text()

    tls = ssl.create_default_context(cadata=pem(cluster, "certificate-authority"))
    with tempfile.NamedTemporaryFile("w") as both:  # the ssl module reads certificates from files only
        both.write(pem(user, "client-certificate") + "\n" + pem(user, "client-key"))
        both.flush()
        tls.load_cert_chain(both.name)
    return cluster["server"], tls
