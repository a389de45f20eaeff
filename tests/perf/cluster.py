"""The environment of a benchmark: the cluster, a client for it, and a namespace for each run."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from kubernetes.aio import config
from kubernetes.aio.client import Configuration

from sluice.api import API_VERSION
from sluice.controller.clock import Clock
from sluice.controller.kube.client import KubeClient
from sluice.core import Json
from sluice.core.base.naming import LABEL_RUN_UID
from tests.cluster import Cluster, open_cluster
from tests.e2e.kubernetes import Kubectl

ROOT = Path(__file__).parent.parent.parent
_KWOK_NODES = 20
_HEARTBEAT_S = 20
_IN_FLIGHT = 32


def opened() -> Cluster:
    cluster = open_cluster(os.environ.get("CLUSTER_NAME", "sluice-bench"), kwok_nodes=_KWOK_NODES, audit=True)
    install_crds(cluster)
    return cluster


def install_crds(cluster: Cluster) -> None:
    """Install this checkout's CRDs, replacing older ones in a cluster that was kept."""
    Kubectl(cluster, "default").install_crds(ROOT / "crds")


async def connect(cluster: Cluster) -> KubeClient:
    configuration = Configuration()
    await config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
    return KubeClient(configuration, Clock())


async def follow(kube: KubeClient, path: str, version: str, **params: str) -> AsyncIterator[Json]:
    """Each changed object since `version`, without end: restarts the watch when the server ends it."""
    while True:
        async for event in kube.watch(path, version, **params):
            version = event["object"]["metadata"]["resourceVersion"]
            if event["type"] != "BOOKMARK":
                yield event["object"]


async def listed(kube: KubeClient, path: str, **params: str) -> tuple[list[Json], str]:
    """The objects of a collection, and its version."""
    return await kube.views(lambda item: item, path, **params)


async def create_all(kube: KubeClient, path: str, bodies: Iterable[Json]) -> None:
    """In their order, 32 at a time."""
    in_flight = asyncio.Semaphore(_IN_FLIGHT)

    async def create(body: Json) -> None:
        async with in_flight:
            await kube.create(path, body)

    await asyncio.gather(*map(create, bodies))


def manifest(kind: str, name: str, spec: Json) -> Json:
    """Of our own kinds."""
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@asynccontextmanager
async def namespace(kube: KubeClient, title: str) -> AsyncIterator[str]:
    """A namespace for one run, deleted with its pods and runs on exit. Prints a sign of life now and then."""
    async with namespaces(kube, title, 1) as (name,):
        yield name


@asynccontextmanager
async def namespaces(kube: KubeClient, title: str, count: int) -> AsyncIterator[list[str]]:
    """So many of them, all deleted on exit."""
    first = f"bench-{os.getpid()}-{title.replace(' ', '-').replace('/', '-')}"
    names = [first, *(f"{first}-{number}" for number in range(1, count))]
    heartbeat = asyncio.create_task(_heartbeat(title))
    uids = {}
    try:
        for name in names:
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            uids[name] = (await kube.create("/api/v1/namespaces", body))["metadata"]["uid"]
        for name in names:
            while not (await kube.get(f"/api/v1/namespaces/{name}/serviceaccounts"))["items"]:
                await asyncio.sleep(0.05)
        yield names
    finally:
        for name, uid in uids.items():
            await kube.delete(f"/api/v1/namespaces/{name}", uid)
        while await _any_left(kube):
            await asyncio.sleep(0.5)
        heartbeat.cancel()


async def _any_left(kube: KubeClient) -> bool:
    runs = await kube.get(f"/apis/{API_VERSION}/workflowruns", limit="1")
    pods = await kube.get("/api/v1/pods", labelSelector=LABEL_RUN_UID, limit="1")
    return bool(runs["items"] or pods["items"])


async def _heartbeat(title: str) -> None:
    started = time.monotonic()
    while True:
        await asyncio.sleep(_HEARTBEAT_S)
        say(f"{title}: {time.monotonic() - started:.0f} s so far")
