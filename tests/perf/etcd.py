"""What a run writes to etcd, and what it leaves there once etcd has forgotten older revisions.

Kubernetes has etcd forget what is older than five minutes; here it is asked to at once, while nothing is measured. It
answers in JSON through its gRPC gateway: https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import aiohttp

from tests.perf.scenarios import Json


class Growth(NamedTuple):
    """In bytes in use. `written` counts every version of every object, `left` the last ones only."""

    written: int
    left: int


class Etcd:
    def __init__(self, url: str) -> None:
        self._url = url
        self._before = 0

    async def begin(self) -> None:
        self._before = await self._compacted()

    async def growth(self) -> Growth:
        """Since `begin`."""
        full = int((await self._post("maintenance/status", {}))["dbSizeInUse"])
        return Growth(full - self._before, await self._compacted() - self._before)

    async def _compacted(self) -> int:
        """The bytes in use without history. Pages that become free are counted as such with the next commit."""
        revision = (await self._post("maintenance/status", {}))["header"]["revision"]
        await self._post("kv/compaction", {"revision": revision, "physical": True})
        await asyncio.sleep(0.3)
        return int((await self._post("maintenance/status", {}))["dbSizeInUse"])

    async def _post(self, path: str, body: Json) -> Json:
        async with aiohttp.request("POST", f"{self._url}/v3/{path}", json=body, raise_for_status=True) as answer:
            found: Json = await answer.json()
            return found
