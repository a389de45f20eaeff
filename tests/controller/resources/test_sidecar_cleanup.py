"""Pods that go on although their attempt has ended. Real ones are in e2e/test_sidecars.py."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sluice.controller.kube.client import CONFLICT, ApiError
from sluice.controller.resources import sidecar_cleanup
from sluice.controller.resources.sidecar_cleanup import SidecarCleanup
from sluice.core.pod.view import PodView
from tests.controller.clock import Hands
from tests.core.kubelet import TASK, accepted, beside, exited, running, seen


class Server:
    """Each request as it was."""

    def __init__(self, error: ApiError | None = None) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._error = error

    async def delete(self, _path: str, uid: str, version: int | None) -> None:
        self.asked.append(("delete", uid, version))
        if self._error:
            raise self._error

    async def patch(self, _path: str, body: Any) -> None:
        self.asked.append(("patch", body["metadata"]["uid"]))


async def asked_about(pod: PodView, monkeypatch: pytest.MonkeyPatch, error: ApiError | None = None) -> list[Any]:
    """What the API server is asked, a few seconds after the end of the attempt."""
    monkeypatch.setattr(sidecar_cleanup, "_POLL_S", 0)
    server, hands = Server(error), Hands()
    kube: Any = server
    cleanup = SidecarCleanup(kube, hands.clock)
    cleanup.add(pod)
    going_on = asyncio.create_task(cleanup.run())
    for seconds in (4, 2, 6):
        hands.wait(seconds)
        for _ in range(20):
            await asyncio.sleep(0)
        if seconds == 4:
            assert server.asked == []
    going_on.cancel()
    return server.asked


@pytest.mark.parametrize("status", [accepted(), running()])
async def test_a_pod_that_nobody_waits_for_is_deleted_if_it_is_still_as_it_was_seen(status, monkeypatch):
    pod = seen(status, TASK, 1)
    assert await asked_about(pod, monkeypatch) == [("delete", pod.uid, pod.version)]


async def test_one_that_has_moved_on_meanwhile_is_looked_at_again(monkeypatch):
    pod = seen(running(), TASK, 1)
    conflict = ApiError(CONFLICT, "Conflict", "the resourceVersion does not match")
    assert await asked_about(pod, monkeypatch, conflict) == [("delete", pod.uid, pod.version)] * 2


async def test_where_main_has_ended_the_others_are_ended_and_the_pod_stays(monkeypatch):
    pod = seen(beside(exited(0, ended=10)), TASK, 1)
    assert await asked_about(pod, monkeypatch) == [("patch", pod.uid)]
