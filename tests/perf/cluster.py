"""What is measured on: the cluster, a client for it, and a namespace for each run."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

from kubernetes.aio import config
from kubernetes.aio.client import Configuration

from sluice.api import API_VERSION
from sluice.controller.kube import Kube
from sluice.core.naming import LABEL_RUN_UID
from tests.cluster import Cluster, open_cluster

ROOT = Path(__file__).parent.parent.parent
_KWOK_NODES = 20


def opened() -> Cluster:
    cluster = open_cluster(os.environ.get("CLUSTER_NAME", "sluice-bench"), kwok_nodes=_KWOK_NODES, audit=True)
    install_crds(cluster)
    return cluster


def install_crds(cluster: Cluster) -> None:
    """Those of this checkout, also where a kept cluster has older ones."""
    kubectl = [cluster.bin / "kubectl", "--kubeconfig", cluster.kubeconfig]
    for words in (["apply", "--server-side", "-f"], ["wait", "--for=condition=Established", "--timeout=60s", "-f"]):
        subprocess.run([*kubectl, *words, ROOT / "crds"], check=True, stdout=subprocess.DEVNULL)


async def connect(cluster: Cluster) -> Kube:
    configuration = Configuration()
    await config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
    return Kube(configuration)


class namespace:  # noqa: N801  # reads as a word where it is used
    """A namespace for one run. It is gone, with its pods and runs, before the next run begins."""

    def __init__(self, kube: Kube, name: str) -> None:
        self._kube, self._name = kube, name

    async def __aenter__(self) -> str:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self._name}}
        self._uid = (await self._kube.create("/api/v1/namespaces", body))["metadata"]["uid"]
        account = f"/api/v1/namespaces/{self._name}/serviceaccounts"
        while not (await self._kube.get(account))["items"]:
            await asyncio.sleep(0.05)
        return self._name

    async def __aexit__(self, *_: object) -> None:
        await self._kube.delete(f"/api/v1/namespaces/{self._name}", self._uid)
        selector = {"labelSelector": LABEL_RUN_UID, "limit": "1"}
        while (await self._kube.get("/api/v1/pods", **selector))["items"] or (
            await self._kube.get(f"/apis/{API_VERSION}/workflowruns", limit="1")
        )["items"]:
            await asyncio.sleep(0.5)
