"""What a run writes to etcd, and what remains there after a compaction.

The API server compacts etcd every five minutes; here it is compacted between measurements, through its gRPC gateway:
https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import aiohttp

from tests.perf.scenarios import Json


class Growth(NamedTuple):
    """Bytes in use: `written` with every version of every object, `left` with the latest ones only."""

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
        """The bytes in use after a compaction. The pause lets etcd commit, which is when it counts pages as free."""
        revision = (await self._post("maintenance/status", {}))["header"]["revision"]
        await self._post("kv/compaction", {"revision": revision, "physical": True})
        await asyncio.sleep(0.3)
        return int((await self._post("maintenance/status", {}))["dbSizeInUse"])

    async def _post(self, path: str, body: Json) -> Json:
        async with aiohttp.request("POST", f"{self._url}/v3/{path}", json=body, raise_for_status=True) as response:
            content: Json = await response.json()
            return content
