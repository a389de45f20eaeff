"""An API server that takes every patch, and hears every Event."""

from __future__ import annotations

from typing import Any


class Server:
    def __init__(self) -> None:
        self.patches: list[Any] = []

    async def patch(self, _path: str, body: Any) -> Any:
        self.patches.append(body["status"])
        return {"metadata": {"resourceVersion": str(100 + len(self.patches))}}

    def record(self, *_: Any) -> None:
        pass
