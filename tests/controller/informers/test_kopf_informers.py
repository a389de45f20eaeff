"""kopf's informers keep the cache true, also when a watch has died and nobody says so, and keep nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import kopf
import pytest
from aiohttp import web

from sluice.controller.informers.cache import Cache
from sluice.controller.informers.kopf_informers import NoMemories, register, settings
from sluice.controller.kube.objects import Key
from tests.controller.proxy import Act, Fault, Forward, Proxy, ignore
from tests.e2e.kubernetes import Kubectl, eventually, workflow

WATCH_WORKFLOWS = r"/workflows\?.*watch=(?!.*sendInitialEvents)"


async def fall_silent(request: web.Request, _forward: Forward) -> web.StreamResponse:
    """The watch begins, and then there is nothing, nor an end of the connection."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    return await ignore(request, _forward)


@pytest.mark.parametrize("act", [ignore, fall_silent])
async def test_a_watch_that_has_died_is_opened_anew(
    kubectl: Kubectl, api_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Act
) -> None:
    cache, listening, stop = Cache((kubectl.namespace,)), asyncio.Event(), asyncio.Event()
    memories = NoMemories()
    listening.set()
    registry = kopf.OperatorRegistry()
    register(registry, cache, listening, "")
    with Proxy(api_server, kubectl.namespace, Fault(act, "GET", WATCH_WORKFLOWS)) as proxy:
        monkeypatch.setenv("KUBECONFIG", str(proxy.kubeconfig(tmp_path / "kubeconfig")))
        shell = asyncio.create_task(
            kopf.operator(
                registry=registry,
                settings=settings(silence_s=1.0),
                memories=memories,
                standalone=True,
                namespaces=[kubectl.namespace],
                stop_flag=stop,
            )
        )
        await asyncio.to_thread(eventually, lambda: proxy.pending == [], "a watch is dead")
        await asyncio.to_thread(kubectl.apply, workflow("etl", {"name": "a"}))
        key = Key(kubectl.namespace, "etl")
        await asyncio.to_thread(eventually, lambda: key in cache.workflows, "the next watch tells of the Workflow")
        stop.set()
        await shell
    assert not list(memories.iter_all_memories())
