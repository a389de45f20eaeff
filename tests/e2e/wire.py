"""The network between a client and the API server, which a test can cut: nothing arrives, and nothing is closed.

A relay on loopback. Beyond it is `kubectl proxy`, which has the administrator's credentials and speaks plain HTTP, so
that the relay can see what is asked. What was sent into the cut is delivered when it is mended, however late.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Self
from urllib.parse import urlsplit

from tests.e2e.kubernetes import Kubectl

_CHUNK = 2**16


class Wire:
    """Carries while its `with` block goes on. `answers` is what the server has said to what was delivered late."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self._trap = b""
        self._late: set[asyncio.StreamWriter] = set()  # to the server: sent late, not answered yet
        self.answers = b""
        self._ready = Event()

    def cut_at(self, words: str) -> None:
        """Cuts the network as soon as a client sends these words; they are the first that do not arrive."""
        self._trap = words.encode()

    def mend(self) -> None:
        self._loop.call_soon_threadsafe(self._whole.set)

    @property
    def all_answered(self) -> bool:
        return bool(self.answers) and not self._late

    def kubeconfig(self, file: Path) -> Path:
        """Writes a kubeconfig that leads here."""
        cluster = {"name": "wire", "cluster": {"server": f"http://127.0.0.1:{self._port}"}}
        context = {"name": "wire", "context": {"cluster": "wire", "user": "wire"}}
        users = [{"name": "wire", "user": {}}]
        found = {"clusters": [cluster], "users": users, "contexts": [context], "current-context": "wire"}
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **found}))
        return file

    def __enter__(self) -> Self:
        self._proxy = subprocess.Popen(
            [self._kubectl.cluster.bin / "kubectl", "proxy", "--port=0"],
            env=self._kubectl.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._proxy.stdout is not None
        self._server = urlsplit("http://" + self._proxy.stdout.readline().split()[-1])
        self._thread = Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()
        self._proxy.terminate()
        self._proxy.wait()
        assert self._proxy.stdout is not None
        self._proxy.stdout.close()

    async def _serve(self) -> None:
        self._loop, self._done, self._whole = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        self._whole.set()
        self._ends: list[asyncio.StreamWriter] = []
        relay = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._port = relay.sockets[0].getsockname()[1]
        self._ready.set()
        await self._done.wait()
        relay.close()
        for end in self._ends:
            end.transport.abort()
        await asyncio.gather(*(end.wait_closed() for end in self._ends), return_exceptions=True)

    async def _connected(self, client_says: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        server_says, server = await asyncio.open_connection(self._server.hostname, self._server.port)
        self._ends += [client, server]
        await asyncio.gather(self._there(client_says, server), self._back(server_says, server, client))

    async def _there(self, client_says: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        """The client's end is not passed on: a server that has heard of it might drop what it was asked."""
        with suppress(ConnectionError):
            while chunk := await client_says.read(_CHUNK):
                if self._trap and self._trap in chunk:
                    self._trap = b""
                    self._whole.clear()
                if not self._whole.is_set():
                    self._late.add(server)
                    await self._whole.wait()
                server.write(chunk)

    async def _back(
        self, server_says: asyncio.StreamReader, server: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        with suppress(ConnectionError):
            while chunk := await server_says.read(_CHUNK):
                await self._whole.wait()
                if server in self._late:
                    self._late.remove(server)
                    self.answers += chunk
                client.write(chunk)
