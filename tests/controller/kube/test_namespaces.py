"""Which namespaces are watched is settled at the start; one that was refused then may be readable later."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from sluice.controller.kube import namespaces
from sluice.controller.kube.client import FORBIDDEN, ApiError, KubeClient
from sluice.controller.kube.namespaces import readable_namespaces, until_readable


class Server:
    """Refuses each namespace so many times."""

    def __init__(self, **refusals: int) -> None:
        self.refusals = refusals

    async def get(self, path: str, **_: str) -> Any:
        namespace = path.split("/")[5]
        if self.refusals[namespace]:
            self.refusals[namespace] -= 1
            raise ApiError(FORBIDDEN, "Forbidden", 'role.rbac.authorization.k8s.io "sluice" not found')
        return {}


async def test_what_is_refused_is_left_out_and_asked_for_until_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "_LOOK_AGAIN_S", 0.0)
    server = Server(red=20, green=1000, blue=0)
    kube = cast("KubeClient", server)
    assert await readable_namespaces(kube, ("red", "green", "blue")) == ("blue",)
    await asyncio.wait_for(until_readable(kube, ("red", "green")), timeout=10)
    assert server.refusals["red"] == 0


async def test_the_operator_does_not_work_on_nothing() -> None:
    with pytest.raises(SystemExit, match="SLUICE_NAMESPACES"):
        await readable_namespaces(cast("KubeClient", Server(red=1)), ("red",))
